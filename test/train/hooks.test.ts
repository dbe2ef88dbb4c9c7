import { add, onesLike, zerosLike } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { scalar, zeros } from '../../harness/engine/tensor.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

describe('hooks inside the training program', () => {
  it('gradients: what it returns is what the optimiser descends', async () => {
    const method = fakeMethod({
      gradients: (gradients) => ({
        ...gradients,
        'head.weight': zerosLike(gradients['head.weight'] ?? zerosLike(0)),
      }),
    });
    const { learner, ...rest } = await openLearner({ method, tasks: twoTasks() });
    const before = valuesOf(learner.parameters);
    await trainOn({ learner, ...rest }, 1);
    expect(valuesOf(learner.parameters)['head.weight']).toEqual(before['head.weight']);
    expect(valuesOf(learner.parameters)['head.bias']).not.toEqual(before['head.bias']);
  });

  it('gradients: a parameter that it leaves out stays as it is', async () => {
    const method = fakeMethod({
      gradients: ({ 'head.weight': _left, ...others }) => others,
    });
    const { learner, ...rest } = await openLearner({ method, tasks: twoTasks() });
    const before = valuesOf(learner.parameters);
    await trainOn({ learner, ...rest }, 1);
    expect(valuesOf(learner.parameters)['head.weight']).toEqual(before['head.weight']);
  });

  it('afterStep: replaces parameters after every step', async () => {
    const method = fakeMethod({
      afterStep: ({ 'head.bias': bias }) => (bias ? { 'head.bias': onesLike(bias) } : {}),
    });
    const { learner, ...rest } = await openLearner({ method, tasks: twoTasks() });
    await trainOn({ learner, ...rest }, 1);
    expect(valuesOf(learner.parameters)['head.bias']).toEqual([1, 1, 1, 1]);
  });

  it('afterStep: replaces the parameter where a kept tensor has its name', async () => {
    const method = fakeMethod({
      prepare: (learner) => {
        learner.kept['head.bias'] = zeros([4]);
      },
      gradients: ({ 'head.bias': _left, ...others }) => others,
      afterStep: ({ 'head.bias': bias }) => (bias ? { 'head.bias': onesLike(bias) } : {}),
    });
    const { learner, ...rest } = await openLearner({ method, tasks: twoTasks() });
    await trainOn({ learner, ...rest }, 1);
    expect(valuesOf(learner.parameters)['head.bias']).toEqual([1, 1, 1, 1]);
    expect(valuesOf(learner.kept)['head.bias']).toEqual([0, 0, 0, 0]);
  });

  it('afterStep: sees the gradients as the optimiser descended them', async () => {
    const method = fakeMethod({
      prepare: (learner) => {
        learner.kept.seen = zeros([4]);
      },
      gradients: (gradients) => ({
        ...gradients,
        'head.bias': onesLike(gradients['head.bias'] ?? zerosLike(0)),
      }),
      afterStep: (_updated, _scope, { 'head.bias': bias }) => (bias ? { seen: bias } : {}),
    });
    const { learner, ...rest } = await openLearner({ method, tasks: twoTasks() });
    await trainOn({ learner, ...rest }, 1);
    expect(valuesOf(learner.kept).seen).toEqual([1, 1, 1, 1]);
  });

  it.each([true, false])('linear: is given the task of each row where that is told (%s)', async (train) => {
    const shapes: unknown[] = [];
    const method = fakeMethod({
      linear: (_layer, _x, base, { tasks }) => {
        shapes.push(tasks?.shape);
        return base();
      },
    });
    const scenario = { taskIdentity: { train, test: false } };
    await trainOn(await openLearner({ method, tasks: twoTasks(), scenario }), 2);
    expect(shapes[0]).toEqual(train ? [8] : undefined);
  });

  it('afterStep: carries kept tensors from step to step and back to the host', async () => {
    const method = fakeMethod({
      prepare: (learner) => {
        learner.kept.steps = scalar(0);
        learner.kept.sum = zeros([4]);
      },
      afterStep: ({ 'head.bias': bias }, { kept: { steps, sum } }) =>
        bias && steps && sum ? { steps: add(steps, 1), sum: add(sum, bias) } : {},
    });
    const opened = await openLearner({ method, tasks: twoTasks(), training: { updates: 11 } });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(valuesOf(opened.learner.kept).steps).toEqual([22]);
    expect(valuesOf(opened.learner.kept).sum).not.toEqual([0, 0, 0, 0]);
    expect(opened.learner.keptBytes).toBe(20);
  });

  it('afterStep: a tensor that nobody holds is an error that names it', async () => {
    const method = fakeMethod({ afterStep: () => ({ 'head.biass': zerosLike(0) }) });
    const opened = await openLearner({ method, tasks: twoTasks() });
    await expect(trainOn(opened, 1)).rejects.toThrow('afterStep of fake returns "head.biass"');
  });

  it('composeBatch: more rows than extraRows announced are an error', async () => {
    const method = fakeMethod({ composeBatch: (rows) => rows.add(rows.rows) });
    const opened = await openLearner({ method, tasks: twoTasks() });
    await expect(trainOn(opened, 1)).rejects.toThrow(
      'A batch has room for 8 rows, but composeBatch made it 16.',
    );
  });

  it('trainingTasks: is given past tasks only if the method says that it needs them', async () => {
    const given: number[] = [];
    const trainingTasks: ReturnType<typeof fakeMethod>['trainingTasks'] = (task, past) => {
      given.push(past.length);
      return [task];
    };
    for (const pastData of [false, true]) {
      const method = fakeMethod({ needs: { pastData }, trainingTasks });
      const opened = await openLearner({ method, tasks: twoTasks() });
      await learn(opened, 2);
    }
    expect(given).toEqual([0, 1]);
  });
});
