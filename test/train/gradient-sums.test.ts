import { mul, onesLike, sum } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { drawnRows, type GradientSum, sumGradients } from '../../harness/train/gradient-sums.ts';
import type { Method } from '../../harness/train/method.ts';
import { expectClose } from '../support/closeness.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { madeUpTask } from '../support/tiny-data.ts';
import { type Opened, openLearner } from '../support/tiny-learner.ts';

/** `|∂ Σ_o o·f_o/∂θ|`: a function whose gradients have both signs. */
const slopes: GradientSum = {
  name: 'slopes',
  size: 'absolute',
  terms: (_rawLogits, { candidates, weights }) => [
    { value: (rawLogits) => sum(mul(rawLogits, mul(candidates, rawLogits)), -1), weight: onesLike(weights) },
  ],
};

/** Computes the same, but as its own `linear`, so that examples are taken one by one. */
const oneByOne = fakeMethod({ linear: (_layer, _x, base) => base() });

function open(method: Method): Promise<Opened> {
  const tasks = [madeUpTask(1, [0, 1, 2], { shape: [4], count: 150 })];
  return openLearner({ method, tasks, backbone: { name: 'mlp', hidden: [5, 4] } });
}

async function sumOf({ learner, stream }: Opened, count: number, together = 1) {
  const [task] = stream.tasks;
  if (!task) throw new Error('There is no task.');
  const rows = Array.from({ length: count }, (_, row) => row);
  return sumGradients(learner, task, rows, slopes, { together, perExample: false });
}

describe('sums of gradient sizes', () => {
  it('are the same from batches as from single examples', async () => {
    const batched = await sumOf(await open(fakeMethod()), 150);
    const single = await sumOf(await open(oneByOne), 150);
    expect(batched.gradients).toBe(150);
    expect(single.gradients).toBe(150);
    for (const [name, { data }] of Object.entries(single.sums))
      expectClose(batched.sums[name]?.data ?? [], data, 1e-5);
  });

  it('tell how many examples are done, from before their program is compiled', async () => {
    const opened = await open(fakeMethod());
    await sumOf(opened, 150);
    const summing = { kind: 'summing', task: 1, of: 150 };
    expect(opened.reports).toEqual([0, 128, 150].map((examples) => ({ ...summing, examples })));
  });

  it('count a gradient for each started group of examples', async () => {
    const opened = await open(fakeMethod());
    expect((await sumOf(opened, 21, 8)).gradients).toBe(3);
    expect((await sumOf(opened, 3, 8)).gradients).toBe(1);
  });

  it('of means are at most those of single examples, since signs cancel', async () => {
    const opened = await open(fakeMethod());
    const [single, means] = [await sumOf(opened, 150), await sumOf(opened, 150, 50)];
    for (const [name, { data }] of Object.entries(means.sums)) {
      data.forEach((size, index) => {
        const bound = (single.sums[name]?.data[index] ?? 0) / 50;
        expect(size).toBeLessThanOrEqual(bound * (1 + 1e-4) + 1e-7);
      });
    }
  });
});

describe('rows drawn for an estimate', () => {
  it('are all where 0 are asked for, else so many different ones, the same again', async () => {
    const { learner, stream } = await open(fakeMethod());
    const [task] = stream.tasks;
    if (!task) throw new Error('There is no task.');
    expect([...drawnRows(learner, task, 0, 'test')].sort((a, b) => a - b)).toEqual([...Array(150).keys()]);
    const some = drawnRows(learner, task, 20, 'test');
    expect(new Set(some).size).toBe(20);
    expect(drawnRows(learner, task, 20, 'test')).toEqual(some);
    expect(drawnRows(learner, task, 20, 'other')).not.toEqual(some);
  });
});
