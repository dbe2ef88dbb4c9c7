import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { type ListedExamples, madeUpTask, twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, openLearner, trainOn } from '../support/tiny-learner.ts';

const plain = { backbone: { name: 'mlp', hidden: [] } };

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

describe('function distance regularisation', () => {
  it('keeps with each example the logits from the end of its task, also when others lose their place', async () => {
    const { method } = await loadMethod('fdr');
    const form = { shape: [5], count: 12 };
    const opened = await openLearner({
      ...plain,
      method,
      tasks: [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form), madeUpTask(3, [0, 3], form)],
      settings: { memory: 7, replayBatch: 4 },
      training: { learningRate: 0.3 },
    });
    const known = new Map<string, number[]>();
    for (const index of [1, 2, 3]) {
      await learn(opened, index);
      const held = heldExamples(opened);
      const now = await logitsOf(opened, held);
      const stored = [...(opened.learner.kept.logits?.data ?? [])];
      expect(stored).toHaveLength(now.length);
      held.inputs.forEach((input, row) => {
        const of = (values: readonly number[]): number[] => values.slice(4 * row, 4 * row + 4);
        const right = known.get(String(input)) ?? of(now);
        known.set(String(input), right);
        expectClose(of(stored), right, 1e-6);
      });
    }
    expect([...(opened.learner.memory?.tasks ?? [])]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('takes a step on the batch, and from there one on the distance to the stored answers', async () => {
    const { method } = await loadMethod('fdr');
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 6 }),
      settings: { memory: 6, replayBatch: 6, strength: 0.7 },
      training: { updates: 1, batchSize: 6, learningRate: 0.3 },
    });
    const { learner, stream } = opened;
    await learn(opened, 1);
    const answers = heldExamples(opened);
    const stored = [...(learner.kept.logits?.data ?? [])];
    const model = () =>
      linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    const ahead = descend(model(), stream.tasks[1]?.train as ListedExamples, 0.3);
    const distanceAt = (bias: readonly number[]): number =>
      answers.inputs.reduce((total, input, row) => {
        const logits = ahead.weight.map(
          (row, output) =>
            (bias[output] ?? 0) + row.reduce((sum, value, at) => sum + value * (input[at] ?? 0), 0),
        );
        const then = softmax(stored.slice(4 * row, 4 * row + 4));
        return total + Math.hypot(...softmax(logits).map((value, at) => value - (then[at] ?? 0))) / 6;
      }, 0);
    const right = ahead.bias.map((value, output) => {
      const moved = (by: number): number[] => ahead.bias.map((other, at) => other + (at === output ? by : 0));
      const slope = (distanceAt(moved(1e-5)) - distanceAt(moved(-1e-5))) / 2e-5;
      return value - 0.3 * 0.7 * slope;
    });
    await trainOn(opened, 2);
    expectClose(model().bias, right, 1e-5);
    expect(Math.max(...right.map((value, at) => Math.abs(value - (ahead.bias[at] ?? 0))))).toBeGreaterThan(
      1e-3,
    );
  });
});
