import { AccuracyMatrix } from '../evaluate/accuracy-matrix.ts';
import { defaultMetrics, evaluateMetric, type Metric } from '../evaluate/metrics/index.ts';
import { type Summary, summarise } from '../evaluate/statistics.ts';
import { type SeedRole, seedRoles } from '../random.ts';
import { digestOf } from '../record/canonical.ts';
import { isLocked } from '../record/lock.ts';
import { importedTasks, type RecordedRun, type RunCost, type RunDefinition } from '../record/run-record.ts';
import { allDifferingSettings } from './differing-settings.ts';

/** What a metric says of a row's runs, or why it says nothing. */
export type MetricSummary =
  | { readonly kind: 'summary'; readonly summary: Summary; readonly values: readonly number[] }
  | { readonly kind: 'none'; readonly reason: string };

/** The same definition under several seeds. */
export interface ReportRow {
  readonly definition: RunDefinition;
  /** `key=value` for what tells this row from others of the same method; empty when the method's name is enough. */
  readonly differs: readonly string[];
  /** The method sees the data of all past tasks: shown, but no contender for the best. */
  readonly isReference: boolean;
  /** Finished runs, in order of their seeds. */
  readonly runs: readonly RecordedRun[];
  /** Seed roles that took more than one value, as far as they changed anything. */
  readonly varied: readonly SeedRole[];
  /** By metric id. */
  readonly metrics: ReadonlyMap<string, MetricSummary>;
  /** Means over the runs; null for imported runs, whose cost is not known. */
  readonly cost: RunCost | null;
}

/** A run that is not averaged. */
export interface IncompleteRun {
  readonly run: RecordedRun;
  readonly reason: string;
}

/**
 * Rows that may stand in one table: one version of one scenario on the same data, measured on the
 * same examples; imported ones of as many tasks.
 */
export interface ReportTable {
  readonly scenario: RunDefinition['scenario'];
  readonly dataset: RunDefinition['dataset'];
  readonly measuredOn: RunDefinition['measuredOn'];
  readonly metrics: readonly Metric[];
  readonly rows: readonly ReportRow[];
  readonly incomplete: readonly IncompleteRun[];
}

/**
 * Sorts recorded runs into tables and rows. A run that is given twice counts once. Rows keep the order in which their first
 * run was given; tables are ordered by scenario name, the newest version first.
 */
export function groupRuns(
  runs: Iterable<RecordedRun>,
  selected: readonly Metric[] = defaultMetrics,
): ReportTable[] {
  const unique = new Map([...runs].map((run) => [run.record.id, run]));
  return [...groupBy(unique.values(), tableKey).values()]
    .map((group) => tableOf(group, selected))
    .sort(compareTables);
}

/**
 * Imported numbers share a table only with others that measure the same on
 * as many tasks, never with runs of this program.
 */
function tableKey({ record }: RecordedRun): string {
  const { scenario, dataset, measuredOn, firstTasks, imported } = record.definition;
  return digestOf([
    ...[scenario, dataset.revision, dataset.sha256, measuredOn, firstTasks ?? null],
    ...[imported?.measure ?? null, importedTasks(record) ?? null],
  ]);
}

function compareTables(left: ReportTable, right: ReportTable): number {
  return (
    left.scenario.name.localeCompare(right.scenario.name) || right.scenario.version - left.scenario.version
  );
}

function tableOf(group: readonly RecordedRun[], selected: readonly Metric[]): ReportTable {
  const first = firstOf(group).record.definition;
  const finished = group.filter(({ record }) => record.status.state === 'finished');
  const rows = [...groupBy(finished, rowKey).values()];
  const differing = allDifferingSettings(rows.map((runs) => firstOf(runs).record.definition));
  return {
    scenario: first.scenario,
    dataset: first.dataset,
    measuredOn: first.measuredOn,
    metrics: selected,
    rows: rows.map((runs, index) => rowOf(runs, differing[index] ?? [], selected)),
    incomplete: group.flatMap((run) => incompleteReason(run).map((reason) => ({ run, reason }))),
  };
}

