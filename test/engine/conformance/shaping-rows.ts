import * as tf from '@tensorflow/tfjs-core';
import { int32 } from '../../../harness/engine/tensor.ts';
import { forwardOnly, type Row, smooth, values, whole } from './row.ts';

const constants: readonly Row[] = [
  smooth('fill', (x) => tf.mul(x, tf.fill([2, 3], 4)), [values([2, 3])]),
  forwardOnly('fill of int32', (x) => tf.add(x, tf.fill([3], 4, 'int32')), [whole([3])]),
  forwardOnly('fill alone', () => tf.fill([2, 2], -1e9), [values([1])]),
  smooth('zerosLike', (x) => tf.add(x, tf.zerosLike(x)), [values([2, 3])]),
  smooth('onesLike', (x) => tf.add(x, tf.onesLike(x)), [values([2, 3])]),
  forwardOnly('zerosLike of int32', (x) => tf.zerosLike(x), [whole([2, 3])]),
  forwardOnly('onesLike of bool', (x) => tf.onesLike(tf.greater(x, 0)), [values([2])]),
  forwardOnly('range', (x) => tf.add(x, tf.range(0, 5)), [values([5])]),
  forwardOnly('range downwards', (x) => tf.add(x, tf.range(5, 0, -2)), [values([3])]),
  forwardOnly('range that turns round by itself', (x) => tf.add(x, tf.range(5, 0)), [values([5])]),
  forwardOnly('range of int32', (x) => tf.add(x, tf.range(2, 5, 1, 'int32')), [whole([3])]),
  forwardOnly(
    'range of int32 that float32 cannot hold',
    (x) => tf.add(x, tf.range(16_777_215, 16_777_218, 1, 'int32')),
    [whole([3])],
  ),
  forwardOnly('linear steps from a range', (x) => tf.mul(x, tf.range(0, 1, 0.25)), [values([4])]),
];

