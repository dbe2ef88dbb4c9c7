import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { openEngine } from '../../../harness/engine/open-engine.ts';
import { float32, int32 } from '../../../harness/engine/tensor.ts';
import { runOn } from './conform.ts';
import { forwardOnly, type Row } from './row.ts';

// Where TF.js's own cpu backend is wrong or refuses, the recorded kernels are held to numbers worked out by hand.

const onnx = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
afterAll(() => onnx.dispose());

const counting = float32(
  Array.from({ length: 12 }, (_, index) => index),
  [3, 4],
);

const cases: readonly (readonly [Row, readonly number[], readonly number[]])[] = [
  [
    forwardOnly(
      'stridedSlice that drops an axis',
      (x) => tf.stridedSlice(x, [1, 0], [2, 4], [1, 2], 0, 0, 0, 0, 1),
      [counting],
    ),
    [2],
    [4, 6],
  ],
  [forwardOnly('an empty stridedSlice', (x) => tf.stridedSlice(x, [2], [1], [1]), [counting]), [0, 4], []],
  [
    forwardOnly('cumsum along a negative axis', (x) => tf.cumsum(x, -1), [float32([1, 2, 3, 4], [2, 2])]),
    [2, 2],
    [1, 3, 3, 7],
  ],
  [
    forwardOnly('matMul whose operands both broadcast', (a, b) => tf.matMul(a, b), [
      float32([1, 2], [2, 1, 1, 1]),
      float32([3, 5], [1, 2, 1, 1]),
    ]),
    [2, 2, 1, 1],
    [3, 5, 6, 10],
  ],
  [
    forwardOnly('reverse backwards over a whole axis', (x) => tf.reverse(x, 0), [int32([1, 2, 3], [3])]),
    [3],
    [3, 2, 1],
  ],
  [
    forwardOnly('log1p of 0, −1 and ∞', tf.log1p, [float32([0, -1, Infinity], [3])]),
    [3],
    [0, -Infinity, Infinity],
  ],
  [
    forwardOnly('expm1 of 0, −∞ and ∞', tf.expm1, [float32([0, -Infinity, Infinity], [3])]),
    [3],
    [0, -1, Infinity],
  ],
];

it.each(cases.map((known) => [known[0].name, ...known] as const))(
  '%s',
  async (_name, row, shape, expected) => {
    const { output0 } = await runOn(onnx, row, 'fed');
    expect(output0?.shape).toEqual(shape);
    expect([...(output0?.data ?? [])]).toEqual(expected);
  },
);
