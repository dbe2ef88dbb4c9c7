import { add, mean, mul, type Scalar, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { copyOf, scalar, zeros } from '../../harness/engine/tensor.ts';
import { ExampleMemory } from '../../harness/train/example-memory.ts';
import type { Method } from '../../harness/train/method.ts';
import { classificationLoss } from '../../harness/train/model-programs.ts';
import { expectClose } from '../support/closeness.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { ListedExamples, madeUpTask, twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const linear = {
  backbone: { name: 'mlp', hidden: [] },
  training: { updates: 1, learningRate: 0.2, batchSize: 4 },
};

/** Adds the first rows of the second task to each batch of the first. */
function adding(other: ListedExamples, count: number, weight: number, more: Partial<Method> = {}): Method {
  return fakeMethod({
    extraRows: () => count,
    composeBatch(rows) {
      rows.add(
        Array.from({ length: count }, (_, row) => ({ examples: other, row, task: 2 })),
        weight,
      );
    },
    ...more,
  });
}

describe('rows that a method adds', () => {
  it('count by their weights, also behind a batch that is not full', async () => {
    const [first, second] = twoTasks({ count: 3 });
    const twice = { ...linear, tasks: [first, second], training: { ...linear.training, batchSize: 3 } };
    const opened = await openLearner({ ...twice, method: adding(second.train, 2, 3) });
    const { learner } = opened;
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await trainOn(opened, 1);
    const [a, b] = [0, 1].map((row) => second.train.inputs[row] ?? []) as [number[], number[]];
    const union = new ListedExamples(
      [...first.train.inputs, a, a, a, b, b, b],
      [...first.train.labels, ...[0, 0, 0, 1, 1, 1].map((row) => second.train.labels[row] ?? -1)],
      [5],
    );
    expectClose(learner.parameter('head.weight').data, descend(model, union, 0.2).weight.flat(), 1e-6);
  });

  it('are not in the loss where the method wants them apart, but their gradients can be had', async () => {
    const [first, second] = twoTasks({ count: 4 });
    const apart = { addedRows: 'apart' } as const;
    const plain = await openLearner({ ...linear, tasks: [first, second], method: fakeMethod() });
    const unseen = await openLearner({
      ...linear,
      tasks: [first, second],
      method: adding(second.train, 2, 1, apart),
    });
    await trainOn(plain, 1);
    await trainOn(unseen, 1);
    expectClose(
      unseen.learner.parameter('head.weight').data,
      plain.learner.parameter('head.weight').data,
      1e-6,
    );
    const method = adding(second.train, 2, 1, {
      ...apart,
      gradients: (_own, _scope, gradientsOf) =>
        gradientsOf(({ forward, added }) =>
          added ? classificationLoss(forward(added), added) : (sum([0]) as Scalar),
        ),
    });
    const opened = await openLearner({ ...linear, tasks: [first, second], method });
    const { learner } = opened;
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await trainOn(opened, 1);
    const right = descend(model, second.train.picked([0, 1]), 0.2);
    expectClose(learner.parameter('head.weight').data, right.weight.flat(), 1e-6);
  });

  it('are told from the own ones also where a task before had as many rows in all', async () => {
    const [first, second] = twoTasks({ count: 6 });
    const short = madeUpTask(2, [2, 3], { shape: [5], count: 4 });
    const method = (added: (task: number) => number): Method =>
      fakeMethod({
        addedRows: 'apart',
        extraRows: (_learner, { index }) => added(index),
        composeBatch(rows, { task }) {
          rows.add(
            Array.from({ length: added(task.index) }, (_, row) => ({ examples: second.train, row, task: 2 })),
            1,
          );
        },
      });
    const options = { ...linear, tasks: [first, short], training: { ...linear.training, batchSize: 6 } };
    // Six rows and two, then four and four.
    const opened = await openLearner({ ...options, method: method((task) => 2 * task) });
    await trainOn(opened, 1);
    await trainOn(opened, 2);
    const plain = await openLearner({ ...options, method: method(() => 0) });
    await trainOn(plain, 1);
    await trainOn(plain, 2);
    expectClose(
      opened.learner.parameter('head.weight').data,
      plain.learner.parameter('head.weight').data,
      1e-6,
    );
  });

  it('of each pass are added to the training set', async () => {
    const [first, second] = twoTasks({ count: 10 });
    const seen: number[] = [];
    const method = fakeMethod({
      addedExamples: (_learner, task) =>
        task.index === 1 ? [] : [0, 1, 2].map((row) => ({ examples: first.train, row, task: 1 })),
      composeBatch: ({ rows }) => {
        seen.push(...rows.map(({ task }) => task));
      },
    });
    const opened = await openLearner({
      method,
      tasks: [first, second],
      training: { epochs: 2, batchSize: 4 },
    });
    await trainOn(opened, 1);
    expect(seen).toHaveLength(20);
    await trainOn(opened, 2);
    expect(seen.filter((task) => task === 1)).toHaveLength(20 + 6);
    expect(seen.filter((task) => task === 2)).toHaveLength(20);
  });
});

