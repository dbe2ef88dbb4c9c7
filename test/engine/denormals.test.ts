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

it('an engine that is opened decides at once how the thread takes numbers too small to be normal', async () => {
  const tiny = Number('1e-310');
  await engineFor('onnx');
  const before = tiny * 0.5;
  await (await engineFor('onnx')).compile(halving);
  // Otherwise host code of a run that continues would compute otherwise than that of one from the start.
  expect(tiny * 0.5).toBe(before);
});

it('recorded programs take numbers below the normal range as 0, which keeps moments that decay from slowing a run', async () => {
  const engine = await engineFor('onnx');
  const compiled = await engine.compile(halving);
  const { half } = await compiled.run({ x: float32([1, 1e-37, 1e-38], [3]) });
  expect(listOf(half)).toEqual([0.5, Math.fround(5e-38), 0]);
});
