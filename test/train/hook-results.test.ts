import { mul, ones, type Scalar, scalar, slice, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { zeros } from '../../harness/engine/tensor.ts';
import { UserError } from '../../harness/errors.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import type { Method } from '../../harness/train/method.ts';
import { classificationLoss } from '../../harness/train/model-programs.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { answers, learn, openLearner } from '../support/tiny-learner.ts';

const tasks = twoTasks();

/** Trains on a task and predicts. */
async function run(hooks: Partial<Method>): Promise<void> {
  const opened = await openLearner({ method: fakeMethod(hooks), tasks, training: { updates: 2 } });
  await learn(opened, 1);
  await answers(opened, tasks[0].test, 1, 1);
}

/** Types of a method's file are not checked when it runs. */
const wrong = (value: unknown): never => value as never;

describe('what a hook returns', () => {
  const faults: [string, Partial<Method>, string][] = [
    [
      'a loss for each row',
      { loss: ({ rawLogits }, { labels }) => wrong(crossEntropyPerExample(rawLogits, labels)) },
      'loss of fake returned a tensor of shape [',
    ],
    ['no loss', { loss: () => wrong(undefined) }, 'loss of fake returned nothing; it must return a scalar'],
    ['no gradients', { gradients: () => wrong(undefined) }, 'gradients of fake returned nothing'],
    [
      'a gradient of another shape',
      { gradients: (gradients) => ({ ...gradients, 'head.bias': scalar(1) }) },
      'gradients of fake returned a tensor of shape [] for head.bias, whose shape is [4]',
    ],
    [
      'a gradient of nothing',
      { gradients: (gradients) => ({ ...gradients, 'head.bais': ones([4]) }) },
      'gradients of fake returned a gradient of "head.bais", which is no trained parameter',
    ],
    [
      'one answer for each row',
      { predict: ({ logits }) => slice(logits as Tensor, [0, 0], [-1, 1]) },
      'predict of fake returned a tensor of shape [',
    ],
    [
      'logits that are no numbers',
      { predict: ({ logits }) => mul(logits, Number.NaN) },
      'Predictions of fake are not numbers: after 1 tasks, examples of task 1 have logits that are NaN',
    ],
    [
      'a word for pooling that there is not',
      { pooling: () => wrong({ batches: 'clases' }) },
      'pooling of fake returned batches: "clases", which must be one of one, each, classes.',
    ],
    [
      'another property of pooling',
      { pooling: () => wrong({ batch: 'each' }) },
      'pooling of fake returned batch: "each", which means nothing.',
    ],
    [
      'a trained parameter that the model has not',
      { prepare: ({ trainable }) => void trainable.add('head.weigth') },
      'fake trains "head.weigth", which the model has not. Did you mean "head.weight"?',
    ],
    [
      'nothing to train',
      { prepare: ({ trainable }) => trainable.clear() },
      'fake trains nothing in this task',
    ],
    [
      'a trained parameter that the loss does not use',
      {
        prepare: (learner) => {
          learner.setParameter('idle', zeros([1]));
          learner.trainable.add('idle');
        },
      },
      'A trained parameter of fake plays no part in its loss. Trained are ',
    ],
    [
      'a parameter under a name that programs use',
      { prepare: (learner) => learner.setParameter('labels', zeros([1])) },
      'A parameter cannot be called "labels": programs use that name. Call it otherwise, e.g. "fake.labels".',
    ],
    [
      'a parameter that looks like a group of them',
      { prepare: (learner) => learner.setParameter('kept.fisher', zeros([1])) },
      'A parameter cannot be called "kept.fisher"',
    ],
  ];

  it.each(faults)('is refused: %s', async (_fault, hooks, message) => {
    const failure = run(hooks);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it('is taken where it fits', async () => {
    await run({
      loss: (outputs, batch) => mul(classificationLoss(outputs, batch), 2) as Scalar,
      gradients: (gradients) => gradients,
      predict: ({ logits }) => mul(logits, sum(ones([2]))),
    });
  });
});

it('a role of seeds that there is not is refused: its numbers would be the same for every seed', async () => {
  const { learner } = await openLearner({ method: fakeMethod(), tasks });
  expect(() => learner.random(wrong('memory'))).toThrow('There is no seed role "memory". Roles are: ');
});
