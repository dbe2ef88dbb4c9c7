import { UsageError } from '../../errors.ts';
import { nearest } from '../../suggest.ts';
import { type AccuracyMatrix, describeCells, UnknownCountsError } from '../accuracy-matrix.ts';
import { averageIncrementalAccuracy, finalAccuracy, learningAccuracy } from './accuracy.ts';
import * as accuracyVariants from './accuracy-variants.ts';
import { chaudhryForgetting } from './forgetting.ts';
import * as forgettingVariants from './forgetting-variants.ts';
import type { Metric, MetricResult } from './metric.ts';
import { gemBackwardTransfer, gemForwardTransfer } from './transfer.ts';
import * as transferVariants from './transfer-variants.ts';

export type { Metric, MetricResult } from './metric.ts';

/** The columns of a table where none are chosen, in their order. */
export const defaultMetrics: readonly Metric[] = [
  finalAccuracy,
  averageIncrementalAccuracy,
  chaudhryForgetting,
  gemBackwardTransfer,
  gemForwardTransfer,
  learningAccuracy,
];

/** Every metric there is; the default columns first. */
export const metrics: readonly Metric[] = [
  ...defaultMetrics,
  ...Object.values({ ...accuracyVariants, ...forgettingVariants, ...transferVariants }).sort((left, right) =>
    left.id < right.id ? -1 : 1,
  ),
];

/**
 * What a person may call a metric, to its id: the family alone, without the version, in full. The first metric of a family
 * has the family's name, so "forgetting" stays Chaudhry's however many others follow.
 */
const nameToId = new Map(
  metrics
    .flatMap(({ id }): [string, string][] => [
      [id.slice(0, id.indexOf('/')), id],
      [id.slice(0, id.indexOf('@')), id],
      [id, id],
    ])
    .toReversed(),
);

/**
 * The metric with an id; `@version` may be left out, and with it the definition: "forgetting" is the first of its family.
 * @throws UsageError that suggests the nearest id
 */
export function findMetric(id: string): Metric {
  const known = nameToId.get(id);
  const found = metrics.find((metric) => metric.id === known);
  if (found !== undefined) return found;
  const near = nearest(id, nameToId.keys());
  const hint = near === undefined ? '' : ` Did you mean "${nameToId.get(near)}"?`;
  throw new UsageError(`There is no metric "${id}".${hint} "palimpsest ls metrics" lists all of them.`);
}

/**
 * The metrics that a person names, each once: `accuracy` and `accuracy/final` are one.
 * @throws UsageError that suggests the nearest id
 */
export function findMetrics(ids: readonly string[]): Metric[] {
  return [...new Set(ids.map(findMetric))];
}

/**
 * The value of a metric on a matrix, or why there is none. Never NaN, and never 0 for lack of a cell.
 * @param reference the matrix of the run that a metric with `referenceCells` compares with
 */
export function evaluateMetric(
  metric: Metric,
  matrix: AccuracyMatrix,
  reference?: AccuracyMatrix,
): MetricResult {
  const { id, leastTasks } = metric;
  if (matrix.tasks < leastTasks) {
    return notDefined(
      `${id} is not defined for a stream of ${matrix.tasks} tasks; it needs at least ${leastTasks}`,
    );
  }
  const cells = matrix.missing(metric.cells(matrix.tasks));
  if (cells.length > 0) return { kind: 'missing', cells };
  const unfit = referenceProblem(metric, matrix, reference);
  if (unfit !== undefined) return notDefined(unfit);
  try {
    const value = metric.compute(matrix, reference ?? matrix);
    return Number.isFinite(value)
      ? { kind: 'value', value }
      : notDefined(`${id} divides by zero on this matrix (${metric.formula})`);
  } catch (error) {
    if (!(error instanceof UnknownCountsError)) throw error;
    return notDefined(
      `${id} weighs tasks by their test examples, and the accuracies were reported without counts`,
    );
  }
}

function notDefined(reason: string): MetricResult {
  return { kind: 'undefined', reason };
}

/** Why a metric cannot compare with the reference; undefined where it can, or does not compare. */
function referenceProblem(
  { id, referenceCells }: Metric,
  { tasks }: AccuracyMatrix,
  reference: AccuracyMatrix | undefined,
): string | undefined {
  if (referenceCells === undefined) return undefined;
  if (reference === undefined) return `${id} compares with another run, and none is given (--reference)`;
  if (reference.tasks !== tasks) {
    return `${id} compares streams of equal length, but the reference has ${reference.tasks} tasks and this run ${tasks}`;
  }
  const missing = reference.missing(referenceCells(tasks));
  return missing.length === 0 ? undefined : `${id} needs of the reference ${describeCells(missing)}`;
}

/** The result of each selected metric on a matrix, by id, in the order of `selected`. */
export function computeMetrics(
  matrix: AccuracyMatrix,
  selected: readonly Metric[] = defaultMetrics,
): ReadonlyMap<string, MetricResult> {
  return new Map(selected.map((metric) => [metric.id, evaluateMetric(metric, matrix)]));
}
