import { expect, it } from 'vitest';
import { meanCosines } from '../../harness/train/layer-cosines.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { openLearner } from '../support/tiny-learner.ts';

function cosine(x: readonly number[], y: readonly number[]): number {
  const width = Math.min(x.length, y.length);
  const [left, right] = [x.slice(0, width), y.slice(0, width)];
  const product = left.reduce((total, value, index) => total + value * (right[index] ?? 0), 0);
  return product / Math.max(1e-8, Math.hypot(...left) * Math.hypot(...right));
}

it('the mean cosine of a layer’s input and output is what loops give, padding left out', async () => {
  const tasks = twoTasks({ count: 70 });
  const { learner } = await openLearner({
    method: fakeMethod(),
    tasks,
    backbone: { name: 'mlp', hidden: [8, 4] },
  });
  const rows = Array.from({ length: 67 }, (_, row) => 69 - row);
  const [first, second] = learner.backbone.layers;
  if (!first || !second) throw new Error('no layers');
  const found = await meanCosines(learner, tasks[0], rows, [second, first]);
  const sums = [0, 0];
  for (const row of rows) {
    let x = [...(tasks[0].train.inputs[row] ?? [])];
    for (const [index, { name, inputs, outputs }] of [first, second].entries()) {
      const weight = learner.parameter(`${name}.weight`).data;
      const bias = learner.parameter(`${name}.bias`).data;
      const y = Array.from({ length: outputs }, (_, output) =>
        x.reduce(
          (total, value, input) => total + value * (weight[output * inputs + input] ?? 0),
          bias[output] ?? 0,
        ),
      );
      sums[index] = (sums[index] ?? 0) + cosine(x, y);
      x = y.map((value) => Math.max(0, value));
    }
  }
  const right = sums.map((sum) => sum / rows.length);
  expect(found[0]).toBeCloseTo(right[1] ?? 0, 5);
  expect(found[1]).toBeCloseTo(right[0] ?? 0, 5);
});
