import { seedRoles } from '../random.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RunCost } from '../record/run-record.ts';
import { describeSeeds } from './format.ts';
import type { ReportRow, ReportTable } from './group-runs.ts';

type Value = string | number | null;

/**
 * All rows of all tables as CSV with a header. Numbers are raw: fractions, seconds, bytes, in full precision. Each row
 * carries what is needed to trust and repeat it. A value that does not exist is an empty field.
 */
export function formatReportCsv(tables: readonly ReportTable[]): string {
  const records = tables.flatMap((table) => table.rows.map((row) => recordOf(table, row)));
  const columns = [...new Set(records.flatMap((record) => [...record.keys()]))];
  const lines = [columns, ...records.map((record) => columns.map((column) => record.get(column) ?? null))];
  return lines.map((line) => `${line.map(field).join(',')}\n`).join('');
}

function recordOf(table: ReportTable, row: ReportRow): Map<string, Value> {
  const { scenario, dataset, measuredOn } = table;
  const { method, training, backbone, engine, palimpsest } = row.definition;
  return new Map<string, Value>([
    ['scenario', scenario.name],
    ['scenario_version', scenario.version],
    ['scenario_digest', scenario.digest],
    ['dataset', dataset.name],
    ['dataset_revision', dataset.revision],
    ['dataset_sha256', dataset.sha256],
    ['measured_on', measuredOn],
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
    ...costFields(row.cost),
    ['runs', row.runs.map(({ record }) => record.id).join(' ')],
  ]);
}

function metricFields({ metrics }: ReportRow): [string, Value][] {
  return [...metrics].flatMap(([id, result]): [string, Value][] => {
    const summary = result.kind === 'summary' ? result.summary : null;
    const interval = summary?.interval.kind === 'interval' ? summary.interval.halfWidth : null;
    return [
      [id, summary?.mean ?? null],
      [`${id} deviation`, summary?.deviation ?? null],
      [`${id} interval`, interval],
    ];
  });
}

function costFields(cost: RunCost | null): [string, Value][] {
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

function field(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run text that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
