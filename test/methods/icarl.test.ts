import { expect, it } from 'vitest';
import { featuresOf } from '../../harness/train/features.ts';
import { herd, meanOf, unitVector } from '../../harness/train/herding.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner } from '../support/tiny-learner.ts';

it('herds features of length 1 towards their mean at length 1, and answers by that of the chosen ones', async () => {
  const { method } = await loadMethod('icarl');
  const tasks = twoTasks({ count: 60 });
  const opened = await openLearner({ method, tasks, settings: { memory: 12 } });
  await learn(opened, 1);
  const { data, shape } = await featuresOf(opened.learner, tasks[0]);
  const width = shape[1] as number;
  for (const label of [0, 1]) {
    const own = [...tasks[0].train.labels].flatMap((of, row) =>
      of === label ? [unitVector(Float32Array.from(data.slice(row * width, (row + 1) * width)))] : [],
    );
    const target = unitVector(meanOf(own, width));
    const chosen = herd(own, 12, target);
    // The plain mean is shorter than any feature, and another target.
    expect(chosen).not.toEqual(herd(own, 12));
    const mean = unitVector(
      meanOf(
        chosen.map((place) => own[place] as Float32Array),
        width,
      ),
    );
    const kept = opened.learner.kept.means?.data.slice(label * width, (label + 1) * width) ?? [];
    [...kept].forEach((value, at) => {
      expect(value).toBeCloseTo(mean[at] as number, 5);
    });
  }
});
