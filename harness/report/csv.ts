import { seedRoles } from '../random.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RunCost } from '../record/run-record.ts';
import { type CsvValue, formatCsv } from './csv-text.ts';
import { describeSeeds } from './format.ts';
import type { ReportRow, ReportTable } from './group-runs.ts';

/**
 * All rows of all tables as CSV with a header. Numbers are raw: fractions, seconds, bytes, in full precision. Each row
 * carries what is needed to trust and repeat it. A value that does not exist is an empty field.
 */
export function formatReportCsv(tables: readonly ReportTable[]): string {
  return formatRecords(tables.flatMap((table) => table.rows.map((row) => recordOf(table, row))));
}

/** Records as CSV under a header of all their columns, in the order in which they first come. */
export function formatRecords(records: readonly ReadonlyMap<string, CsvValue>[]): string {
  const columns = [...new Set(records.flatMap((record) => [...record.keys()]))];
  return formatCsv([
    columns,
    ...records.map((record) => columns.map((column) => record.get(column) ?? null)),
  ]);
}

/** One row with everything it rests on, by the names of columns. */
export function recordOf(table: ReportTable, row: ReportRow): Map<string, CsvValue> {
  const { scenario, dataset, measuredOn } = table;
  const { method, training, backbone, engine, palimpsest } = row.definition;
  return new Map<string, CsvValue>([
    ['scenario', scenario.name],
    ['scenario_version', scenario.version],
    ['scenario_digest', scenario.digest],
    ['dataset', dataset.name],
    ['dataset_revision', dataset.revision],
    ['dataset_sha256', dataset.sha256],
    ['measured_on', measuredOn],
    ['first_tasks', row.definition.firstTasks ?? null],
    ['tasks', row.runs[0]?.record.tasks.length ?? null],
    ['method', method.name],
    ['method_version', method.version],
    ['method_digest', method.digest],
    ['uses_past_data', String(row.isReference)],
    ['imported_from', row.definition.imported?.tool ?? null],
    ['settings', canonicalJson(method.settings)],
    ['training', canonicalJson(training)],
    ['backbone', canonicalJson(backbone)],
    ['engine', engine.name],
    ['engine_version', engine.version],
    ['device', engine.device],
    ['threads', engine.threads],
    ['palimpsest', palimpsest],
    ['seeds', row.runs.length],
    ['seed_values', row.runs.map(({ record }) => describeSeeds(record.definition.seeds)).join('; ')],
    ['seed_roles_varied', seedRoles.filter((role) => row.varied.includes(role)).join(' ')],
    ...metricFields(row),
    ['interval_note', intervalNote(row)],
    ...costFields(row.cost),
    ['runs', row.runs.map(({ record }) => record.id).join(' ')],
  ]);
}

function metricFields({ metrics }: ReportRow): [string, CsvValue][] {
  return [...metrics].flatMap(([id, result]): [string, CsvValue][] => {
    const summary = result.kind === 'summary' ? result.summary : null;
    const interval = summary?.interval.kind === 'interval' ? summary.interval.halfWidth : null;
    return [
      [id, summary?.mean ?? null],
      [`${id} deviation`, summary?.deviation ?? null],
      [`${id} interval`, interval],
    ];
  });
}

/** What the intervals of a row are, or why it has none. */
function intervalNote({ metrics }: ReportRow): string | null {
  for (const result of metrics.values()) {
    if (result.kind === 'none') continue;
    const { interval } = result.summary;
    return interval.kind === 'none' ? interval.reason : '95% t interval of the mean over seeds, half-width';
  }
  return null;
}

function costFields(cost: RunCost | null): [string, CsvValue][] {
  return [
    ['training_seconds', cost?.trainingSeconds ?? null],
    ['evaluation_seconds', cost?.evaluationSeconds ?? null],
    ['peak_memory_bytes', cost?.peakMemory ?? null],
    ['trainable_parameters', cost?.trainableParameters ?? null],
    ['total_parameters', cost?.totalParameters ?? null],
    ['kept_bytes', cost?.keptBytes ?? null],
    ['kept_examples', cost?.keptExamples ?? null],
  ];
}
