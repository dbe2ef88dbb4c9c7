import { describe, expect, it } from 'vitest';
import type { HostTensors } from '../../harness/engine/tensor.ts';
import { diagonalFisher, type FisherLabels } from '../../harness/train/fisher.ts';
import type { Method } from '../../harness/train/method.ts';
import { expectClose } from '../support/closeness.ts';
import { type LinearModel, linearModel, probabilities } from '../support/linear-model.ts';
import { ListedExamples, madeUpTask } from '../support/tiny-data.ts';
import { type LearnerOptions, type Opened, openLearner, trainOn } from '../support/tiny-learner.ts';

const plain: Method = { name: 'plain', version: 1, title: 'Plain', summary: 'Nothing.', settings: {} };
/** Computes the same, but as its own `linear`, so that examples are taken one by one. */
const ownLinear: Method = { ...plain, linear: (_layer, _x, base) => base() };

async function fisherOf(opened: Opened, labels: FisherLabels, rows: readonly number[]): Promise<HostTensors> {
  const [task] = opened.stream.tasks;
  if (!task) throw new Error('There is no task.');
  return diagonalFisher(opened.learner, task, rows, labels);
}

const every = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

describe.each<FisherLabels>(['exact', 'predicted', 'true', 'true-weighted'])(
  'the Fisher information of %s labels',
  (labels) => {
    it('is the same from batches as from single examples', async () => {
      const tasks = [madeUpTask(1, [0, 1, 2], { shape: [4], count: 150 })];
      const options = { tasks, backbone: { name: 'mlp', hidden: [5, 4] } };
      const batched = await fisherOf(await openLearner({ method: plain, ...options }), labels, every(150));
      const single = await fisherOf(await openLearner({ method: ownLinear, ...options }), labels, every(150));
      expect(Object.keys(batched).sort()).toEqual(Object.keys(single).sort());
      for (const [name, { data }] of Object.entries(single))
        expectClose(batched[name]?.data ?? [], data, 1e-5);
    });

    it('is that of a linear model worked out by hand', async () => {
      const inputs = [
        [1, -2],
        [0.5, 3],
        [-1, 0.25],
      ];
      const opened = await openLinear(inputs, [0, 1, 1]);
      const { weight, bias } = byHand(opened, labels, [0, 1]);
      const found = await fisherOf(opened, labels, every(3));
      expectClose(found['head.weight']?.data ?? [], weight, 1e-5);
      expectClose(found['head.bias']?.data ?? [], bias, 1e-5);
    });

    it('knows no output that is not a candidate', async () => {
      const inputs = [
        [1, -2],
        [0.5, 3],
        [-1, 0.25],
      ];
      const scenario = { candidates: { train: 'current', test: 'all' } } as const;
      const opened = await openLinear(inputs, [0, 2, 2], [0, 2], { scenario });
      const { weight, bias } = byHand(opened, labels, [0, 2]);
      const found = await fisherOf(opened, labels, every(3));
      expectClose(found['head.weight']?.data ?? [], weight, 1e-5);
      expectClose(found['head.bias']?.data ?? [], bias, 1e-5);
      expect(found['head.bias']?.data[1]).toBe(0);
    });
  },
);