describe('what lasts for one task', () => {
  it('temporary tensors are seen and replaced by programs, and gone after the task', async () => {
    const counts: number[][] = [];
    const method = fakeMethod({
      prepare: (learner) => {
        learner.kept.total = scalar(0);
      },
      beginTask: (learner) => {
        learner.temporary.steps = scalar(0);
      },
      afterStep: (_updated, { kept, temporary }) => ({
        steps: add(temporary.steps as Tensor, 1),
        total: add(kept.total as Tensor, temporary.steps as Tensor),
      }),
      endTask: ({ temporary, keptBytes }) => {
        counts.push([keptBytes, ...(temporary.steps?.data ?? [])]);
      },
    });
    const opened = await openLearner({ method, tasks: twoTasks(), training: { updates: 11 } });
    await learn(opened, 1);
    expect(opened.learner.temporary).toEqual({});
    await learn(opened, 2);
    expect(counts).toEqual([
      [4, 0],
      [4, 0],
    ]);
    expect(valuesOf(opened.learner.kept).total).toEqual([2 * 55]);
  });

  it('a teacher is the model with other weights', async () => {
    const method = fakeMethod({
      beginTask: (learner) => {
        for (const name of learner.trainable) learner.temporary[name] = copyOf(learner.parameter(name));
      },
      loss: (outputs, batch, { forward, temporary }) =>
        add(
          classificationLoss(outputs, batch),
          mul(100, mean(square(sub(outputs.rawLogits, forward(batch, temporary).rawLogits)))),
        ) as Scalar,
    });
    const tasks = twoTasks();
    const held = await openLearner({ method, tasks, training: { updates: 40, learningRate: 0.003 } });
    const free = await openLearner({
      method: fakeMethod(),
      tasks,
      training: { updates: 40, learningRate: 0.003 },
    });
    const before = valuesOf(held.learner.parameters)['head.bias'] ?? [];
    await learn(held, 1);
    await learn(free, 1);
    const moved = [held, free].map(({ learner }) =>
      Math.max(
        ...(valuesOf(learner.parameters)['head.bias'] ?? []).map((value, at) =>
          Math.abs(value - (before[at] ?? 0)),
        ),
      ),
    ) as [number, number];
    expect(moved[0]).toBeGreaterThan(0);
    expect(moved[0]).toBeLessThan(moved[1] / 2);
  });

  it('between: what was looked at changes the gradients of the same step', async () => {
    const method = fakeMethod({
      beginTask: (learner) => {
        learner.temporary.length = scalar(0);
        learner.temporary.factor = scalar(1);
      },
      gradients: (gradients) => ({ ...gradients, length: sum(square(gradients['head.bias'] as Tensor)) }),
      between: {
        needs: () => ['length'],
        refresh: ({ length }) => ({ factor: scalar(1 / Math.sqrt(length?.data[0] ?? Number.NaN)) }),
        gradients: (gradients, { temporary }) => ({
          'head.bias': mul(gradients['head.bias'] as Tensor, temporary.factor as Tensor),
        }),
      },
    });
    const opened = await openLearner({
      method,
      tasks: twoTasks(),
      training: { updates: 1, learningRate: 0.1 },
    });
    const before = [...opened.learner.parameter('head.bias').data];
    await learn(opened, 1);
    const after = opened.learner.parameter('head.bias').data;
    expect(Math.hypot(...before.map((value, at) => value - (after[at] ?? 0)))).toBeCloseTo(0.1, 5);
  });

  it('between: what is looked at may differ from step to step', async () => {
    const seen: string[] = [];
    const method = fakeMethod({
      between: {
        needs: (_learner, { iteration }) => [iteration % 2 === 0 ? 'head.bias' : 'head.weight'],
        refresh: (shown) => {
          seen.push(...Object.entries(shown).map(([name, { shape }]) => `${name} ${shape.join(' ')}`));
          return {};
        },
      },
    });
    const backbone = { name: 'mlp', hidden: [] } as const;
    await learn(await openLearner({ method, tasks: twoTasks(), backbone, training: { updates: 4 } }), 1);
    expect(seen).toEqual(['head.bias 4', 'head.weight 4 5', 'head.bias 4', 'head.weight 4 5']);
  });

  it.each(['sgd', 'adam'] as const)(
    'between: a parameter that gradients leaves out stays as it is with %s, decay and all',
    async (optimiser) => {
      const method = fakeMethod({
        gradients: ({ 'head.weight': _left, ...others }) => others,
        between: { needs: () => ['head.bias'], refresh: () => ({}) },
      });
      const training = { updates: 4, optimiser, weightDecay: 0.1 } as const;
      const opened = await openLearner({ method, tasks: twoTasks(), training });
      const before = valuesOf(opened.learner.parameters);
      await learn(opened, 1);
      const after = valuesOf(opened.learner.parameters);
      expect(after['head.weight']).toEqual(before['head.weight']);
      expect(after['head.bias']).not.toEqual(before['head.bias']);
    },
  );

  it('extra inputs are fed at each step, several steps to a call too', async () => {
    let step = 0;
    const method = fakeMethod({
      prepare: (learner) => {
        learner.kept.seen = zeros([2]);
      },
      extraInputs: (_learner, _task, rows) => ({ noise: { shape: [rows, 2], dtype: 'float32' } }),
      composeBatch: (_rows, { extra }) => {
        extra.noise?.data.fill(++step);
      },
      afterStep: (_updated, { kept, extra }) => ({
        seen: add(kept.seen as Tensor, mul(sum(extra.noise as Tensor, 0), 1 / 8)),
      }),
    });
    const opened = await openLearner({ method, tasks: twoTasks(), training: { updates: 11 } });
    await learn(opened, 1);
    expect(valuesOf(opened.learner.kept).seen).toEqual([66, 66]);
  });
});

describe('a memory', () => {
  it('that is replaced by some of its own and some new examples holds these', () => {
    const [first, second] = twoTasks({ count: 8 });
    const memory = new ExampleMemory(100, first.train);
    memory.replaceBy([5, 6, 7].map((row) => ({ examples: first.train, row, task: 1 })));
    memory.replaceBy([memory.at(2), { examples: second.train, row: 1, task: 2 }, memory.at(0)]);
    expect([...memory.tasks]).toEqual([1, 2, 1]);
    const values = new Float32Array(15);
    memory.readStored([0, 1, 2], values);
    const right = [first.train.inputs[7], second.train.inputs[1], first.train.inputs[5]].flatMap(
      (row) => row ?? [],
    );
    expectClose(values, right, 1e-6);
    expect(memory.places((task) => task === 1)).toEqual([0, 2]);
    expect(memory.bytes).toBe(3 * (5 * 4 + 8));
  });
});
