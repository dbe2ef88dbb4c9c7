import { div, log, mul, type Scalar, sub, sum } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../harness/errors.ts';
import { fakeMethod } from '../../support/fake-method.ts';
import { twoTasks } from '../../support/tiny-data.ts';
import { openLearner, trainOn } from '../../support/tiny-learner.ts';

describe('training that diverges', () => {
  it('ends with an error that says where, and what to try', async () => {
    const opened = await openLearner({
      method: fakeMethod({ loss: (outputs) => mul(sum(mul(outputs.rawLogits, outputs.rawLogits)), 1e6) }),
      tasks: twoTasks(),
      training: { updates: 30 },
    });
    const failure = trainOn(opened, 1);
    await expect(failure).rejects.toThrow(UserError);
    await expect(failure).rejects.toThrow(
      /^Training of fake diverged: the loss is (NaN|Infinity) at update \d+ of task 1\. Lower the learning rate/,
    );
  });

  it('is seen after the last step too', async () => {
    const opened = await openLearner({
      method: fakeMethod({
        gradients: (gradients) =>
          Object.fromEntries(
            Object.entries(gradients).map(([name, value]) => [name, div(value, sub(value, value))]),
          ),
      }),
      tasks: twoTasks(),
      training: { updates: 1 },
    });
    await expect(trainOn(opened, 1)).rejects.toThrow(/holds (NaN|-?Infinity) at update 1 of task 1/);
  });

  it('counts the update within the task', async () => {
    const opened = await openLearner({
      method: fakeMethod({ loss: ({ rawLogits }) => log(mul(sum(mul(rawLogits, 0)), -1)) as Scalar }),
      tasks: twoTasks(),
      training: { updates: 20 },
    });
    await expect(trainOn(opened, 1)).rejects.toThrow('at update 1 of task 1');
  });
});
