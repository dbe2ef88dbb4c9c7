import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { madeUpTask } from '../support/tiny-data.ts';
import { answers, learn, type Opened, openLearner, valuesOf } from '../support/tiny-learner.ts';

const form = { shape: [5], count: 60 };
const tasks = () =>
  [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form), madeUpTask(3, [4, 5], form)] as const;

async function open(over: ReturnType<typeof tasks>): Promise<Opened> {
  const { method } = await loadMethod('separate-networks');
  return openLearner({
    method,
    tasks: over,
    scenario: {
      kind: 'task-incremental',
      candidates: { train: 'current', test: 'current' },
      taskIdentity: { train: true, test: true },
    },
    training: { epochs: 5, optimiser: 'adam', learningRate: 0.02 },
  });
}

describe('separate networks', () => {
  it('answer for a past task exactly as right after it', async () => {
    const over = tasks();
    const opened = await open(over);
    await learn(opened, 1);
    const first = await answers(opened, over[0].test, 1, 1);
    await learn(opened, 2);
    const second = await answers(opened, over[1].test, 2, 2);
    await learn(opened, 3);
    expect(await answers(opened, over[0].test, 1, 3)).toEqual(first);
    expect(await answers(opened, over[1].test, 2, 3)).toEqual(second);
  });

  it('learn their tasks', async () => {
    const over = tasks();
    const opened = await open(over);
    for (const index of [1, 2, 3]) await learn(opened, index);
    for (const { index, test } of over) {
      const found = await answers(opened, test, index, 3);
      const right = found.filter((answer, row) => answer === test.labels[row]).length;
      expect(right / test.count).toBeGreaterThan(0.8);
    }
  });

  it('start from fresh weights and a fresh optimiser, whatever came before', async () => {
    const [long, short] = [await open(tasks()), await open(tasks())];
    await learn(long, 1);
    await learn(long, 2);
    await learn(short, 2);
    const fresh = valuesOf(short.learner.parameters);
    for (const [name, values] of Object.entries(valuesOf(long.learner.parameters)))
      if (!name.startsWith('networks.')) expect(values).toEqual(fresh[name]);
  });

  it('are all in the model, and counted there', async () => {
    const opened = await open(tasks());
    const one = opened.learner.totalParameters;
    for (const index of [1, 2, 3]) {
      await learn(opened, index);
      expect(opened.learner.totalParameters).toBe(index * one);
      expect(opened.learner.trainableParameters).toBe(one);
      expect(opened.learner.keptBytes).toBe(0);
    }
    const { parameters } = opened.learner;
    expect(parameters['networks.1.head.weight']?.data).not.toEqual(
      parameters['networks.2.head.weight']?.data,
    );
  });
});
