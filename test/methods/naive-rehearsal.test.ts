import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn } from '../support/tiny-learner.ts';

describe('naive rehearsal', () => {
  it.each([
    ['four times when it is a bit smaller than a quarter', 5, 4],
    ['once when it is more than half as large', 13, 1],
    ['once when there is room for more than was seen', 100, 1],
  ])('joins the memory to the training set of 24: %s', async (_what, memory, times) => {
    const { method } = await loadMethod('naive-rehearsal');
    const tasks = twoTasks();
    const opened = await openLearner({
      method,
      tasks,
      settings: { memory },
      backbone: { name: 'mlp', hidden: [] },
      // All of it in one batch, so that a step is a pass.
      training: { epochs: 1, batchSize: 48, learningRate: 0.2 },
    });
    const { learner } = opened;
    await learn(opened, 1);
    const held = heldExamples(opened);
    expect(held.count).toBe(Math.min(memory, 24));
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await trainOn(opened, 2);
    const parts = [tasks[1].train, ...Array.from({ length: times }, () => held)];
    const joined = new ListedExamples(
      parts.flatMap(({ inputs }) => inputs),
      parts.flatMap(({ labels }) => [...labels]),
      [5],
    );
    const right = descend(model, joined, 0.2);
    expect(learner.step).toBe(2);
    expectClose(learner.parameter('head.weight').data, right.weight.flat(), 1e-5);
    expectClose(learner.parameter('head.bias').data, right.bias, 1e-5);
  });

  it('is fine-tuning in the first task', async () => {
    const weights = async (name: string): Promise<number[]> => {
      const { method } = await loadMethod(name);
      const opened = await openLearner({ method, tasks: twoTasks() });
      await learn(opened, 1);
      return [...opened.learner.parameter('head.weight').data];
    };
    expect(await weights('naive-rehearsal')).toEqual(await weights('finetune'));
  });

  it('keeps an equal share of each task', async () => {
    const { method } = await loadMethod('naive-rehearsal');
    const opened = await openLearner({ method, tasks: twoTasks(), settings: { memory: 7 } });
    await learn(opened, 1);
    await learn(opened, 2);
    expect([...(opened.learner.memory?.tasks ?? [])].sort()).toEqual([1, 1, 1, 2, 2, 2]);
  });
});
