import { describe, expect, it } from 'vitest';
import { featuresOf } from '../../harness/train/features.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { type ListedTask, madeUpTask, twoTasks } from '../support/tiny-data.ts';
import { answers, learn, openLearner, valuesOf } from '../support/tiny-learner.ts';

/** More examples than a batch of features has rows. */
const many = { count: 150 };

describe('nearest class mean', () => {
  it('keeps the mean feature of each class, and changes no weight', async () => {
    const { method } = await loadMethod('ncm');
    const tasks = twoTasks(many);
    const opened = await openLearner({ method, tasks });
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    expect(valuesOf(opened.learner.parameters)).toEqual(before);
    expect(opened.learner.step).toBe(0);

    const { data, shape } = await featuresOf(opened.learner, tasks[0]);
    const [count, width] = shape as [number, number];
    expect([count, width]).toEqual([150, 6]);
    for (const label of [0, 1]) {
      const rows = Array.from({ length: count }, (_, row) => row).filter(
        (row) => tasks[0].train.labels[row] === label,
      );
      for (let at = 0; at < width; at++) {
        const sum = rows.reduce((total, row) => total + (data[row * width + at] as number), 0);
        expect(opened.learner.kept.means?.data[label * width + at]).toBeCloseTo(sum / rows.length, 5);
      }
    }
  });

  it('takes the mean over all tasks that a class comes in, whatever their order', async () => {
    const { method } = await loadMethod('ncm');
    const shape = { shape: [2], count: 40 };
    const tasks = [madeUpTask(1, [0, 1], shape), madeUpTask(2, [1, 2], { ...shape, count: 70 })] as const;
    const means = async (order: readonly ListedTask[]): Promise<readonly number[]> => {
      const opened = await openLearner({
        method,
        tasks: order.map((task, at) => ({ ...task, index: at + 1 })),
      });
      for (const at of order.keys()) await learn(opened, at + 1);
      return [...(opened.learner.kept.means?.data ?? [])];
    };
    const [forward, backward] = [await means(tasks), await means([tasks[1], tasks[0]])];
    expect(forward.some((value) => value !== 0)).toBe(true);
    forward.forEach((value, at) => {
      expect(value).toBeCloseTo(backward[at] as number, 5);
    });
  });

  it('answers with the class whose mean has the smallest angle to the features', async () => {
    const { method } = await loadMethod('ncm');
    const tasks = twoTasks(many);
    const opened = await openLearner({ method, tasks });
    await learn(opened, 1);
    await learn(opened, 2);
    const means = opened.learner.kept.means?.data ?? [];
    const { data, shape } = await featuresOf(opened.learner, tasks[1]);
    const width = shape[1] as number;
    const nearest = Array.from({ length: 20 }, (_, row) => {
      const cosines = [0, 1, 2, 3].map((label) => {
        let [product, length, mean] = [0, 0, 0];
        for (let at = 0; at < width; at++) {
          const [x, m] = [data[row * width + at] as number, means[label * width + at] as number];
          product += x * m;
          length += x * x;
          mean += m * m;
        }
        return product / Math.sqrt(length * mean);
      });
      return cosines.indexOf(Math.max(...cosines));
    });
    const examples = tasks[1].train.picked(nearest.map((_, row) => row));
    expect(await answers(opened, examples, 2, 2)).toEqual(nearest);
  });
});

describe('the linear probe', () => {
  it('trains the head alone', async () => {
    const { method } = await loadMethod('linear-probe');
    const opened = await openLearner({ method, tasks: twoTasks() });
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    const changed = Object.entries(valuesOf(opened.learner.parameters)).flatMap(([name, values]) =>
      JSON.stringify(values) === JSON.stringify(before[name]) ? [] : [name],
    );
    expect(changed.sort()).toEqual(['head.bias', 'head.weight']);
  });
});
