import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { type ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { logitsOf, openLearner, trainOn } from '../support/tiny-learner.ts';

const plain = { backbone: { name: 'mlp', hidden: [] } };

describe.each(['der', 'der++'])('%s', (name) => {
  it('stores the logits from before the update of the step in which the example came', async () => {
    const { method } = await loadMethod(name);
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 8 }),
      settings: { memory: 8, replayBatch: 4 },
      training: { updates: 1, batchSize: 8, learningRate: 0.5 },
    });
    const [first] = opened.stream.tasks;
    if (!first) throw new Error('no task');
    const before = await logitsOf(opened, first.train as ListedExamples);
    const weight = opened.learner.parameter('head.weight').data.slice();
    await trainOn(opened, 1);
    expect(opened.learner.parameter('head.weight').data).not.toEqual(weight);
    const held = heldExamples(opened);
    const right = held.inputs.flatMap((input) => {
      const row = (first.train as ListedExamples).inputs.findIndex(
        (other) => Math.fround(other[0] ?? 0) === input[0],
      );
      return before.slice(4 * row, 4 * row + 4);
    });
    expectClose(opened.learner.kept.logits?.data ?? [], right, 1e-5);
  });

  it('descends cross-entropy and the distance to stored logits, and only der++ replayed labels', async () => {
    const { method } = await loadMethod(name);
    const settings = { memory: 6, replayBatch: 6, alpha: 0.7, ...(name === 'der++' && { beta: 0.4 }) };
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 6 }),
      settings,
      training: { updates: 1, batchSize: 6, learningRate: 0.3 },
    });
    const { learner, stream } = opened;
    await trainOn(opened, 1);
    const stored = [...(learner.kept.logits?.data ?? [])];
    const held = heldExamples(opened);
    const second = stream.tasks[1]?.train as ListedExamples;
    const bias = [...learner.parameter('head.bias').data];
    // The gradient by the head's bias, worked out by hand: all six stored examples are in each draw.
    const gradient = [0, 0, 0, 0];
    const addErrors = (examples: ListedExamples, logits: readonly number[], share: number): void => {
      examples.inputs.forEach((_, row) => {
        const own = logits.slice(4 * row, 4 * row + 4);
        const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
        own.forEach((logit, output) => {
          const error = Math.exp(logit) / total - (examples.labels[row] === output ? 1 : 0);
          gradient[output] = (gradient[output] ?? 0) + (share * error) / 6;
        });
      });
    };
    addErrors(second, await logitsOf(opened, second), 1);
    const now = await logitsOf(opened, held);
    now.forEach((logit, at) => {
      gradient[at % 4] = (gradient[at % 4] ?? 0) + (0.7 * 2 * (logit - (stored[at] ?? 0))) / 4 / 6;
    });
    if (name === 'der++') addErrors(held, now, 0.4);
    await trainOn(opened, 2);
    const right = bias.map((value, output) => value - 0.3 * (gradient[output] ?? 0));
    expectClose(learner.parameter('head.bias').data, right, 1e-5);
  });

  it('keeps logits in step with the reservoir when several rows meet in a place', async () => {
    const { method } = await loadMethod(name);
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 60 }),
      settings: { memory: 3, replayBatch: 2 },
      training: { epochs: 2, batchSize: 20, learningRate: 1e-9 },
    });
    await trainOn(opened, 1);
    await trainOn(opened, 2);
    expectClose(opened.learner.kept.logits?.data ?? [], await logitsOf(opened, heldExamples(opened)), 1e-5);
  });
});
