import { add, getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { withBackend } from '../../harness/engine/backend-lock.ts';
import type { Program } from '../../harness/engine/program.ts';
import { float32 } from '../../harness/engine/tensor.ts';
import { engineFor, engineNames, listOf } from './support.ts';

/** Notes which TF.js backend its function runs on. */
function noting(name: string, seen: string[]): Program {
  return {
    name,
    inputs: { x: { shape: [2], dtype: 'float32' } },
    run: ({ x }) => {
      seen.push(getBackend());
      return { y: add(x as Tensor, 1) };
    },
  };
}

it('engines that are used at the same time keep to their own backends', async () => {
  const seen = { onnx: [] as string[], wasm: [] as string[], cpu: [] as string[] };
  const engines = await Promise.all(engineNames.map(async (name) => [name, await engineFor(name)] as const));
  const calls = Array.from({ length: 8 }, (_, index) =>
    engines.map(async ([name, engine]) => {
      const compiled = await engine.compile(noting(`program ${index}`, seen[name]));
      return listOf((await compiled.run({ x: float32([index, 0], [2]) })).y);
    }),
  );
  for (const [index, results] of (await Promise.all(calls.map((three) => Promise.all(three)))).entries()) {
    expect(results).toEqual([
      [index + 1, 1],
      [index + 1, 1],
      [index + 1, 1],
    ]);
  }
  expect(
    Object.fromEntries(Object.entries(seen).map(([name, backends]) => [name, [...new Set(backends)]])),
  ).toEqual({
    onnx: ['palimpsest-recorder'],
    wasm: ['wasm'],
    cpu: ['cpu'],
  });
});

it('an action that fails does not hold up the next', async () => {
  const failing = withBackend('cpu', () => {
    throw new Error('first');
  });
  const next = withBackend('cpu', () => 'second');
  await expect(failing).rejects.toThrow('first');
  await expect(next).resolves.toBe('second');
});

it('a backend that does not exist is an error', async () => {
  await expect(withBackend('abacus', () => 1)).rejects.toThrow('abacus');
});
