import { memory, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gelu, layerNormalization } from '../../harness/engine/layer-kernels.ts';
import { record } from '../../harness/engine/onnx/record.ts';
import { Recorder } from '../../harness/engine/onnx/recorder.ts';
import type { Program } from '../../harness/engine/program.ts';
import { float32 } from '../../harness/engine/tensor.ts';
import { adding, doubling, engineFor, engineNames, scaling } from './support.ts';

const x = float32([1, 2], [2]);

/** Uses kernels of several outputs, constants, state and frozen tensors. */
const mixed: Program = {
  ...adding('mixed'),
  frozen: { scale: float32([1, 2], [2]), shift: float32([0, 1], [2]) },
  run: (tensors) => {
    const given = (name: string): Tensor => tensors[name] as Tensor;
    const normal = layerNormalization(gelu(given('x')).reshape([1, 2]), given('scale'), given('shift'), 1e-5);
    return { total: given('total').add(normal.reshape([2])), same: given('x'), frozen: given('scale') };
  },
};

const held = (): [number, number] => [memory().numTensors, memory().numDataBuffers];

describe.each(engineNames)('%s', (name) => {
  it('holds no more tensors after 50 runs than after the first', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: x });
    const compiled = await engine.compile(mixed);
    await compiled.run({ x }, state);
    await state.read();
    const after = held();
    for (let call = 0; call < 50; call++) {
      await compiled.run({ x }, state);
      await state.read();
      state.write({ total: x });
    }
    await state.read();
    expect(held()).toEqual(after);
  });

  it('holds nothing more after its programs and its state are let go', async () => {
    const engine = await engineFor(name);
    await (await engine.compile(doubling('warm-up'))).run({ x });
    const before = held();
    for (let index = 0; index < 20; index++) {
      const state = engine.createState({ total: x });
      await (await engine.compile({ ...mixed, name: `mixed ${index}` })).run({ x }, state);
      await (await engine.compile(scaling(float32([index, 1], [2])))).run({ x });
      state.dispose();
    }
    await engine.dispose();
    expect(held()).toEqual(before);
  });

  it('holds nothing of a call that failed', async () => {
    const engine = await engineFor(name);
    const failing: Program = {
      ...mixed,
      name: 'failing',
      run: (tensors) => {
        mixed.run(tensors);
        throw new Error('after some work');
      },
    };
    const state = engine.createState({ total: x });
    const attempt = async (): Promise<unknown> => (await engine.compile(failing)).run({ x }, state);
    await expect(attempt()).rejects.toThrow('after some work');
    const after = held();
    for (let call = 0; call < 10; call++) await expect(attempt()).rejects.toThrow('after some work');
    expect(held()).toEqual(after);
  });
});

it('a recording leaves nothing in the recorder', async () => {
  await record(mixed);
  await setBackend('palimpsest-recorder');
  // The backend of the whole process is the recorder now, so this counts what it knows.
  const { backend } = await import('@tensorflow/tfjs-core');
  const recorder = backend();
  expect(recorder).toBeInstanceOf(Recorder);
  expect(recorder.numDataIds()).toBe(0);
});

it('a recording holds only the constants that the results need', async () => {
  const { model } = await record(scaling(float32([3, 4], [2])));
  const unused: Program = {
    ...scaling(float32([3, 4], [2]), 'scaling'),
    frozen: { factor: float32([3, 4], [2]), large: float32(new Float32Array(10_000), [10_000]) },
  };
  expect((await record(unused)).model.length).toBe(model.length);
});
