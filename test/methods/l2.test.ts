import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

async function open(name: string, settings = {}, training = {}): Promise<Opened> {
  const { method } = await loadMethod(name);
  return openLearner({ method, tasks: twoTasks(), settings, training });
}

describe('L2 towards the last weights', () => {
  it('adds 2 c (θ − θ*) to the gradient', async () => {
    const oneStep = { updates: 1, batchSize: 24, learningRate: 0.1 };
    const plain = await open('finetune', {}, oneStep);
    const bound = await open('l2', { strength: 3 }, oneStep);
    const before = valuesOf(bound.learner.parameters);
    for (const [name, { data, shape }] of Object.entries(bound.learner.parameters)) {
      const away = Float32Array.from(data, (value, index) => value + Math.cos(index));
      bound.learner.kept[`anchor.${name}`] = float32(away, shape);
    }
    await trainOn(plain, 1);
    await trainOn(bound, 1);
    for (const [name, start] of Object.entries(before)) {
      const [free, held] = [plain.learner.parameter(name).data, bound.learner.parameter(name).data];
      const found = start.map((_, i) => ((free[i] ?? 0) - (held[i] ?? 0)) / oneStep.learningRate);
      expectClose(
        found,
        start.map((_, i) => -6 * Math.cos(i)),
        1e-5,
      );
    }
  });

  it('is held by the weights after the latest task, and keeps nothing else', async () => {
    const opened = await open('l2');
    for (const index of [1, 2]) {
      await learn(opened, index);
      for (const [name, values] of Object.entries(valuesOf(opened.learner.parameters)))
        expect([...(opened.learner.kept[`anchor.${name}`]?.data ?? [])]).toEqual(values);
      expect(opened.learner.keptBytes).toBe(4 * opened.learner.totalParameters);
    }
  });

  it('is fine-tuning in the first task', async () => {
    const [plain, bound] = [await open('finetune'), await open('l2')];
    await learn(plain, 1);
    await learn(bound, 1);
    expect(valuesOf(bound.learner.parameters)).toEqual(valuesOf(plain.learner.parameters));
  });
});
