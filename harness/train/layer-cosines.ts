import { div, maximum, mul, slice, sqrt, square, stack, sum, type Tensor } from '@tensorflow/tfjs-core';
import type { LinearLayer } from '../backbones/backbone.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { observeLayers } from './layer-observations.ts';
import type { Learner } from './learner.ts';

/**
 * The mean cosine of what each layer reads and what it gives, over rows (tokens of a transformer) of training examples.
 * @param rows which training examples
 * @returns a number for each layer, in the order given
 */
export async function meanCosines<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  rows: ArrayLike<number>,
  layers: readonly LinearLayer[],
): Promise<number[]> {
  const sums = await observeLayers(learner, task, rows, {
    name: 'cosine of input and output',
    layers,
    shape: () => [2],
    measure: (x, y, weights) => stack([sum(mul(rowCosines(x, y), weights)), sum(weights)]),
  });
  return layers.map(({ name }) => {
    const [total = 0, count = 1] = sums[name]?.data ?? [];
    return total / count;
  });
}

/**
 * The cosine of each row of x and the same row of y. Where they differ in width, the longer loses its end.
 * @param x `[rows, in]`
 * @param y `[rows, out]`
 * @returns `[rows]`; 0 where one is 0
 */
export function rowCosines(x: Tensor, y: Tensor): Tensor {
  const [rows, inputs] = x.shape as [number, number];
  const width = Math.min(inputs, y.shape[1] as number);
  const [left, right] = [x, y].map((side) => slice(side, [0, 0], [rows, width])) as [Tensor, Tensor];
  const lengths = mul(sqrt(sum(square(left), -1)), sqrt(sum(square(right), -1)));
  return div(sum(mul(left, right), -1), maximum(lengths, 1e-8));
}
