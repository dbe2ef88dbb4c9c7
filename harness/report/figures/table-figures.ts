import { percent } from '../format.ts';
import type { ReportTable } from '../group-runs.ts';
import { costFigure } from './cost.ts';
import { curveTable, drawCurves, isPositive } from './curves.ts';
import { bandNote, boundsNote, chooseRows, type DrawnRow, type Figure, type Series } from './figure.ts';
import { heatMap } from './heat-map.ts';
import { lossCurve } from './losses.ts';
import { accuracyOverTasks, forgettingByTask, matricesOf, type Point, tasksOf, thinned } from './series.ts';

/** The figures of one table, and what to know of all of them. */
export interface TableFigures {
  /** Curves over tasks, forgetting, cost, training; those for which nothing was recorded are missing. */
  readonly figures: readonly Figure[];
  /** An accuracy matrix for each drawn row. */
  readonly matrices: readonly Figure[];
  /** Which rows are drawn where not all are, and which figures are missing and why. */
  readonly notes: readonly string[];
}

/** Points of a training curve that a person can tell apart on a page. */
const mostLosses = 300;
/** With more tasks than this, bars side by side would touch. */
const mostBars = 12;

/** The figures of a table's finished runs; none where there are none. @throws UserError for a file that cannot be read */
export function tableFigures(table: ReportTable): TableFigures {
  const [metric] = table.metrics;
  if (table.rows.length === 0 || metric === undefined) return { figures: [], matrices: [], notes: [] };
  const { drawn, note } = chooseRows(table.rows, metric);
  const found = [
    accuracyFigure(drawn),
    forgettingFigure(drawn),
    costFigure(drawn, metric),
    lossFigure(drawn),
  ];
  const reasons = [
    'No accuracy over tasks: some accuracies on earlier tasks were not measured.',
    'No forgetting by task: it needs two tasks or more and the lower triangle of the matrix.',
    `No ${metric.id} against training time: the cost or the value is not known.`,
    'No training curves: the runs logged no losses.',
  ];
  return {
    figures: found.filter((figure) => figure !== undefined),
    matrices: drawn.map(heatMap),
    notes: [
      ...(note === undefined ? [] : [note]),
      ...reasons.filter((_, index) => found[index] === undefined),
    ],
  };
}

function accuracyFigure(rows: readonly DrawnRow[]): Figure | undefined {
  const series = seriesOf(rows, ({ row }) => accuracyOverTasks(matricesOf(row.runs)));
  if (series.length === 0) return undefined;
  const last = lastTask(rows);
  const description = `Mean accuracy in percent on the tasks so far, after each of ${last} tasks, a curve for each of ${series.length} rows. The numbers are in the table below it.`;
  const options = { description, x: 'tasks trained', y: 'accuracy on tasks so far (%)', scale: 100, last };
  return {
    id: 'accuracy',
    title: 'Accuracy over tasks',
    description,
    notes: [
      'After i tasks: the mean accuracy on tasks 1 to i, all tasks alike.',
      ...bandNote(series, 'Bands'),
      ...boundsNote(
        series.flatMap(({ points }) => points),
        [0, 1],
      ),
      ...absentNote(rows, series, 'the accuracies on earlier tasks'),
    ],
    draw: (medium) => drawCurves(series, { ...options, shape: 'lines' }, medium),
    table: curveTable('tasks trained', series, percent),
  };
}

function forgettingFigure(rows: readonly DrawnRow[]): Figure | undefined {
  const series = seriesOf(rows, ({ row }) => forgettingByTask(matricesOf(row.runs)));
  if (series.length === 0) return undefined;
  const last = Math.max(1, lastTask(rows) - 1);
  const description = `Forgetting in percentage points of each task but the last, for each of ${series.length} rows. The numbers are in the table below it.`;
  const shape = last <= mostBars ? 'points' : 'lines';
  const options = {
    description,
    x: 'task',
    y: 'forgetting (percentage points)',
    scale: 100,
    last,
    zero: true,
  };
  return {
    id: 'forgetting',
    title: 'Forgetting by task',
    description,
    notes: [
      'The best accuracy on a task before the end, less that at the end; its mean is forgetting/chaudhry@1. Lower is better.',
      ...bandNote(series, shape === 'points' ? 'Bars' : 'Bands'),
      ...absentNote(rows, series, 'the lower triangle of the matrix'),
    ],
    draw: (medium) => drawCurves(series, { ...options, shape }, medium),
    table: curveTable('task', series, percent),
  };
}

function lossFigure(rows: readonly DrawnRow[]): Figure | undefined {
  const curves = rows.map((one) => ({ ...one, ...lossCurve(one.row.runs) }));
  const series = curves.flatMap(({ label, style, points }) =>
    points.length === 0 ? [] : [{ label, style, points: thinned(points, mostLosses) }],
  );
  if (series.length === 0) return undefined;
  const broken = curves.filter(({ notFinite }) => notFinite > 0).map(({ label }) => label);
  const most = Math.max(...curves.map(({ points }) => points.length));
  const last = lastTask(rows);
  const description = `Training loss over ${last} tasks, a curve for each of ${series.length} rows. The numbers are in the table below it.`;
  const options = {
    description,
    x: 'tasks trained; updates stand within their task',
    y: `training loss${isPositive(series) ? ' (logarithmic)' : ''}`,
    scale: 1,
    logarithmic: true,
  };
  return {
    id: 'training',
    title: 'Training loss',
    description,
    notes: [
      'What the method minimises, penalties included, as the mean over the updates since the point before: compare it within a method.',
      'Curves are means over seeds.',
      ...(most > mostLosses
        ? [`At most ${mostLosses} points of ${most} are drawn, evenly spread; none is averaged.`]
        : []),
      ...(broken.length > 0
        ? [`Points whose loss was no finite number are left out: ${broken.join(', ')}.`]
        : []),
      ...absentNote(rows, series, 'losses'),
    ],
    draw: (medium) => drawCurves(series, { ...options, shape: 'lines', last }, medium),
    table: curveTable('tasks trained', series, lossText, (x) => String(Number(x.toFixed(3)))),
  };
}

function seriesOf(rows: readonly DrawnRow[], pointsOf: (row: DrawnRow) => Point[]): Series[] {
  return rows.flatMap((one) => {
    const points = pointsOf(one);
    return points.length === 0 ? [] : [{ label: one.label, style: one.style, points }];
  });
}

function lastTask(rows: readonly DrawnRow[]): number {
  return Math.max(1, ...rows.map(({ row }) => tasksOf(matricesOf(row.runs))));
}

function absentNote(rows: readonly DrawnRow[], series: readonly Series[], what: string): string[] {
  const absent = rows.filter(({ style }) => !series.some((one) => one.style === style));
  return absent.length === 0
    ? []
    : [`Not drawn, for lack of ${what}: ${absent.map(({ label }) => label).join(', ')}.`];
}

function lossText(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
