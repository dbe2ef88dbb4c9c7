import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Program } from '../../harness/engine/program.ts';
import { float32 } from '../../harness/engine/tensor.ts';
import { engineFor, listOf } from './support.ts';

const halving: Program = {
  name: 'halving',
  inputs: { x: { shape: [3], dtype: 'float32' } },
  run: ({ x }) => ({ half: mul(x as Tensor, 0.5) }),
};

it('recorded programs take numbers below the normal range as 0, which keeps moments that decay from slowing a run', async () => {
  const engine = await engineFor('onnx');
  const compiled = await engine.compile(halving);
  const { half } = await compiled.run({ x: float32([1, 1e-37, 1e-38], [3]) });
  expect(listOf(half)).toEqual([0.5, Math.fround(5e-38), 0]);
});
