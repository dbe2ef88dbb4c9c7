import { expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { featuresOf } from '../../harness/train/features.ts';
import { herd, meanOf, unitVector } from '../../harness/train/herding.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { type LinearModel, linearModel } from '../support/linear-model.ts';
import { madeUpTask, twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn } from '../support/tiny-learner.ts';

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

it.each([1, 2, 3])(
  'descends binary cross-entropies of the classes so far, the old ones towards σ(z̄ / %i), not of those to come',
  async (temperature) => {
    const { method } = await loadMethod('icarl');
    const form = { shape: [5], count: 24 };
    const tasks = [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form), madeUpTask(3, [4, 5], form)];
    const opened = await openLearner({
      method,
      tasks,
      settings: { memory: 3, temperature },
      backbone: { name: 'mlp', hidden: [] },
      training: { epochs: 1, batchSize: 30, learningRate: 0.1 },
    });
    const { learner } = opened;
    const modelNow = () =>
      linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await learn(opened, 1);
    const [held, teacher] = [heldExamples(opened), modelNow()];
    expect([...held.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    const task = opened.stream.tasks[1];
    if (!task) throw new Error('There is no second task.');
    learner.forgetTask();
    await method.beginTask?.(learner, task);
    // Away from the teacher, so that it matters whose logits are divided by the temperature.
    const moved = Float32Array.from(learner.parameter('head.bias').data, (value, at) => value + Math.cos(at));
    learner.setParameter('head.bias', float32(moved, [6]));
    const student = modelNow();
    await trainOn(opened, 2);
    const own = tasks[1]?.train;
    if (!own) throw new Error('unreachable');
    const inputs = [...own.inputs, ...held.inputs];
    const labels = [...own.labels, ...held.labels];
    const answer = ({ weight, bias }: LinearModel, input: readonly number[], output: number): number =>
      (weight[output] ?? []).reduce((sum, value, at) => sum + value * (input[at] ?? 0), bias[output] ?? 0);
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    const slope = (row: number, output: number): number => {
      if (output > 3) return 0;
      const input = inputs[row] ?? [];
      const truth = labels[row] === output ? 1 : 0;
      const target = output < 2 ? sigmoid(answer(teacher, input, output) / temperature) : truth;
      return sigmoid(answer(student, input, output)) - target;
    };
    const mean = (term: (row: number) => number): number =>
      inputs.reduce((sum, _, row) => sum + term(row), 0) / inputs.length;
    const biases = student.bias.map((_, output) => mean((row) => slope(row, output)));
    const weights = student.weight.flatMap((values, output) =>
      values.map((_, at) => mean((row) => slope(row, output) * (inputs[row]?.[at] ?? 0))),
    );
    const after = modelNow();
    const found = (before: readonly number[], now: readonly number[]): number[] =>
      before.map((value, at) => (value - (now[at] ?? 0)) / 0.1);
    expectClose(found(student.bias, after.bias), biases, 1e-5);
    expectClose(found(student.weight.flat(), after.weight.flat()), weights, 1e-5);
  },
);
