import * as Plot from '@observablehq/plot';
import type { Metric } from '../../evaluate/metrics/index.ts';
import { duration, percent } from '../format.ts';
import { drawSvg } from './canvas.ts';
import { bandNote, boundsNote, type DrawnRow, type Figure } from './figure.ts';
import { inkOf, type Medium, styleOf } from './palette.ts';
import { type Point, pointOf } from './series.ts';

interface CostPoint extends DrawnRow {
  /** `x` in seconds of training, `mean` a fraction. */
  readonly point: Point;
}

/** A metric against the wall time of training; undefined where no row has both, as imported runs never have. */
export function costFigure(rows: readonly DrawnRow[], metric: Metric): Figure | undefined {
  const points = rows.flatMap((one): CostPoint[] => {
    const result = one.row.metrics.get(metric.id);
    const { cost } = one.row;
    if (cost === null || result?.kind !== 'summary' || !(cost.trainingSeconds > 0)) return [];
    return [{ ...one, point: pointOf(cost.trainingSeconds, result.values) }];
  });
  if (points.length === 0) return undefined;
  const description = `${metric.title} in percent against the training time of a run in seconds, a point for each of ${points.length} rows. The numbers are in the table below it.`;
  const missing = rows.length - points.length;
  return {
    id: 'cost',
    title: `${capital(metric.title)} against training time`,
    description,
    notes: [
      'Training time is the wall time of a run, mean over seeds; it compares only runs of one machine under the same load.',
      ...bandNote(
        points.map(({ label, style, point }) => ({ label, style, points: [point] })),
        'Bars',
      ),
      ...boundsNote(
        points.map(({ point }) => point),
        metric.range,
      ),
      ...(missing > 0
        ? [`${missing} of ${rows.length} rows have no known cost or no value, and no point.`]
        : []),
    ],
    draw: (medium) => draw(points, metric, description, medium),
    table: {
      heads: ['method', 'training time', metric.id],
      rows: points.map(({ label, point }) => [
        label,
        duration(point.x),
        point.halfWidth === null
          ? percent(point.mean)
          : `${percent(point.mean)} ± ${percent(point.halfWidth)}`,
      ]),
    },
  };
}

function draw(points: readonly CostPoint[], metric: Metric, description: string, medium: Medium): string {
  const { line } = inkOf(medium);
  const times = points.map(({ point }) => point.x);
  const [least, most] = [Math.min(...times), Math.max(...times)];
  // Over more than a decade the cheap rows would lie on each other.
  const wide = most / least > 10;
  return drawSvg({
    description,
    medium,
    legend: points.map(({ label, style }) => ({ label, style, dashed: false })),
    options: {
      width: 590,
      height: 340,
      marginLeft: 56,
      marginRight: 24,
      marginTop: 30,
      marginBottom: 46,
      x: {
        type: wide ? 'log' : 'linear',
        domain: wide ? [least / 1.3, most * 1.3] : [0, most * 1.08],
        ticks: wide ? 5 : 8,
        tickFormat: (seconds: number) => seconds.toLocaleString('en-US', { maximumFractionDigits: 1 }),
        label: `training time of a run (seconds${wide ? ', logarithmic' : ''})`,
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: { label: `${metric.title} (%)`, nice: true, labelArrow: 'none' },
      marks: [
        Plot.gridY({ stroke: line, strokeOpacity: 1 }),
        Plot.gridX({ stroke: line, strokeOpacity: 1 }),
        ...points.flatMap(({ point: { x, mean, halfWidth }, style }) => {
          const { colour, symbol } = styleOf(style, medium);
          const at = [
            { x, y: mean * 100, low: (mean - (halfWidth ?? 0)) * 100, high: (mean + (halfWidth ?? 0)) * 100 },
          ];
          return [
            Plot.ruleX(at, { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 2 }),
            Plot.dot(at, { x: 'x', y: 'y', fill: colour, stroke: 'none', r: 6, symbol: symbol as never }),
          ];
        }),
      ],
    } as never,
  });
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
