import * as tf from '@tensorflow/tfjs-core';
import { float32 } from '../../../harness/engine/tensor.ts';
import { forwardOnly, type Row, smooth, values, whole } from './row.ts';

const axes: readonly (readonly [readonly number[], number | number[] | undefined])[] = [
  [[], undefined],
  [[1], 0],
  [[5], undefined],
  [[2, 3], 0],
  [[2, 3], -1],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3, 4],
    [-1, -2],
  ],
  [
    [2, 1, 3, 2, 2],
    [1, 3],
  ],
  [[2, 1, 3, 2, 2], undefined],
];

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

/** Rows over shapes and axes, with the reduced axes dropped and kept. */
function reduction(name: string, run: Reduction, make: typeof smooth = smooth): Row[] {
  return axes.flatMap(([shape, axis]) =>
    [false, true].map((keepDims) =>
      make(
        `${name} of [${shape}] over ${axis ?? 'all'}${keepDims ? ', kept' : ''}`,
        (x) => run(x, axis, keepDims),
        [values(shape)],
      ),
    ),
  );
}

const positions = (name: string, run: (x: tf.Tensor, axis: number) => tf.Tensor): Row[] =>
  [0, 1, -1].map((axis) => forwardOnly(`${name} along ${axis}`, (x) => run(x, axis), [values([3, 4])]));

const cumulative = [false, true].flatMap((exclusive) =>
  [false, true].flatMap((reverse) =>
    [[4], [2, 4]].map((shape) =>
      smooth(
        `cumsum of [${shape}]${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
        (x) => tf.cumsum(x, shape.length - 1, exclusive, reverse),
        [values(shape)],
      ),
    ),
  ),
);

export const reductionRows: readonly Row[] = [
  ...reduction('sum', tf.sum),
  ...reduction('mean', tf.mean),
  ...reduction('max', tf.max, forwardOnly),
  ...reduction('min', tf.min, forwardOnly),
  ...reduction('prod', tf.prod, forwardOnly),
  ...reduction('any', (x, axis, keep) => tf.any(tf.greater(x, 1), axis, keep), forwardOnly),
  ...reduction('all', (x, axis, keep) => tf.all(tf.greater(x, -1), axis, keep), forwardOnly),
  ...reduction('sum of int32', (x, axis, keep) => tf.sum(tf.cast(x, 'int32'), axis, keep), forwardOnly),
  ...reduction('sum of bool', (x, axis, keep) => tf.sum(tf.greater(x, 0), axis, keep), forwardOnly),
  ...reduction('mean of int32', (x, axis, keep) => tf.mean(tf.cast(x, 'int32'), axis, keep), forwardOnly),
  ...reduction('min of int32', (x, axis, keep) => tf.min(tf.cast(x, 'int32'), axis, keep), forwardOnly),
  ...reduction('max of int32', (x, axis, keep) => tf.max(tf.cast(x, 'int32'), axis, keep), forwardOnly),
  smooth('max of a row', (x) => tf.max(x), [values([5])]),
  smooth('max of a matrix', (x) => tf.max(x), [values([2, 3])]),
  smooth('max along the last axis', (x) => tf.max(x, -1), [values([2, 3])]),
  smooth('max along the first axis, kept', (x) => tf.max(x, 0, true), [values([2, 3])]),
  smooth('min of a row', (x) => tf.min(x), [values([5])]),
  smooth('min along the last axis', (x) => tf.min(x, -1), [values([2, 3])]),
  smooth('logSumExp', (x) => tf.logSumExp(x, -1), [values([2, 3])]),
  smooth('logSumExp of huge values', (x) => tf.logSumExp(x, -1), [
    float32([1e4, 1e4, -1e9, -1e9, -1e9, -1e9], [2, 3]),
  ]),
  smooth('norm', (x) => tf.norm(x), [values([2, 3])]),
  ...positions('argMax', tf.argMax),
  ...positions('argMin', tf.argMin),
  forwardOnly('argMax takes the first of equals', (x) => tf.argMax(x, -1), [
    float32([1, 3, 3, 2, 2, 2], [2, 3]),
  ]),
  forwardOnly('argMin takes the first of equals', (x) => tf.argMin(x, -1), [
    float32([3, 1, 1, 2, 2, 2], [2, 3]),
  ]),
  smooth('argMax has a gradient of 0', (x) => tf.mul(x, tf.cast(tf.argMax(x, 0), 'float32')), [
    values([4, 3]),
  ]),
  smooth('argMin has a gradient of 0', (x) => tf.mul(x, tf.cast(tf.argMin(x, 0), 'float32')), [
    values([4, 3]),
  ]),
  forwardOnly('argMax of int32', (x) => tf.argMax(x, 0), [whole([4, 3])]),
  forwardOnly('sum of nothing', (x) => tf.sum(tf.slice(x, [0, 0], [0, 3]), 0), [values([2, 3])]),
  ...cumulative,
  forwardOnly('cumsum of a middle axis', (x) => tf.cumsum(x, 1), [values([2, 3, 2])]),
  forwardOnly('cumsum of int32', (x) => tf.cumsum(x, 0), [whole([5])]),
  ...[1, 2, 4].map((k) =>
    forwardOnly(`topk of ${k}`, (x) => Object.values(tf.topk(x, k)) as tf.Tensor[], [values([3, 4])]),
  ),
  forwardOnly('topk takes the first of equals', (x) => Object.values(tf.topk(x, 2)) as tf.Tensor[], [
    float32([1, 3, 3, 3], [4]),
  ]),
  forwardOnly('topk of int32', (x) => Object.values(tf.topk(x, 2)) as tf.Tensor[], [whole([2, 5])]),
];
