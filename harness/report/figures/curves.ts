import * as Plot from '@observablehq/plot';
import { drawSvg } from './canvas.ts';
import type { FigureTable, Series } from './figure.ts';
import { inkOf, type Medium, styleOf } from './palette.ts';
import { numbersTo, thinned } from './series.ts';

/** How curves are drawn. */
export interface CurveOptions {
  readonly description: string;
  readonly x: string;
  readonly y: string;
  /** From the series' unit to that of the axis: 100 for fractions in percent. */
  readonly scale: number;
  /** Curves with bands, or points with bars side by side at each whole x. */
  readonly shape: 'lines' | 'points';
  /** Largest whole number on the x axis. */
  readonly last: number;
  /** No bands around curves, and a logarithmic y axis where all means are above 0. */
  readonly logarithmic?: boolean;
  /** A line at 0. */
  readonly zero?: boolean;
}

const size = { width: 590, height: 340, marginLeft: 56, marginRight: 20, marginTop: 30, marginBottom: 46 };
/** More points than this on a curve are drawn without symbols, which would run into each other. */
const mostSymbols = 20;

/** Draws series: each has its colour, its dashes and its symbol. */
export function drawCurves(series: readonly Series[], options: CurveOptions, medium: Medium): string {
  const { ink, line } = inkOf(medium);
  const { x, y, last, shape, zero, logarithmic } = options;
  const marks = series.map((one, index) =>
    shape === 'lines'
      ? curve(one, series.length, options, medium)
      : bars(one, index, series.length, options, medium),
  );
  return drawSvg({
    description: options.description,
    medium,
    legend: series.map(({ label, style }) => ({ label, style, dashed: shape === 'lines' })),
    options: {
      ...size,
      x: {
        label: x,
        // Points side by side need room beyond the first and the last task.
        ...(shape === 'points' ? { domain: [0.5, last + 0.5] } : {}),
        ticks: thinned(numbersTo(last), 12),
        tickFormat: 'd',
        labelAnchor: 'center',
        labelArrow: 'none',
      },
      y: {
        label: y,
        nice: true,
        labelArrow: 'none',
        ...(logarithmic === true && isPositive(series) ? { type: 'log', tickFormat: '~g' } : {}),
      },
      marks: [
        Plot.gridY({ stroke: line, strokeOpacity: 1 }),
        ...(zero === true ? [Plot.ruleY([0], { stroke: ink })] : []),
        ...marks.flat(),
      ],
    } as never,
  });
}

function curve(
  { points, style }: Series,
  count: number,
  { scale, logarithmic }: CurveOptions,
  medium: Medium,
): Plot.Markish[] {
  const { colour, dashes, symbol } = styleOf(style, medium);
  const banded = points.flatMap(({ x, mean, halfWidth }) =>
    halfWidth === null ? [] : [{ x, low: (mean - halfWidth) * scale, high: (mean + halfWidth) * scale }],
  );
  const scaled = points.map(({ x, mean }) => ({ x, y: mean * scale }));
  const stroke = dashes === '' ? {} : { strokeDasharray: dashes };
  return [
    ...(banded.length > 1 && logarithmic !== true
      ? [
          Plot.areaY(banded, {
            x: 'x',
            y1: 'low',
            y2: 'high',
            fill: colour,
            fillOpacity: count > 4 ? 0.07 : 0.15,
          }),
        ]
      : []),
    Plot.line(scaled, { x: 'x', y: 'y', stroke: colour, strokeWidth: 2, ...stroke }),
    ...(scaled.length <= mostSymbols
      ? [Plot.dot(scaled, { x: 'x', y: 'y', fill: colour, stroke: 'none', r: 4, symbol })]
      : []),
  ];
}

function bars(
  { points, style }: Series,
  index: number,
  count: number,
  { scale }: CurveOptions,
  medium: Medium,
): Plot.Markish[] {
  const { colour, symbol } = styleOf(style, medium);
  const offset = (index - (count - 1) / 2) * (0.7 / Math.max(count, 4));
  const scaled = points.map(({ x, mean, halfWidth }) => ({
    x: x + offset,
    y: mean * scale,
    low: (mean - (halfWidth ?? 0)) * scale,
    high: (mean + (halfWidth ?? 0)) * scale,
  }));
  return [
    Plot.ruleX(scaled, { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 2 }),
    Plot.dot(scaled, { x: 'x', y: 'y', fill: colour, stroke: 'none', r: 4.5, symbol: symbol as never }),
  ];
}

/** The numbers of curves: a line for each x, a column for each series. */
export function curveTable(
  head: string,
  series: readonly Series[],
  format: (value: number) => string,
  place: (x: number) => string = String,
): FigureTable {
  const places = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const byPlace = series.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  return {
    heads: [head, ...series.map(({ label }) => label)],
    rows: places.map((x) => [
      place(x),
      ...byPlace.map((points) => {
        const point = points.get(x);
        if (point === undefined) return '';
        return point.halfWidth === null
          ? format(point.mean)
          : `${format(point.mean)} ± ${format(point.halfWidth)}`;
      }),
    ]),
  };
}

/** Whether a logarithmic axis has room for all means. */
export function isPositive(series: readonly Series[]): boolean {
  return series.every(({ points }) => points.every(({ mean }) => mean > 0));
}
