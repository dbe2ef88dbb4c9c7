import { describe, expect, it } from 'vitest';
import { zeros } from '../../harness/engine/tensor.ts';
import { trainTask } from '../../harness/train/loop/train-task.ts';
import type { Method } from '../../harness/train/method.ts';
import { expectClose } from '../support/closeness.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { descend, type LinearModel, linearModel } from '../support/linear-model.ts';
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

  it.each([
    // m ← 0.9 m + g, and a step of m.
    ['sgd', { momentum: 0.9 }, (first: number, second: number) => 0.9 * first + second],
    [
      'adam',
      {},
      (first: number, second: number) => {
        const mean = (0.9 * 0.1 * first + 0.1 * second) / (1 - 0.9 ** 2);
        const square = (0.999 * 0.001 * first ** 2 + 0.001 * second ** 2) / (1 - 0.999 ** 2);
        return mean / (Math.sqrt(square) + 1e-8);
      },
    ],
  ] as const)('has %s go on from the moments of the task before', async (optimiser, settings, stepOf) => {
    const learningRate = 0.1;
    const tasks = twoTasks();
    const opened = await openLearner({
      method: fakeMethod(),
      tasks,
      backbone: { name: 'mlp', hidden: [] },
      training: { optimiser, ...settings, learningRate, updates: 1, batchSize: 24, optimiserState: 'keep' },
    });
    const model = (): LinearModel =>
      linearModel(opened.learner.parameter('head.weight').data, opened.learner.parameter('head.bias').data);
    const flat = ({ weight, bias }: LinearModel): number[] => [...weight.flat(), ...bias];
    const gradient = (index: 0 | 1): number[] => {
      const after = flat(descend(model(), tasks[index].train, 1));
      return flat(model()).map((value, at) => value - (after[at] ?? 0));
    };
    const first = gradient(0);
    await learn(opened, 1);
    const [before, second] = [flat(model()), gradient(1)];
    await learn(opened, 2);
    const found = flat(model()).map((value, at) => (before[at] ?? 0) - value);
    const right = first.map((value, at) => learningRate * stepOf(value, second[at] ?? 0));
    expectClose(found, right, 1e-5);
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

  const looks: Partial<Method> = { between: { needs: () => ['head.bias'], refresh: () => ({}) } };
  it.each([
    ['in one program', {}],
    ['in two halves', looks],
  ])(
    'is counted anew for a parameter that is set anew: its first step %s is a first step',
    async (_, hooks) => {
      const training = { ...adam, updates: 20 };
      const opened = await openLearner({ method: fakeMethod(hooks), tasks: twoTasks(), training });
      const { learner, engine, stream } = opened;
      await learn(opened, 1);
      const before = valuesOf(learner.parameters)['head.weight'] ?? [];
      learner.setParameter('head.bias', zeros([4]));
      const [, task] = stream.tasks;
      if (!task) throw new Error('There is no second task.');
      const once = { ...stream.scenario.training, updates: 1 };
      await trainTask({ learner, engine, training: once, task: { ...task, index: 2 }, past: [] }, () => {});
      expect(learner.momentStarts).toEqual({ 'head.bias': 20 });
      const after = valuesOf(learner.parameters);
      // A first step of Adam is as long as the learning rate, whatever the gradient;
      // a later one with moments at 0 would be 0.0054.
      for (const bias of after['head.bias'] ?? []) expect(Math.abs(bias)).toBeCloseTo(0.01, 5);
      // The others' moments are as they were, so their steps are not.
      const moved = before.map((weight, at) => Math.abs(weight - (after['head.weight']?.[at] ?? weight)));
      expect(Math.min(...moved)).toBeLessThan(0.009);
      await learn(opened, 2);
      expect(learner.momentStarts).toEqual({ 'head.bias': 20 });
      expect(learner.step).toBe(41);
    },
  );

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
