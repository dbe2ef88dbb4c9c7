import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { type LinearModel, linearModel } from '../support/linear-model.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

async function openLinear(settings = {}, candidates: 'all' | 'current' = 'all'): Promise<Opened> {
  const { method } = await loadMethod('mas');
  return openLearner({
    method,
    tasks: twoTasks(),
    settings,
    scenario: { candidates: { train: candidates, test: 'all' } },
    backbone: { name: 'mlp', hidden: [] },
  });
}

/** `2 f_o(x)` of each example and output: the gradient of `‖f(x)‖²` at the biases. */
function slopes({ learner, stream }: Opened, task: number): { input: readonly number[]; slope: number[] }[] {
  const { weight, bias }: LinearModel = linearModel(
    learner.parameter('head.weight').data,
    learner.parameter('head.bias').data,
  );
  const train = stream.tasks[task - 1]?.train as unknown as { inputs: readonly (readonly number[])[] };
  return train.inputs.map((input) => ({
    input,
    slope: weight.map(
      (row, output) =>
        2 * ((bias[output] ?? 0) + row.reduce((sum, value, index) => sum + value * (input[index] ?? 0), 0)),
    ),
  }));
}

function kept({ learner }: Opened, name: string): number[] {
  return [...(learner.kept[name]?.data ?? [])];
}

describe('memory aware synapses', () => {
  it('keep the mean size of the gradient of the squared outputs', async () => {
    const opened = await openLinear();
    await learn(opened, 1);
    const each = slopes(opened, 1);
    const mean = (of: (row: (typeof each)[number]) => number): number =>
      each.reduce((sum, row) => sum + of(row), 0) / each.length;
    const outputs = [0, 1, 2, 3];
    const biases = outputs.map((output) => mean(({ slope }) => Math.abs(slope[output] ?? 0)));
    const weights = outputs.flatMap((output) =>
      [0, 1, 2, 3, 4].map((index) =>
        mean(({ slope, input }) => Math.abs((slope[output] ?? 0) * (input[index] ?? 0))),
      ),
    );
    expectClose(kept(opened, 'importance.head.bias'), biases, 1e-5);
    expectClose(kept(opened, 'importance.head.weight'), weights, 1e-5);
  });

  it('know the outputs alone that are candidates', async () => {
    const opened = await openLinear({}, 'current');
    await learn(opened, 1);
    const found = kept(opened, 'importance.head.bias');
    expect(found.slice(2)).toEqual([0, 0]);
    expect(Math.min(...found.slice(0, 2))).toBeGreaterThan(0);
  });

  it('with mean-square divide by the number of candidates', async () => {
    const [summed, averaged] = [
      await openLinear({}, 'current'),
      await openLinear({ sensitivityOf: 'mean-square' }, 'current'),
    ];
    await learn(summed, 1);
    await learn(averaged, 1);
    const halves = kept(summed, 'importance.head.weight').map((value) => value / 2);
    expectClose(kept(averaged, 'importance.head.weight'), halves, 1e-6);
  });

  it('of batches let gradients of opposite signs cancel', async () => {
    const opened = await openLinear({ importanceBatch: 24 });
    await learn(opened, 1);
    const each = slopes(opened, 1);
    const right = [0, 1, 2, 3].map((output) =>
      Math.abs(each.reduce((sum, { slope }) => sum + (slope[output] ?? 0), 0) / each.length),
    );
    expectClose(kept(opened, 'importance.head.bias'), right, 1e-5);
  });

  it('add the importances of tasks up, around the latest weights', async () => {
    const opened = await openLinear();
    await learn(opened, 1);
    const first = kept(opened, 'importance.head.bias');
    await learn(opened, 2);
    const each = slopes(opened, 2);
    const right = first.map(
      (past, output) =>
        past + each.reduce((sum, { slope }) => sum + Math.abs(slope[output] ?? 0), 0) / each.length,
    );
    expectClose(kept(opened, 'importance.head.bias'), right, 1e-5);
    expect(kept(opened, 'anchor.head.bias')).toEqual(valuesOf(opened.learner.parameters)['head.bias']);
    expect(opened.learner.keptBytes).toBe(2 * 4 * opened.learner.totalParameters);
  });

  it('add 2 λ Ω (θ − θ*) to the gradient', async () => {
    const oneStep = { updates: 1, batchSize: 24, learningRate: 0.1 } as const;
    const step = async (name: string, settings = {}): Promise<number[]> => {
      const { method } = await loadMethod(name);
      const opened = await openLearner({ method, tasks: twoTasks(), settings, training: oneStep });
      const { learner } = opened;
      const start = [...learner.parameter('head.bias').data];
      const pulls = [1, 1, -1, 0.25];
      learner.kept['importance.head.bias'] = float32([0, 0.5, 1, 2], [4]);
      learner.kept['anchor.head.bias'] = float32(
        start.map((value, at) => value + (pulls[at] ?? 0)),
        [4],
      );
      await trainOn(opened, 1);
      return start.map((value, at) => value - (learner.parameter('head.bias').data[at] ?? 0));
    };
    const [free, held] = [await step('finetune'), await step('mas', { strength: 3 })];
    const found = held.map((moved, at) => (moved - (free[at] ?? 0)) / oneStep.learningRate);
    expectClose(found, [0, -3, 6, -3], 1e-5);
  });

  it('hold weights the nearer the stronger the penalty is', async () => {
    const distances = [];
    for (const strength of [0, 0.1, 1]) {
      const opened = await openLinear({ strength });
      await learn(opened, 1);
      const before = valuesOf(opened.learner.parameters);
      await trainOn(opened, 2);
      const moved = Object.entries(before).flatMap(([name, values]) => {
        const after = opened.learner.parameter(name).data;
        return values.map((value, i) => ((after[i] ?? 0) - value) ** 2);
      });
      distances.push(moved.reduce((sum, square) => sum + square, 0));
    }
    const [free, loose, tight] = distances as [number, number, number];
    expect(loose).toBeLessThan(free);
    expect(tight).toBeLessThan(loose);
  });
});
