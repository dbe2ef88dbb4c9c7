import type { Metric } from '../evaluate/metrics/index.ts';
import { seedRoles } from '../random.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RecordedRun, RunDefinition } from '../record/run-record.ts';
import { describeSeeds } from '../report/format.ts';
import { groupRuns, type ReportRow, type ReportTable, rowKey } from '../report/group-runs.ts';
import { incompleteNotes } from '../report/table-notes.ts';
import { expectedCells } from './check-row.ts';
import { type Fields, leaderboardFormat } from './columns.ts';
import type { LeaderboardRow, MetricEntry } from './row.ts';

/** Where the settings of a row come from. */
export interface SettingsOrigin {
  /** `unknown` where method or scenario are not here in the version that was run, so that it cannot be told. */
  readonly origin: 'default' | 'tuned' | 'custom' | 'unknown';
  /** `key=value` for whatever is not the default. */
  readonly changed: readonly string[];
}

/** Rows of recorded runs, and what makes none. */
export interface RowsOfRuns {
  readonly rows: readonly LeaderboardRow[];
  /** Runs that are in no row, or not averaged in theirs, and why. */
  readonly leftOut: readonly string[];
}

/**
 * Rows of a leaderboard from recorded runs. Runs on validation data are for choosing settings and make no row; runs
 * that are not finished are counted in the row of their finished siblings.
 */
export function rowsFromRuns(
  runs: readonly RecordedRun[],
  metrics: readonly Metric[],
  originOf: (definition: RunDefinition) => SettingsOrigin,
): RowsOfRuns {
  const tables = groupRuns(runs, metrics);
  const tested = tables.filter(({ measuredOn }) => measuredOn === 'test');
  const validated = tables.filter(({ measuredOn }) => measuredOn !== 'test');
  const unfinished = new Map<string, number>();
  for (const { incomplete } of tested)
    for (const { run } of incomplete) unfinished.set(rowKey(run), (unfinished.get(rowKey(run)) ?? 0) + 1);
  return {
    rows: tested.flatMap((table) => table.rows.map((row) => rowOf(table, row, unfinished, originOf))),
    leftOut: [
      ...tested.flatMap((table) =>
        incompleteNotes(table).map((note) => `${table.scenario.name}@${table.scenario.version}, ${note}`),
      ),
      ...validated.map(validationNote),
    ],
  };
}

function validationNote({ scenario, rows }: ReportTable): string {
  const firstTasks = rows[0]?.definition.firstTasks;
  const part = firstTasks === undefined ? '' : ` of the first ${firstTasks} tasks`;
  return `${scenario.name}@${scenario.version}: ${rows.length} rows${part} measured on validation data, which is for choosing settings`;
}

function rowOf(
  { scenario, dataset }: ReportTable,
  row: ReportRow,
  unfinishedByRow: ReadonlyMap<string, number>,
  originOf: (definition: RunDefinition) => SettingsOrigin,
): LeaderboardRow {
  const { definition, runs } = row;
  const { method, training, backbone, engine, palimpsest, imported } = definition;
  const [first] = runs;
  if (first === undefined) throw new Error('A row has at least one run.');
  const unfinished = unfinishedByRow.get(rowKey(first)) ?? 0;
  const tasks = first.record.tasks.length;
  const { origin, changed } = originOf(definition);
  return {
    fields: {
      leaderboard_format: leaderboardFormat,
      scenario: scenario.name,
      scenario_version: scenario.version,
      scenario_digest: scenario.digest,
      dataset: dataset.name,
      dataset_revision: dataset.revision,
      dataset_licence: dataset.licence,
      dataset_source: dataset.source,
      dataset_sha256: dataset.sha256,
      measured_on: 'test',
      method: method.name,
      method_version: method.version,
      method_digest: method.digest,
      uses_past_data: String(row.isReference),
      imported_from: imported?.tool ?? '',
      imported_measure: imported?.measure ?? '',
      settings: canonicalJson(method.settings),
      settings_origin: origin,
      settings_changed: changed.join('; '),
      training: canonicalJson(training),
      backbone: canonicalJson(backbone),
      engine: engine.name,
      engine_version: engine.version,
      device: engine.device,
      threads: engine.threads,
      palimpsest,
      seeds: runs.length,
      seed_values: runs.map(({ record }) => describeSeeds(record.definition.seeds)).join('; '),
      seed_roles_varied: seedRoles.filter((role) => row.varied.includes(role)).join(' '),
      seeds_unfinished: unfinished,
      tasks,
      cells_measured: runs.reduce((total, { cells }) => total + cells.length, 0),
      cells_expected: expectedCells(runs.length + unfinished, tasks),
      ...costFields(row),
      ...circumstances(row),
      runs: runs.map(({ record }) => record.id).join(' '),
      matrices_sha256: runs.map(matrixDigest).join(' '),
      sources: '',
    },
    metrics: new Map(metricEntries(row)),
  };
}

function metricEntries({ metrics }: ReportRow): [string, MetricEntry][] {
  return [...metrics].flatMap(([id, result]): [string, MetricEntry][] => {
    if (result.kind === 'none') return [];
    const { mean, deviation, interval } = result.summary;
    const half = interval.kind === 'interval' ? interval.halfWidth : null;
    return [[id, { mean, deviation, interval: half, values: result.values }]];
  });
}

function costFields({ cost }: ReportRow) {
  return {
    training_seconds: cost?.trainingSeconds ?? null,
    evaluation_seconds: cost?.evaluationSeconds ?? null,
    peak_memory_bytes: cost?.peakMemory ?? null,
    trainable_parameters: cost?.trainableParameters ?? null,
    total_parameters: cost?.totalParameters ?? null,
    kept_bytes: cost?.keptBytes ?? null,
    kept_examples: cost?.keptExamples ?? null,
  };
}

/** When and on what the runs were made. Of imported runs only the day of their import is known. */
function circumstances({
  definition,
  runs,
}: ReportRow): Pick<Fields, 'date' | 'node' | 'processor' | 'commit'> {
  const dates = runs.flatMap(({ record: { status } }) =>
    status.state === 'finished' ? [status.finished] : [],
  );
  const date = dates.reduce((latest, one) => (one > latest ? one : latest), '');
  if (definition.imported !== undefined) return { date, node: '', processor: '', commit: '' };
  const environments = runs.map(({ record }) => record.environment);
  const commits = environments.flatMap(({ commit, modified }) =>
    commit === null ? [] : [`${commit}${modified === true ? ' modified' : ''}`],
  );
  return {
    date,
    node: distinct(environments.map(({ node }) => node)),
    processor: distinct(environments.map(({ processor }) => processor)),
    commit: distinct(commits),
  };
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join('; ');
}

function matrixDigest({ record: { status } }: RecordedRun): string {
  if (status.state !== 'finished') throw new Error('A row holds finished runs.');
  return status.accuracySha256;
}
