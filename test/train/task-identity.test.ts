import { describe, expect, it } from 'vitest';
import type { Batch } from '../../harness/train/method.ts';
import { classificationLoss } from '../../harness/train/model-programs.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { answers, learn, openLearner } from '../support/tiny-learner.ts';

describe.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
])('where task identity is given in training: %s, in testing: %s', (train, test) => {
  it('a batch has it there and nowhere else', async () => {
    const known: { training?: boolean; testing?: boolean; labelsInTesting?: boolean } = {};
    const method = fakeMethod({
      loss(outputs, batch) {
        known.training = batch.tasks !== undefined;
        return classificationLoss(outputs, batch);
      },
      predict({ logits }, batch) {
        known.testing = batch.tasks !== undefined;
        known.labelsInTesting = (batch as Batch).labels !== undefined;
        return logits;
      },
    });
    const tasks = twoTasks();
    const kind = test ? 'task-incremental' : 'class-incremental';
    const opened = await openLearner({ method, tasks, scenario: { kind, taskIdentity: { train, test } } });
    await learn(opened, 1);
    await answers(opened, tasks[0].test, 1, 1);
    expect(known).toEqual({ training: train, testing: test, labelsInTesting: false });
  });
});
