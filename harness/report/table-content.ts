import type { Metric } from '../evaluate/metrics/index.ts';
import type { RunCost } from '../record/run-record.ts';
import { bytes, count, duration, percent } from './format.ts';
import type { MetricSummary, ReportRow, ReportTable } from './group-runs.ts';
import { plainText } from './plain-text.ts';
import { incompleteNotes, tableNotes, tableTitle } from './table-notes.ts';

/** One cell of a table for people. */
export interface TableCell {
  /** Lines of the cell: a method's name and what sets the row apart; one line elsewhere. */
  readonly lines: readonly string[];
  /** Whether it holds the best or the second value of its column. */
  readonly place?: 'best' | 'second';
}

/** A column with a cell for each row. */
export interface TableColumn {
  /** The heading; each word of a metric's title may stand on a line of its own. */
  readonly head: readonly string[];
  readonly align: 'left' | 'right';
  readonly cells: readonly TableCell[];
  /**
   * What a page sorts the cells by, where that is not what they read: `3 min`
   * after `12 s`. Null for a cell without a value.
   */
  readonly sortBy?: readonly (number | null)[];
}

/** What a table for people says, in words and numbers as printed; terminal, Markdown, LaTeX and HTML only set it. */
export interface TableContent {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly notes: readonly string[];
  /** Runs that are not in the table, and why. */
  readonly incomplete: readonly string[];
}

/** The content of a table: accuracies in percent, mean ± 95% interval; without control characters. */
export function tableContent(table: ReportTable): TableContent {
  return {
    title: plainText(tableTitle(table)),
    columns: table.rows.length === 0 ? [] : columnsOf(table),
    notes: tableNotes(table).map(plainText),
    incomplete: incompleteNotes(table).map(plainText),
  };
}

/** Whether any column has a best value. */
export function hasPlaces({ columns }: TableContent): boolean {
  return columns.some(({ cells }) => cells.some(({ place }) => place !== undefined));
}

function columnsOf({ rows, metrics }: ReportTable): TableColumn[] {
  const column = (head: string, cell: (row: ReportRow) => string): TableColumn => ({
    head: [head],
    align: 'right',
    cells: rows.map((row) => ({ lines: [cell(row)] })),
  });
  return [
    { head: ['method'], align: 'left', cells: rows.map((row) => ({ lines: methodLines(row) })) },
    column('seeds', ({ runs }) => String(runs.length)),
    ...metrics.map((metric) => metricColumn(metric, rows)),
    costColumn('training time', rows, 'trainingSeconds', duration),
    costColumn('trainable parameters', rows, 'trainableParameters', count),
    costColumn('kept bytes', rows, 'keptBytes', bytes),
    costColumn('kept examples', rows, 'keptExamples', count),
  ];
}

function costColumn(
  head: string,
  rows: readonly ReportRow[],
  key: keyof RunCost,
  text: (value: number) => string,
): TableColumn {
  const values = rows.map(({ cost }) => cost?.[key] ?? null);
  return {
    head: head.split(' '),
    align: 'right',
    cells: values.map((value) => ({ lines: [value === null ? 'n/a' : text(value)] })),
    sortBy: values,
  };
}

function methodLines({ definition, differs, isReference }: ReportRow): string[] {
  return [
    definition.method.name,
    ...(isReference ? ['(reference)'] : []),
    ...(definition.imported === undefined ? [] : [`(imported from ${definition.imported.tool})`]),
    ...differs,
  ].map(plainText);
}

function metricColumn(metric: Metric, rows: readonly ReportRow[]): TableColumn {
  const results = rows.map((row) => row.metrics.get(metric.id));
  const contenders = rows.map((row, index) => (row.isReference ? undefined : results[index]));
  const [best, second] = leadingTexts(metric, contenders);
  const cells = results.map((result, index): TableCell => {
    const mean = meanText(contenders[index]);
    const lines = [metricText(result)];
    if (best === undefined || mean === undefined) return { lines };
    if (mean === best) return { lines, place: 'best' };
    return mean === second ? { lines, place: 'second' } : { lines };
  });
  return { head: metric.title.split(' '), align: 'right', cells };
}

/**
 * The best and the second mean as they are printed, so that rows that read the same
 * are marked alike; none when there is no contest.
 */
function leadingTexts(metric: Metric, results: readonly (MetricSummary | undefined)[]): string[] {
  const means = results.flatMap((result) => (result?.kind === 'summary' ? [result.summary.mean] : []));
  const ordered = means.toSorted((left, right) =>
    metric.direction === 'higher' ? right - left : left - right,
  );
  const texts = [...new Set(ordered.map(percent))];
  return texts.length < 2 ? [] : texts.slice(0, 2);
}

function meanText(result: MetricSummary | undefined): string | undefined {
  return result?.kind === 'summary' ? percent(result.summary.mean) : undefined;
}

function metricText(result: MetricSummary | undefined): string {
  if (result?.kind !== 'summary') return 'n/a';
  const { mean, interval } = result.summary;
  return interval.kind === 'interval' ? `${percent(mean)} ± ${percent(interval.halfWidth)}` : percent(mean);
}
