import { metrics } from '../evaluate/metrics/index.ts';
import { type CsvValue, formatCsv } from '../report/csv-text.ts';
import { columnNames, metricColumns } from './columns.ts';
import type { LeaderboardRow } from './row.ts';

/**
 * Rows as CSV: the fixed columns, then four for each metric that any row has a value of. Numbers are raw and come back
 * exactly; text that a spreadsheet would take for a formula begins with an apostrophe, which reading takes off.
 */
export function formatLeaderboardCsv(rows: readonly LeaderboardRow[]): string {
  const present = new Set(rows.flatMap((row) => [...row.metrics.keys()]));
  const ids = metrics.flatMap(({ id }) => (present.has(id) ? [id] : []));
  const header = [...columnNames, ...ids.flatMap((id) => Object.values(metricColumns(id)))];
  return formatCsv([header, ...rows.map((row) => lineOf(row, ids))]);
}

function lineOf({ fields, metrics: entries }: LeaderboardRow, ids: readonly string[]): CsvValue[] {
  const fixed = columnNames.map((name): CsvValue => fields[name]);
  const measured = ids.flatMap((id): CsvValue[] => {
    const entry = entries.get(id);
    if (entry === undefined) return [null, null, null, null];
    return [entry.mean, entry.deviation, entry.interval, entry.values.join(' ')];
  });
  return [...fixed, ...measured];
}
