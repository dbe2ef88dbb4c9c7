import { UserError } from '../errors.ts';
import type { Metric } from '../evaluate/metrics/index.ts';
import { type Summary, summarise } from '../evaluate/statistics.ts';
import type { RunSample } from '../regress/run-sample.ts';
import { metricValue, seedOf, type TableRuns } from './cell-runs.ts';
import type { LeftOutRun } from './choose-kind.ts';
import type { PaperTable } from './load-table.ts';
import { type PublishedCell, publishedFraction, publishedRounding } from './published.ts';
import type { Binding } from './reproduction-schema.ts';
import { changesSince, type NotAttempted, type PlannedCell } from './resolve-cells.ts';
import { type Judgement, judge, unjudged } from './verdict.ts';

/** A cell that was run: the published value beside ours. */
export interface JudgedCell {
  readonly kind: 'judged';
  readonly sample: RunSample;
  /** The metric of each run, as a fraction, in the order of `seeds`. */
  readonly values: readonly number[];
  readonly seeds: readonly number[];
  readonly summary: Summary;
  readonly judgement: Judgement;
  /** What is no longer as it was when the runs were made; empty for runs of this version. */
  readonly changes: readonly string[];
  /** Finished runs that were not taken, since they make no sample with the others. */
  readonly leftOut: readonly LeftOutRun[];
  /** Why runs that were asked for are not there. */
  readonly failures: readonly string[];
}

/** A published cell and what came of it here. */
export interface CellResult {
  readonly published: PublishedCell;
  readonly binding: Binding;
  readonly outcome: JudgedCell | NotAttempted;
}

/** A table, cell by cell. */
export interface TableResult {
  readonly table: PaperTable;
  readonly cells: readonly CellResult[];
  /** Shortened training: shows that all runs, not what the paper says. */
  readonly quick: boolean;
}

/** How many cells got which verdict. */
export interface VerdictCounts {
  readonly matched: number;
  readonly off: number;
  readonly tooFewSeeds: number;
  /** Cells with runs of shortened training: none or all that were run. */
  readonly quick: number;
  readonly notAttempted: number;
}

/** Judges each cell by its runs, unless these are quick ones. */
export function tableResult(
  table: PaperTable,
  planned: readonly PlannedCell[],
  runs: TableRuns,
  { failures, leftOut, quick = false, absent = 'not run yet' }: ResultOptions = {},
): TableResult {
  const { metric } = table;
  const cells = planned.map(({ published, binding, plan }): CellResult => {
    if (plan.kind === 'not-attempted') return { published, binding, outcome: plan };
    const sample = runs.get(published.id);
    if (sample === undefined || metric === null) {
      const reason = failures?.get(published.id)?.join('; ') ?? absent;
      return { published, binding, outcome: { kind: 'not-attempted', reason } };
    }
    const outcome = judgedCell(published, sample, metric, {
      changes: changesSince(plan.expected, sample.definition),
      leftOut: leftOut?.get(published.id) ?? [],
      failures: failures?.get(published.id) ?? [],
      quick,
    });
    return { published, binding, outcome };
  });
  return { table, cells, quick };
}

/** What a result says of cells without runs. */
export interface ResultOptions {
  /** Why a cell lacks runs, by its name. */
  readonly failures?: ReadonlyMap<string, readonly string[]>;
  /** Runs that were not taken, by the cell's name. */
  readonly leftOut?: ReadonlyMap<string, readonly LeftOutRun[]>;
  readonly quick?: boolean;
  /** Why a cell that can be run has no runs. */
  readonly absent?: string;
}

function judgedCell(
  published: PublishedCell,
  sample: RunSample,
  metric: Metric,
  { quick, ...remarks }: Pick<JudgedCell, 'changes' | 'leftOut' | 'failures'> & { readonly quick: boolean },
): JudgedCell | NotAttempted {
  const number = publishedFraction(published);
  if (number === null) return { kind: 'not-attempted', reason: 'the published value is no accuracy' };
  const values = valuesOf(sample, metric);
  if ('missing' in values) return { kind: 'not-attempted', reason: `was run, but: ${values.missing}` };
  const mean = {
    ...number,
    errorKind: published.errorKind,
    seeds: published.seeds,
    rounding: publishedRounding(published),
  };
  return {
    kind: 'judged',
    sample,
    values,
    seeds: sample.runs.map(seedOf),
    summary: summarise(values),
    judgement: quick ? unjudged(mean, values) : judge(mean, values),
    ...remarks,
  };
}

/** The metric of each run, or why one has none. */
function valuesOf(sample: RunSample, metric: Metric): number[] | { readonly missing: string } {
  try {
    return sample.runs.map((run) => metricValue(sample, run, metric));
  } catch (error) {
    if (error instanceof UserError) return { missing: error.message.replace(/\.$/, '') };
    throw error;
  }
}

/** Counts the verdicts of a table. */
export function countVerdicts({ cells }: TableResult): VerdictCounts {
  const kinds = cells.map(({ outcome }) =>
    outcome.kind === 'judged' ? outcome.judgement.verdict.kind : outcome.kind,
  );
  const number = (kind: (typeof kinds)[number]): number => kinds.filter((own) => own === kind).length;
  return {
    matched: number('matched'),
    off: number('off'),
    tooFewSeeds: number('too-few-seeds'),
    quick: number('quick'),
    notAttempted: number('not-attempted'),
  };
}
