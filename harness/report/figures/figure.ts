import type { ReportRow } from '../group-runs.ts';
import { plainText } from '../plain-text.ts';
import { type Medium, mostSeries } from './palette.ts';
import type { Point } from './series.ts';

/** A figure with the numbers that it shows. */
export interface Figure {
  /** For file names and anchors: `accuracy`, `matrix-2`. */
  readonly id: string;
  readonly title: string;
  /** What is shown, for who cannot see it. */
  readonly description: string;
  /** Sentences below it: what the bands are, what was left out. */
  readonly notes: readonly string[];
  /** The drawing as one SVG element. */
  readonly draw: (medium: Medium) => string;
  /** The same numbers, as text. */
  readonly table: FigureTable;
}

/** Numbers of a figure: the first column names the row. */
export interface FigureTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row that is drawn, under the name and with the style that it has in every figure of its table. */
export interface DrawnRow {
  readonly row: ReportRow;
  readonly label: string;
  readonly style: number;
}

/** A row's curve. */
export interface Series extends Pick<DrawnRow, 'label' | 'style'> {
  readonly points: readonly Point[];
}

/** The name of a row in a legend: the method and what sets the row apart, cut where it is long. */
export function rowLabel({ definition, differs, isReference }: ReportRow): string {
  const label = plainText(
    [definition.method.name, ...(isReference ? ['(reference)'] : []), ...differs].join(' '),
  );
  return label.length > 60 ? `${[...label].slice(0, 59).join('')}…` : label;
}

/** Which rows the figures show, and a word on the others where they are too many. */
export function chooseRows(
  rows: readonly ReportRow[],
  metric: { readonly id: string; readonly direction: 'higher' | 'lower' },
): { readonly drawn: readonly DrawnRow[]; readonly note: string | undefined } {
  const sign = metric.direction === 'higher' ? -1 : 1;
  const rank = (row: ReportRow): number => {
    const result = row.metrics.get(metric.id);
    return result?.kind === 'summary' ? sign * result.summary.mean : Number.POSITIVE_INFINITY;
  };
  const ranked = rows
    .map((row) => ({ row, at: rank(row) }))
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const chosen = new Set(ranked.slice(0, mostSeries).map(({ row }) => row));
  const drawn = rows
    .filter((row) => chosen.has(row))
    .map((row, style) => ({ row, label: rowLabel(row), style }));
  if (rows.length <= mostSeries) return { drawn, note: undefined };
  return {
    drawn,
    note:
      `The figures show the ${mostSeries} of ${rows.length.toLocaleString('en-US')} rows with the best ${metric.id}; more could not ` +
      'be told apart. The table has all. To draw others, name their runs: palimpsest report <runs…>.',
  };
}

/** Why some or all of the series have no band; nothing where all have one. */
export function bandNote(series: readonly Series[], noun: 'Bands' | 'Bars'): string[] {
  const lacking = series.filter(({ points }) => points.some(({ halfWidth }) => halfWidth === null));
  const has = lacking.length < series.length ? [`${noun} are 95% t intervals of the mean over seeds.`] : [];
  if (lacking.length === 0) return has;
  const who = lacking.map(({ label }) => label).join(', ');
  return [...has, `No interval for ${who}: fewer than three seeds say too little about their spread.`];
}

/** Says so where an interval passes the values that there can be, which looks like a mistake. */
export function boundsNote(points: readonly Point[], [least, most]: readonly [number, number]): string[] {
  const passes = points.some(
    ({ mean, halfWidth }) => halfWidth !== null && (mean - halfWidth < least || mean + halfWidth > most),
  );
  return passes
    ? ['An interval may pass the values that are possible: the t distribution has no bounds.']
    : [];
}