/**
 * A digest of everything but the seeds: runs that differ in anything else are not samples of one
 * quantity. Imported runs with several seeds come from several files; whether these tell of one
 * stream shows in the number of their tasks alone.
 */
export function rowKey({ record }: Pick<RecordedRun, 'record'>): string {
  const { definition } = record;
  const { imported } = definition;
  const source =
    imported === undefined
      ? undefined
      : { ...imported, files: null, part: null, tasks: importedTasks(record) };
  return digestOf({ ...definition, imported: source, seeds: null });
}

function rowOf(
  unordered: readonly RecordedRun[],
  differs: readonly string[],
  selected: readonly Metric[],
): ReportRow {
  const runs = unordered.toSorted((left, right) => compareSeeds(left, right));
  const matrices = runs.map(({ record, cells }) => new AccuracyMatrix(cells, record.tasks.length));
  return {
    definition: firstOf(runs).record.definition,
    differs,
    isReference: runs.some(({ record }) => record.usesPastData === true),
    runs,
    varied: variedRoles(runs),
    metrics: new Map(selected.map((metric) => [metric.id, summariseMetric(metric, matrices)])),
    cost: meanCost(runs),
  };
}

function summariseMetric(metric: Metric, matrices: readonly AccuracyMatrix[]): MetricSummary {
  const values: number[] = [];
  for (const matrix of matrices) {
    const result = evaluateMetric(metric, matrix);
    if (result.kind === 'undefined') return { kind: 'none', reason: result.reason };
    if (result.kind === 'missing') {
      return {
        kind: 'none',
        reason: `${metric.id} needs ${result.cells.length} cells that were not measured`,
      };
    }
    values.push(result.value);
  }
  return { kind: 'summary', summary: summarise(values), values };
}

/**
 * Roles with several values, none of imported runs, whose tools' seeds decide other things; class order only where
 * the order really changed, since natural order ignores its seed.
 */
function variedRoles(runs: readonly RecordedRun[]): SeedRole[] {
  if (runs.some(({ record }) => record.definition.imported !== undefined)) return [];
  return seedRoles.filter((role) => {
    const values = runs.map(({ record }) =>
      role === 'classOrder' ? record.order.join() : record.definition.seeds[role],
    );
    return new Set(values).size > 1;
  });
}

function meanCost(runs: readonly RecordedRun[]): RunCost | null {
  const costs = runs.flatMap(({ record: { status } }) =>
    status.state === 'finished' && status.cost !== null ? [status.cost] : [],
  );
  if (costs.length === 0) return null;
  const average = (key: keyof RunCost): number => summarise(costs.map((cost) => cost[key])).mean;
  return {
    trainingSeconds: average('trainingSeconds'),
    evaluationSeconds: average('evaluationSeconds'),
    peakMemory: average('peakMemory'),
    trainableParameters: average('trainableParameters'),
    totalParameters: average('totalParameters'),
    keptBytes: average('keptBytes'),
    keptExamples: average('keptExamples'),
  };
}

function incompleteReason({ directory, record }: RecordedRun): string[] {
  const { status, tasks } = record;
  if (status.state === 'finished') return [];
  const done = `after ${status.tasksDone} of ${tasks.length} tasks`;
  if (status.state === 'failed') return [`failed ${done}: ${status.error}`];
  return [
    isLocked(directory) ? `still running, ${done}` : `interrupted ${done}; the same command continues it`,
  ];
}

function compareSeeds(left: RecordedRun, right: RecordedRun): number {
  const seeds = [left, right].map(({ record }) => record.definition.seeds);
  const differences = seedRoles.map((role) => (seeds[0]?.[role] ?? 0) - (seeds[1]?.[role] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

function groupBy<Item>(items: Iterable<Item>, key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

function firstOf<Item>(items: readonly Item[]): Item {
  const [first] = items;
  if (first === undefined) throw new Error('A group has at least one member.');
  return first;
}