describe('the Fisher information', () => {
  it('is the mean over the chosen rows only', async () => {
    const opened = await openLearner({
      method: plain,
      tasks: [madeUpTask(1, [0, 1], { shape: [3], count: 9 })],
    });
    const parts = await Promise.all([2, 7, 4].map((row) => fisherOf(opened, 'exact', [row])));
    const together = await fisherOf(opened, 'exact', [2, 7, 4]);
    for (const [name, { data }] of Object.entries(together)) {
      const means = Array.from(data, (_, index) =>
        parts.reduce((sum, part) => sum + (part[name]?.data[index] ?? 0) / 3, 0),
      );
      expectClose(data, means, 1e-5);
    }
  });

  it('may be divided by one less than the number of gradients, but never by 0', async () => {
    const opened = await openLearner({
      method: plain,
      tasks: [madeUpTask(1, [0, 1], { shape: [3], count: 9 })],
    });
    const [task] = opened.stream.tasks;
    if (!task) throw new Error('There is no task.');
    const less = { together: 1, perExample: false, divisor: 'count-minus-one' } as const;
    for (const [rows, factor] of [
      [[0, 3, 5, 6], 4 / 3],
      [[2], 1],
    ] as const) {
      const usual = await fisherOf(opened, 'true', rows);
      const found = await diagonalFisher(opened.learner, task, rows, 'true', less);
      for (const [name, { data }] of Object.entries(usual))
        expectClose(
          found[name]?.data ?? [],
          data.map((value) => value * factor),
          1e-6,
        );
    }
  });

  it.each([
    [false, 1],
    [true, 2],
  ])('of batch means is their squared gradient (for each example: %s)', async (perExample, factor) => {
    const inputs = [
      [1, -2],
      [0.5, 3],
      [-1, 0.25],
    ];
    const opened = await openLinear(inputs, [0, 1, 1]);
    const [task] = opened.stream.tasks;
    if (!task) throw new Error('There is no task.');
    const { learner } = opened;
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    const errors = inputs.map((input, row) =>
      probabilities(model, input).map((share, output) => (task.train.labels[row] === output ? 1 : 0) - share),
    );
    // The first batch has two examples, the last one.
    const right = [0, 1].map((output) => {
      const [first, second, third] = errors.map((error) => error[output] ?? 0) as [number, number, number];
      return (factor * ((first + second) / 2) ** 2 + third ** 2) / 2;
    });
    const estimate = { together: 2, perExample, divisor: 'count' } as const;
    const found = await diagonalFisher(learner, task, every(3), 'true', estimate);
    expectClose(found['head.bias']?.data ?? [], right, 1e-5);
  });

  it('is the squared gradient where there is one example, for a vision transformer too', async () => {
    // Large, so that little of the change is lost to rounding.
    const learningRate = 1000;
    const opened = await openLearner({
      method: plain,
      tasks: [madeUpTask(1, [0, 1], { shape: [1, 4, 4], count: 1 })],
      backbone: { name: 'vit', patch: 2, width: 4, depth: 1, heads: 2 },
      training: { updates: 1, batchSize: 1, learningRate },
    });
    const found = await fisherOf(opened, 'true', [0]);
    const before = opened.learner.parameters;
    await trainOn(opened, 1);
    for (const [name, { data }] of Object.entries(opened.learner.parameters)) {
      const squares = Array.from(data, (value, index) => {
        const change = (before[name]?.data[index] ?? 0) - value;
        return (change / learningRate) ** 2;
      });
      expectClose(found[name]?.data ?? [], squares, 1e-3);
    }
  });
});

function openLinear(
  inputs: readonly (readonly number[])[],
  labels: readonly number[],
  outputs: readonly number[] = [0, 1],
  options: Partial<LearnerOptions> = {},
): Promise<Opened> {
  const examples = new ListedExamples(inputs, labels, [2]);
  const task = { index: 1, name: 'by hand', outputs, train: examples, validation: examples, test: examples };
  return openLearner({ method: plain, tasks: [task], backbone: { name: 'mlp', hidden: [] }, ...options });
}

/** `mean over x of Σ_y q(y) ((1[y = i] − p_i) x_j)²`. */
function byHand(
  { learner, stream }: Opened,
  labels: FisherLabels,
  candidates: readonly number[],
): { weight: number[]; bias: number[] } {
  const model: LinearModel = linearModel(
    learner.parameter('head.weight').data,
    learner.parameter('head.bias').data,
  );
  const train = stream.tasks[0]?.train as ListedExamples;
  const weight = model.weight.map((row) => row.map(() => 0));
  const bias = model.bias.map(() => 0);
  train.inputs.forEach((input, row) => {
    const shares = probabilities(model, input, candidates);
    const predicted = shares.indexOf(Math.max(...shares));
    const truth = train.labels[row] ?? 0;
    const single = labels === 'predicted' ? predicted : truth;
    const certainty = labels === 'true-weighted' ? (shares[truth] ?? 0) : 1;
    const chances =
      labels === 'exact' ? shares : shares.map((_, output) => (output === single ? certainty : 0));
    shares.forEach((share, output) => {
      if (!candidates.includes(output)) return;
      const squared = chances.reduce(
        (sum, chance, label) => sum + chance * ((label === output ? 1 : 0) - share) ** 2,
        0,
      );
      bias[output] = (bias[output] ?? 0) + squared / train.count;
      weight[output] = (weight[output] ?? []).map(
        (sum, index) => sum + (squared * (input[index] ?? 0) ** 2) / train.count,
      );
    });
  });
  return { weight: weight.flat(), bias };
}
