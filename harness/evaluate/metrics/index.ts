import { UsageError } from '../../errors.ts';
import { nearest } from '../../suggest.ts';
import { type AccuracyMatrix, UnknownCountsError } from '../accuracy-matrix.ts';
import { averageIncrementalAccuracy, finalAccuracy, learningAccuracy } from './accuracy.ts';
import { chaudhryForgetting } from './forgetting.ts';
import type { Metric, MetricResult } from './metric.ts';
import { gemBackwardTransfer, gemForwardTransfer } from './transfer.ts';

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
export const metrics: readonly Metric[] = [...defaultMetrics];

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

/** The metric with an id; `@version` may be left out. @throws UsageError that suggests the nearest id */
export function findMetric(id: string): Metric {
  const found = metrics.find((metric) => metric.id === id || metric.id.startsWith(`${id}@`));
  if (found !== undefined) return found;
  const near = nearest(id, nameToId.keys());
  const hint = near === undefined ? '' : ` Did you mean "${nameToId.get(near)}"?`;
  throw new UsageError(`There is no metric "${id}".${hint} "palimpsest ls metrics" lists all of them.`);
}

/** The value of a metric on a matrix, or why there is none. Never NaN, and never 0 for lack of a cell. */
export function evaluateMetric(metric: Metric, matrix: AccuracyMatrix): MetricResult {
  if (matrix.tasks < metric.leastTasks) {
    const reason = `${metric.id} is not defined for a stream of ${matrix.tasks} tasks; it needs at least ${metric.leastTasks}`;
    return { kind: 'undefined', reason };
  }
  const cells = matrix.missing(metric.cells(matrix.tasks));
  if (cells.length > 0) return { kind: 'missing', cells };
  try {
    return { kind: 'value', value: metric.compute(matrix) };
  } catch (error) {
    if (!(error instanceof UnknownCountsError)) throw error;
    const reason = `${metric.id} weighs tasks by their test examples, and the accuracies were reported without counts`;
    return { kind: 'undefined', reason };
  }
}

/** The result of each selected metric on a matrix, by id, in the order of `selected`. */
export function computeMetrics(
  matrix: AccuracyMatrix,
  selected: readonly Metric[] = defaultMetrics,
): ReadonlyMap<string, MetricResult> {
  return new Map(selected.map((metric) => [metric.id, evaluateMetric(metric, matrix)]));
}
