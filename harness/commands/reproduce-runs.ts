import { readRun } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import type { RunSample } from '../regress/run-sample.ts';
import { sampleOf } from '../regress/run-sample.ts';
import { finishedRuns, runsOfPlan } from '../reproduce/cell-runs.ts';
import type { TableRuns } from '../reproduce/record.ts';
import type { PlannedCell, RunPlan } from '../reproduce/resolve-cells.ts';
import type { CellSpec } from '../train/cell.ts';
import { planCells } from './plan-cells.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { runWithProgress } from './run-with-progress.ts';

/** What came of running a table's cells. */
export interface CollectedCells {
  readonly runs: TableRuns;
  /** Why a cell lacks runs that failed, by its name. */
  readonly failures: ReadonlyMap<string, string>;
  readonly interrupted: boolean;
}

/** A run that is to be made. */
interface Missing {
  readonly cell: string;
  readonly seed: number;
  readonly spec: CellSpec;
}

/** Runs what is missing of the cells, seed by seed, so that every cell has a first result early. */
export async function runPlannedCells(
  planned: readonly PlannedCell[],
  options: ReproduceOptions,
): Promise<CollectedCells> {
  const local = finishedRuns(options);
  const found = new Map<string, Map<number, RecordedRun>>();
  const missing: Missing[] = [];
  for (const { published, plan } of planned) {
    if (plan.kind !== 'run') continue;
    const seeds = plan.seeds.slice(0, options.quick === true ? 1 : options.seeds);
    const done = runsOfPlan(plan.expected, local);
    found.set(published.id, new Map(seeds.flatMap((seed) => pairOf(seed, done))));
    for (const seed of seeds.filter((own) => !done.has(own)))
      missing.push({ cell: published.id, seed, spec: specOf(plan, seed, options) });
  }
  missing.sort((one, other) => one.seed - other.seed);
  const failures = new Map<string, string>();
  const interrupted = await runMissing(missing, { found, failures }, options);
  return { runs: samplesOf(found), failures, interrupted };
}

function pairOf(seed: number, runs: ReadonlyMap<number, RecordedRun>): [number, RecordedRun][] {
  const run = runs.get(seed);
  return run === undefined ? [] : [[seed, run]];
}

async function runMissing(
  missing: readonly Missing[],
  into: { found: Map<string, Map<number, RecordedRun>>; failures: Map<string, string> },
  { jobs, quiet }: ReproduceOptions,
): Promise<boolean> {
  if (missing.length === 0) return false;
  const labels = missing.map(({ cell, seed }) => `${cell} seed ${seed}`);
  const { outcomes, interrupted } = await runWithProgress(
    missing.map(({ spec }) => spec),
    labels,
    { jobs, quiet: quiet === true },
  );
  outcomes.forEach((outcome, index) => {
    const { cell = '', seed = 0 } = missing[index] ?? {};
    if (outcome.kind === 'finished') into.found.get(cell)?.set(seed, readRun(outcome.directory));
    if (outcome.kind !== 'failed') return;
    console.error(`${labels[index]} failed: ${outcome.error}`);
    into.failures.set(cell, `the run of seed ${seed} failed: ${outcome.error.split('\n')[0]}`);
  });
  const stopped = outcomes.filter(({ kind }) => kind === 'stopped').length;
  if (stopped > 0)
    console.error(`${stopped} of ${missing.length} runs were stopped; the same command continues them.`);
  return interrupted;
}

function samplesOf(found: ReadonlyMap<string, ReadonlyMap<number, RecordedRun>>): TableRuns {
  return new Map(
    [...found].flatMap(([cell, runs]): [string, RunSample][] => {
      const ordered = [...runs].sort(([one], [other]) => one - other).map(([, run]) => run);
      return ordered.length === 0 ? [] : [[cell, sampleOf(cell, ordered)]];
    }),
  );
}

function specOf(
  { scenario, method, overrides, expected }: RunPlan,
  seed: number,
  options: ReproduceOptions,
): CellSpec {
  const settings = Object.keys(expected.method.settings);
  const [spec] = planCells([{ reference: method, name: expected.method.name, settings, tuned: overrides }], {
    scenario,
    seeds: [seed],
    fixedSeeds: {},
    overrides: {},
    measuredOn: 'test',
    engine: options.engine,
    device: 'cpu',
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  });
  if (spec === undefined) throw new Error('A plan of one method and one seed makes one cell.');
  return spec;
}
