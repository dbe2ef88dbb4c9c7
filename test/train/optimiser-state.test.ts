import { describe, expect, it } from 'vitest';
import { zeros } from '../../harness/engine/tensor.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, valuesOf } from '../support/tiny-learner.ts';

const adam = { optimiser: 'adam', learningRate: 0.01 } as const;

describe('what the optimiser remembers', () => {
  it('is carried from task to task where the scenario says keep', async () => {
    const opened = await openLearner({
      method: fakeMethod(),
      tasks: twoTasks(),
      training: { ...adam, optimiserState: 'keep' },
    });
    await learn(opened, 1);
    expect(opened.learner.step).toBe(3);
    await learn(opened, 2);
    expect(opened.learner.step).toBe(6);
  });

  it('is forgotten before each task where it says reset', async () => {
    const options = { tasks: twoTasks(), training: { ...adam, optimiserState: 'reset' } } as const;
    const opened = await openLearner({ ...options, method: fakeMethod() });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(opened.learner.step).toBe(3);
    const forgetful = fakeMethod({ beginTask: (learner) => learner.forgetMoments() });
    const same = await openLearner({
      ...options,
      method: forgetful,
      training: { ...adam, optimiserState: 'keep' },
    });
    await learn(same, 1);
    await learn(same, 2);
    expect(valuesOf(same.learner.parameters)).toEqual(valuesOf(opened.learner.parameters));
  });

  it('is lost for a parameter that is set anew, and for no other', async () => {
    const { learner, ...rest } = await openLearner({
      method: fakeMethod(),
      tasks: twoTasks(),
      training: adam,
    });
    await learn({ learner, ...rest }, 1);
    const before = valuesOf(learner.moments);
    learner.setParameter('head.bias', zeros([4]));
    const lost = Object.keys(before).filter((name) => !(name in learner.moments));
    expect(lost.sort()).toEqual(['firstMoment.head.bias', 'secondMoment.head.bias']);
  });

  it('lets go of parameters that are trained no more', async () => {
    const method = fakeMethod({
      beginTask: (learner, { index }) => {
        if (index === 2) learner.trainable.delete('head.bias');
      },
    });
    const opened = await openLearner({ method, tasks: twoTasks(), training: adam });
    await learn(opened, 1);
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 2);
    expect(Object.keys(opened.learner.moments)).not.toContain('firstMoment.head.bias');
    expect(valuesOf(opened.learner.parameters)['head.bias']).toEqual(before['head.bias']);
  });
});
