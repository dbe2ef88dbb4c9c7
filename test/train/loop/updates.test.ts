import { onesLike } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { schedule } from '../../../harness/nn/schedules.ts';
import type { Training } from '../../../harness/stream/scenario.ts';
import { fakeMethod } from '../../support/fake-method.ts';
import { twoTasks } from '../../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn } from '../../support/tiny-learner.ts';

async function trained(training: Partial<Training>, count = 26): Promise<Opened> {
  const opened = await openLearner({ method: fakeMethod(), tasks: twoTasks({ count }), training });
  await trainOn(opened, 1);
  return opened;
}

describe('the budget of a task', () => {
  it.each<[Partial<Training>, steps: number, epochs: number]>([
    [{ epochs: 2, batchSize: 8, incompleteBatch: 'keep' }, 8, 2],
    [{ epochs: 2, batchSize: 8, incompleteBatch: 'drop' }, 6, 2],
    [{ updates: 5, batchSize: 8, incompleteBatch: 'drop' }, 5, 2],
    [{ updates: 3, batchSize: 8, incompleteBatch: 'drop' }, 3, 1],
    [{ updates: 30, batchSize: 1 }, 30, 2],
    [{ epochs: 1, batchSize: 100, incompleteBatch: 'drop' }, 1, 1],
  ])('%j is %i steps in %i epochs over 26 examples', async (training, steps, epochs) => {
    const { learner, events } = await trained(training);
    expect(learner.step).toBe(steps);
    expect(events.filter(({ kind }) => kind === 'epoch').map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: epochs }, (_, index) => index + 1),
    );
  });

  it.each<[Training['incompleteBatch'], read: number]>([
    ['keep', 26],
    ['drop', 24],
  ])('%s of the incomplete batch trains on %i of 26 examples an epoch', async (incompleteBatch, read) => {
    const tasks = twoTasks({ count: 26 });
    const opened = await openLearner({ method: fakeMethod(), tasks, training: { incompleteBatch } });
    await trainOn(opened, 1);
    expect(tasks[0].train.rowsRead).toBe(read);
  });

  it('takes every example once an epoch, in an order drawn anew', async () => {
    const orders: string[] = [];
    const method = fakeMethod({
      composeBatch: ({ rows }, { epoch }) => {
        orders[epoch] = `${orders[epoch] ?? ''} ${rows.map(({ row }) => row).join(' ')}`;
      },
    });
    const opened = await openLearner({ method, tasks: twoTasks(), training: { epochs: 2 } });
    await trainOn(opened, 1);
    const rows = orders.map((order) => order.trim().split(' ').map(Number));
    expect(rows[0]).not.toEqual(rows[1]);
    for (const order of rows) expect(order.toSorted((a, b) => a - b)).toEqual([...Array(24).keys()]);
  });
});

describe('the learning rate', () => {
  it('is refused where its warm-up would outlast the task', async () => {
    const opened = await openLearner({
      method: fakeMethod({}),
      tasks: twoTasks(),
      training: { epochs: 1, warmup: 1000 },
    });
    await expect(learn(opened, 1)).rejects.toThrow(/Task 1 has \d+ updates, but training\.warmup is 1000/);
  });

  it.each(['constant', 'cosine'] as const)('follows the %s schedule anew in each task', async (name) => {
    const method = fakeMethod({
      gradients: (gradients) =>
        Object.fromEntries(Object.entries(gradients).map(([key, value]) => [key, onesLike(value)])),
    });
    const [updates, learningRate, warmup] = [11, 0.01, 3];
    const training = { updates, learningRate, schedule: name, warmup };
    const opened = await openLearner({ method, tasks: twoTasks(), training });
    const course = schedule(name, warmup);
    const total = [...Array(updates).keys()].reduce((sum, step) => sum + course(step, updates), 0);
    for (const task of [1, 2]) {
      const before = opened.learner.parameter('head.bias').data;
      await learn(opened, task);
      opened.learner.parameter('head.bias').data.forEach((value, index) => {
        expect((before[index] ?? 0) - value).toBeCloseTo(learningRate * total, 5);
      });
    }
  });
});
