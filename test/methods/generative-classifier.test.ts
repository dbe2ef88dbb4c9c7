import { describe, expect, it } from 'vitest';
import type { Method } from '../../harness/train/method.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { type ListedTask, madeUpTask } from '../support/tiny-data.ts';
import { answers, learn, type Opened, openLearner, valuesOf } from '../support/tiny-learner.ts';

const form = { shape: [20], count: 90 };
const tasks = () => [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form)] as const;
const settings = { hidden: [8], latent: 2, samples: 20 };
const training = { epochs: 12, batchSize: 10, optimiser: 'adam', learningRate: 0.02 } as const;

async function open(
  change: (method: Method) => Method = (method) => method,
  over = tasks(),
): Promise<Opened> {
  const { method } = await loadMethod('generative-classifier');
  return openLearner({ method: change(method), tasks: over, settings, training });
}

async function accuracies(opened: Opened, after: number): Promise<number[]> {
  const found: number[] = [];
  for (const { test, index } of opened.stream.tasks) {
    const given = await answers(opened, test as ReturnType<typeof madeUpTask>['test'], index, after);
    found.push(given.filter((answer, row) => answer === test.labels[row]).length / given.length);
  }
  return found;
}

describe('the generative classifier', () => {
  it('learns classes one after another and forgets none', async () => {
    const over = tasks();
    const opened = await open(undefined, over);
    await learn(opened, 1);
    const [first] = await accuracies(opened, 1);
    const early = await answers(opened, over[1].test, 2, 1);
    expect(early.every((answer) => answer < 2)).toBe(true);
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 2);
    const [still, second] = await accuracies(opened, 2);
    expect(first).toBeGreaterThan(0.9);
    expect(still).toBeGreaterThan(0.85);
    expect(second).toBeGreaterThan(0.85);
    const after = valuesOf(opened.learner.parameters);
    for (const [name, values] of Object.entries(before)) expect(after[name]).toEqual(values);
  });

  it('has an autoencoder for each class and nothing else: no backbone, nothing that is trained between tasks', async () => {
    const opened = await open();
    expect(opened.learner.parameters).toEqual({});
    await learn(opened, 1);
    await learn(opened, 2);
    // 20 → 8 → 2 and 2 → 8 → 20, weights and biases but for that of the log-variance.
    const one = 20 * 8 + 8 + 2 * (8 * 2) + 2 + (2 * 8 + 8) + (8 * 20 + 20);
    expect(opened.learner.totalParameters).toBe(4 * one);
    expect(opened.learner.trainableParameters).toBe(0);
    expect(opened.learner.keptBytes).toBe(4 * settings.samples * settings.latent);
  });

  it('is trained on as many rows of each class in every batch, class after class', async () => {
    const batches: string[] = [];
    const opened = await open((method) => ({
      ...method,
      composeBatch(rows, context) {
        method.composeBatch?.(rows, context);
        batches.push(rows.own.map(({ examples, row }) => examples.labels[row]).join(''));
      },
    }));
    await learn(opened, 1);
    expect(new Set(batches)).toEqual(new Set(['0000011111']));
    expect(batches).toHaveLength((12 * 45) / 5);
  });

  it('trains each class with the others as it would alone', async () => {
    const { method } = await loadMethod('generative-classifier');
    // With the same noise for every row, and whole classes as batches, the order of examples does not matter.
    const quiet: Method = {
      ...method,
      composeBatch(_rows, { extra }) {
        extra.noise?.data.fill(0.5);
      },
    };
    const [both] = tasks();
    const { train } = both;
    const ofOne = train.picked([...train.labels.keys()].filter((row) => train.labels[row] === 1));
    const trained = async (task: ListedTask, batchSize: number) => {
      const whole = { ...training, batchSize };
      const opened = await openLearner({ method: quiet, tasks: [task], settings, training: whole });
      await learn(opened, 1);
      return valuesOf(opened.learner.parameters);
    };
    const together = await trained(both, 90);
    const alone = await trained({ ...both, outputs: [1], train: ofOne }, 45);
    expect(Object.keys(alone)).toHaveLength(9);
    for (const [name, values] of Object.entries(alone)) expectClose(together[name] ?? [], values, 1e-4);
  });
});
