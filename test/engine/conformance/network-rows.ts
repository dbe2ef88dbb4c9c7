import * as tf from '@tensorflow/tfjs-core';
import { affine, gelu, layerNormalization } from '../../../harness/engine/layer-kernels.ts';
import { float32 } from '../../../harness/engine/tensor.ts';
import { filled, forwardOnly, type Row, smooth, values } from './row.ts';

/** Shapes of two operands before either is transposed. */
const products: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 3],
    [3, 1],
  ],
  [
    [2, 2, 3],
    [2, 3, 4],
  ],
  [
    [2, 1, 2, 3],
    [2, 1, 3, 4],
  ],
  [
    [2, 2, 2, 3],
    [1, 1, 3, 4],
  ],
  [
    [2, 2, 3],
    [3, 4],
  ],
];

const transposed = (shape: readonly number[], swap: boolean): number[] => {
  const [columns = 1, rows = 1] = shape.toReversed();
  return swap ? [...shape.slice(0, -2), columns, rows] : [...shape];
};

const matMuls = products.flatMap(([a, b]) =>
  [false, true].flatMap((first) =>
    [false, true].map((second) =>
      // TF.js has the gradient of a product of batches only where their leading axes are equal.
      (`${a.slice(0, -2)}` === `${b.slice(0, -2)}` ? smooth : forwardOnly)(
        `matMul of [${a}] and [${b}]${first ? ', left transposed' : ''}${second ? ', right transposed' : ''}`,
        (x, y) => tf.matMul(x, y, first, second),
        [values(transposed(a, first)), values(transposed(b, second), -1, 1)],
      ),
    ),
  ),
);

const masked = float32([-1e9, -1e9, -1e9, -1e9, -1e9 + 64, -1e9, 3, -1e9, -2, 1e9, 0, -1e9], [4, 3]);
const saturating = float32([-1e9, -40, -6, -3, -1e-3, 0, 1e-3, 3, 6, 40], [10]);

export const networkRows: readonly Row[] = [
  ...matMuls,
  smooth('affine', affine, [values([2, 3]), values([4, 3], -1, 1), values([4], 0, 1)]),
  smooth('affine of one row and one output', affine, [
    values([1, 3]),
    values([1, 3], -1, 1),
    values([1], 0, 1),
  ]),
  smooth('affine with a bias of zeros', (x, w) => affine(x, w, tf.zeros([4])), [
    values([2, 3]),
    values([4, 3], -1, 1),
  ]),
  ...[[3], [2, 3], [2, 1, 3, 2, 2]].flatMap((shape) => [
    smooth(`softmax of [${shape}]`, (x) => tf.softmax(x), [values(shape)]),
    smooth(`logSoftmax of [${shape}]`, (x) => tf.logSoftmax(x, -1), [values(shape)]),
  ]),
  smooth('softmax of logits that are masked', (x) => tf.softmax(x), [masked]),
  smooth('logSoftmax of logits that are masked', (x) => tf.logSoftmax(x, -1), [masked]),
  smooth('softmax of one logit', (x) => tf.softmax(x), [values([4, 1])]),
  forwardOnly('softmax of equal logits', (x) => tf.softmax(x), [filled([2, 4], 1e30)]),
  ...[[], [5], [2, 3, 4]].map((shape) => smooth(`gelu of [${shape}]`, gelu, [values(shape, -4, 4)])),
  smooth('gelu where it saturates', gelu, [saturating]),
  ...[
    [2, 5],
    [2, 3, 4],
    [1, 8],
  ].map((shape) =>
    smooth(
      `layerNormalization of [${shape}]`,
      (x, scale, shift) => layerNormalization(x, scale, shift, 1e-6),
      [values(shape), values([shape.at(-1) ?? 1], 0.5, 1.5), values([shape.at(-1) ?? 1], -1, 1)],
      1e-4,
    ),
  ),
  smooth(
    'layerNormalization of values far from 0',
    (x, scale, shift) => layerNormalization(x, scale, shift, 1e-5),
    [values([3, 16], 99, 101), values([16], 0.5, 1.5), values([16], -1, 1)],
    1e-3,
  ),
  smooth(
    'layerNormalization of equal values',
    (x, scale, shift) => layerNormalization(x, scale, shift, 1e-3),
    [filled([2, 4], 3), values([4], 0.5, 1.5), values([4], -1, 1)],
  ),
];