const layouts: readonly Row[] = [
  smooth('reshape', (x) => tf.reshape(x, [3, 2]), [values([2, 3])]),
  smooth('reshape with −1', (x) => tf.reshape(x, [-1, 2]), [values([2, 3, 2])]),
  smooth('reshape to a scalar', (x) => tf.reshape(x, []), [values([1, 1])]),
  smooth('reshape of a scalar', (x) => tf.reshape(x, [1, 1, 1]), [values([])]),
  smooth('reshape of a constant', (x) => tf.mul(x, tf.reshape(tf.range(0, 6), [2, 3])), [values([2, 3])]),
  smooth('reshape of a uniform constant', (x) => tf.mul(x, tf.reshape(tf.ones([6]), [2, 3])), [values([3])]),
  smooth('expandDims at the front', (x) => tf.expandDims(x, 0), [values([2, 3])]),
  smooth('expandDims at the end', (x) => tf.expandDims(x, -1), [values([2, 3])]),
  smooth('expandDims before the last', (x) => tf.expandDims(x, -2), [values([2, 3])]),
  smooth('squeeze', (x) => tf.squeeze(x), [values([1, 2, 1, 3])]),
  smooth('transpose', (x) => tf.transpose(x), [values([2, 3])]),
  smooth('transpose of five axes', (x) => tf.transpose(x, [2, 0, 3, 1, 4]), [values([2, 1, 3, 2, 2])]),
  forwardOnly('transpose of int32', (x) => tf.transpose(x, [1, 0]), [whole([2, 3])]),
  forwardOnly('transpose of a uniform constant', (x) => tf.add(x, tf.transpose(tf.ones([3, 2]))), [
    values([2, 3]),
  ]),
  ...[[0], [-1], [0, 1], []].map((axes) =>
    smooth(`reverse of axes [${axes}]`, (x) => tf.reverse(x, axes), [values([3, 4])]),
  ),
  smooth('tile of a row', (x) => tf.tile(x, [3]), [values([2])]),
  smooth('tile of a matrix', (x) => tf.tile(x, [2, 3]), [values([2, 3])]),
  smooth('tile of a class token', (x) => tf.tile(x, [4, 1, 1]), [values([1, 1, 3])]),
  smooth('tile of four axes', (x) => tf.tile(x, [2, 1, 1, 2]), [values([1, 2, 1, 2])]),
  smooth('tile of a constant', (x) => tf.mul(x, tf.tile(tf.ones([1, 3]), [2, 1])), [values([1, 3])]),
  smooth(
    'pad',
    (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    [values([2, 3])],
  ),
  smooth('pad with a value', (x) => tf.pad(x, [[2, 1]], -3), [values([3])]),
  forwardOnly('pad of int32', (x) => tf.pad(x, [[1, 1]], 7), [whole([3])]),
  smooth('broadcastTo', (x) => tf.broadcastTo(x, [2, 4, 3]), [values([4, 1])]),
];

const cuts: readonly Row[] = [
  smooth('slice', (x) => tf.slice(x, [0, 1], [2, 2]), [values([3, 4])]),
  smooth('slice to the end', (x) => tf.slice(x, [1, 2], [-1, -1]), [values([3, 4])]),
  smooth('slice of everything', (x) => tf.slice(x, [0, 0]), [values([3, 4])]),
  smooth('slice of five axes', (x) => tf.slice(x, [1, 0, 1, 0, 1], [1, 1, 2, 2, 1]), [
    values([2, 1, 3, 2, 2]),
  ]),
  forwardOnly('slice of int32', (x) => tf.slice(x, 1, 2), [whole([4])]),
  forwardOnly('an empty slice', (x) => tf.slice(x, [0, 0], [0, 3]), [values([2, 3])]),
  forwardOnly('stridedSlice', (x) => tf.stridedSlice(x, [0, 1], [3, 4], [2, 2]), [values([3, 4])]),
  forwardOnly('stridedSlice without strides', (x) => tf.stridedSlice(x, [1], [3]), [values([3, 4])]),
  forwardOnly('stridedSlice backwards', (x) => tf.stridedSlice(x, [3], [0], [-1]), [values([4])]),
  forwardOnly('stridedSlice backwards to the start', (x) => tf.stridedSlice(x, [0], [0], [-1], 1, 1), [
    values([4]),
  ]),
  forwardOnly('stridedSlice backwards in steps', (x) => tf.stridedSlice(x, [-1], [-5], [-2]), [values([5])]),
  forwardOnly('stridedSlice from the end', (x) => tf.stridedSlice(x, [-2], [4], [1]), [values([4])]),
  forwardOnly('stridedSlice with a begin mask', (x) => tf.stridedSlice(x, [2, 1], [3, 3], [1, 1], 1), [
    values([3, 4]),
  ]),
  forwardOnly('stridedSlice with an end mask', (x) => tf.stridedSlice(x, [1, 1], [2, 2], [1, 1], 0, 3), [
    values([3, 4]),
  ]),
  forwardOnly('stridedSlice with an ellipsis', (x) => tf.stridedSlice(x, [0, 1], [0, 3], [1, 1], 0, 0, 1), [
    values([2, 3, 4]),
  ]),
  forwardOnly('stridedSlice with a new axis', (x) => tf.stridedSlice(x, [0, 1], [0, 2], [1, 1], 0, 0, 0, 1), [
    values([3, 4]),
  ]),
  smooth('split in equal parts', (x) => tf.split(x, 2, 1), [values([3, 4])]),
  smooth('split in given parts', (x) => tf.split(x, [1, 3], -1), [values([3, 4])]),
  smooth('split with a remainder', (x) => tf.split(x, [1, -1], 0), [values([3, 4])]),
  forwardOnly('split in one part', (x) => tf.split(x, 1, 0), [values([3, 4])]),
  smooth('unstack', (x) => tf.unstack(x), [values([3, 2, 2])]),
  smooth('unstack the last axis', (x) => tf.unstack(x, -1), [values([2, 3])]),
  forwardOnly('unstack an axis of length 1', (x) => tf.unstack(x, 1), [values([2, 1])]),
];

const joins: readonly Row[] = [
  smooth('concat of rows', (a, b) => tf.concat([a, b], 0), [values([2, 3]), values([1, 3])]),
  smooth('concat of columns', (a, b) => tf.concat([a, b], -1), [values([2, 3]), values([2, 1])]),
  smooth('concat of one', (a) => tf.concat([a], 0), [values([2, 3])]),
  smooth('concat with a constant', (a) => tf.concat([a, tf.ones([2, 2])], 1), [values([2, 3])]),
  forwardOnly('concat with nothing', (a, b) => tf.concat([tf.slice(a, [0, 0], [0, 3]), b], 0), [
    values([2, 3]),
    values([1, 3]),
  ]),
  forwardOnly('concat of int32', (a, b) => tf.concat([a, b], 0), [whole([2]), whole([3])]),
  smooth('stack', (a, b) => tf.stack([a, b]), [values([2, 3]), values([2, 3], 5, 6)]),
  smooth('stack at the end', (a, b) => tf.stack([a, b], -1), [values([2, 3]), values([2, 3], 5, 6)]),
  smooth('stack of scalars', (a, b) => tf.stack([a, b]), [values([]), values([], 5, 6)]),
  smooth('stack with a constant', (a) => tf.stack([a, tf.ones([3])], 1), [values([3])]),
];

const gathers: readonly Row[] = [
  smooth('gather of rows', (x, at) => tf.gather(x, at as tf.Tensor1D), [
    values([4, 3]),
    int32([3, 0, 3], [3]),
  ]),
  smooth('gather of columns', (x, at) => tf.gather(x, at as tf.Tensor1D, 1), [
    values([2, 4]),
    int32([3, 0, 3], [3]),
  ]),
  smooth('gather of a middle axis', (x, at) => tf.gather(x, at as tf.Tensor1D, 1), [
    values([2, 3, 2]),
    int32([2, 2], [2]),
  ]),
  smooth('gather at a negative axis', (x, at) => tf.gather(x, at as tf.Tensor1D, -2), [
    values([3, 2]),
    int32([2, 1], [2]),
  ]),
  smooth('gather by a matrix of places', (x, at) => tf.gather(x, at as tf.Tensor2D), [
    values([4, 3]),
    int32([3, 0, 1, 1], [2, 2]),
  ]),
  forwardOnly('gather by a scalar', (x, at) => tf.gather(x, at), [values([4, 3]), int32([2], [])]),
  forwardOnly('gather from each row of a batch', (x, at) => tf.gather(x, at as tf.Tensor2D, 1, 1), [
    values([2, 3]),
    int32([2, 0, 1, 1], [2, 2]),
  ]),
  forwardOnly(
    'gather of vectors from each row of a batch',
    (x, at) => tf.gather(x, at as tf.Tensor2D, 1, 1),
    [values([2, 3, 4]), int32([2, 0, 1, 1], [2, 2])],
  ),
  forwardOnly('gather of int32', (x, at) => tf.gather(x, at as tf.Tensor1D), [
    whole([4]),
    int32([3, 1], [2]),
  ]),
  smooth('unsortedSegmentSum', (x, at) => tf.unsortedSegmentSum(x, at as tf.Tensor1D, 3), [
    values([4, 2]),
    int32([2, 0, 2, 2], [4]),
  ]),
  smooth('unsortedSegmentSum of a row', (x, at) => tf.unsortedSegmentSum(x, at as tf.Tensor1D, 2), [
    values([3]),
    int32([1, 0, 1], [3]),
  ]),
  smooth('unsortedSegmentSum leaves out −1', (x, at) => tf.unsortedSegmentSum(x, at as tf.Tensor1D, 2), [
    values([3, 2]),
    int32([1, -1, 1], [3]),
  ]),
  forwardOnly('unsortedSegmentSum of int32', (x, at) => tf.unsortedSegmentSum(x, at as tf.Tensor1D, 2), [
    whole([3, 2]),
    int32([1, 0, 1], [3]),
  ]),
  forwardOnly('oneHot', (x) => tf.oneHot(x, 4), [int32([0, 3, 1], [3])]),
  forwardOnly('oneHot of −1 and beyond is a row of zeros', (x) => tf.oneHot(x, 3), [
    int32([-1, 3, 0, 2], [4]),
  ]),
  forwardOnly('oneHot of a matrix', (x) => tf.oneHot(x, 3), [int32([0, 2, 1, 1], [2, 2])]),
  forwardOnly('oneHot of a scalar', (x) => tf.oneHot(x, 3), [int32([2], [])]),
  forwardOnly('oneHot with other values', (x) => tf.oneHot(x, 3, 5, -5, 'float32'), [int32([0, 2], [2])]),
  smooth('oneHot has a gradient of 0', (x) => tf.mul(x, tf.sum(tf.oneHot(tf.cast(x, 'int32'), 3), -1)), [
    values([4], 0, 2.9),
  ]),
  smooth('oneHot in a loss', (logits, at) => tf.mul(logits, tf.cast(tf.oneHot(at, 3), 'float32')), [
    values([2, 3]),
    int32([2, 0], [2]),
  ]),
];

export const shapingRows: readonly Row[] = [...constants, ...layouts, ...cuts, ...joins, ...gathers];
