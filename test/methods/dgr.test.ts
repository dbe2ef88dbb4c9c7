import { tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensors } from '../../harness/engine/tensor.ts';
import { inputModel } from '../../harness/train/generative.ts';
import type { Method } from '../../harness/train/method.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { replayTargets } from '../../methods/dgr.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';
import { linearModel, probabilities } from '../support/linear-model.ts';
import { type ListedExamples, madeUpTask } from '../support/tiny-data.ts';
import { answers, learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const form = { shape: [5], count: 24 };
const tasks = () => [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form), madeUpTask(3, [4, 5], form)];

interface Options {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly candidates?: 'all' | 'seen' | 'current';
  /** Is shown what each step is fed beside the batch. */
  readonly watch?: (extra: HostTensors) => void;
}

/** A linear classifier and a generator without hidden layers, one step of plain gradient descent a task. */
async function open({ settings = {}, candidates = 'all', watch = () => {} }: Options): Promise<Opened> {
  const { method } = await loadMethod('dgr');
  const told = candidates === 'current';
  const watched: Method = {
    ...method,
    composeBatch(rows, context) {
      method.composeBatch?.(rows, context);
      watch(context.extra);
    },
  };
  return openLearner({
    method: watched,
    tasks: tasks(),
    settings: { hidden: [], latent: 2, replayBatch: 7, ...settings },
    scenario: {
      kind: told ? 'task-incremental' : 'class-incremental',
      candidates: { train: candidates, test: told ? candidates : 'all' },
      taskIdentity: { train: true, test: told },
    },
    backbone: { name: 'mlp', hidden: [] },
    training: { updates: 1, batchSize: 24, learningRate: 0.1 },
  });
}

const modelOf = ({ learner }: Opened) =>
  linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);

/** Inputs that a generator without hidden layers makes up of z: `W z + b`. */
function madeUp({ learner }: Opened, { data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) {
  const { weight, bias } = linearModel(
    learner.parameter('generator.output.weight').data,
    learner.parameter('generator.output.bias').data,
  );
  return Array.from({ length: shape[0] ?? 0 }, (_, row) =>
    bias.map((value, input) =>
      (weight[input] ?? []).reduce((sofar, of, at) => sofar + of * (data[2 * row + at] ?? 0), value),
    ),
  );
}

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
const outputs = [0, 1, 2, 3, 4, 5];

describe('deep generative replay', () => {
  it.each([
    ['hard labels of all outputs', {}, 'all', [outputs], [outputs], 1, 1 / 3],
    ['hard labels of outputs seen', {}, 'seen', [[0, 1, 2, 3]], [outputs], 1, 1 / 3],
    [
      'soft answers, T² and a constant share',
      { targets: 'soft', temperatureSquared: true, weighting: 'ratio', ratio: 0.3 },
      'all',
      [outputs],
      [outputs],
      2,
      0.3,
    ],
    [
      'soft answers of each head',
      { targets: 'soft' },
      'current',
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 1],
        [2, 3],
      ],
      2,
      1 / 3,
    ],
  ] as const)(
    'descends r · CE + (1 − r) · D with %s',
    async (_what, settings, candidates, old, now, T, share) => {
      let prior: { data: Float32Array; shape: readonly number[] } | undefined;
      const watch = (extra: HostTensors) => {
        if (extra.prior) prior = { data: Float32Array.from(extra.prior.data), shape: extra.prior.shape };
      };
      const opened = await open({ settings, candidates, watch });
      await learn(opened, 1);
      await learn(opened, 2);
      const { learner, stream } = opened;
      const teacher = modelOf(opened);
      const task = stream.tasks[2];
      if (!task) throw new Error('unreachable');
      learner.forgetTask();
      await learner.method.beginTask?.(learner, task);
      // Away from the teacher: where both agree soft answers have no gradient.
      const moved = Float32Array.from(
        learner.parameter('head.bias').data,
        (value, at) => value + Math.cos(at),
      );
      learner.setParameter('head.bias', float32(moved, [6]));
      const student = modelOf(opened);
      const generator = valuesOf(learner.parameters);
      const made = () => madeUp(opened, prior as NonNullable<typeof prior>);
      const start = [...moved];
      // The generator that replays is the one of before the step.
      const before = { ...learner.parameters };
      await trainOn(opened, 3);
      const found = [...learner.parameter('head.bias').data].map((value, at) => value - (start[at] ?? 0));
      learner.parameters = before;
      expect(valuesOf(learner.parameters)).toEqual(generator);
      const replayed = made();
      const cooled = (model: typeof student) => ({
        weight: model.weight.map((row) => row.map((value) => value / T)),
        bias: model.bias.map((value) => value / T),
      });
      const soft = 'targets' in settings;
      const factor = 'temperatureSquared' in settings ? T ** 2 : 1;
      const train = task.train as ListedExamples;
      const right = outputs.map((output) => {
        const own = mean(
          train.inputs.map(
            (input, row) =>
              (probabilities(student, input, candidates === 'current' ? [4, 5] : outputs)[output] ?? 0) -
              (train.labels[row] === output ? 1 : 0),
          ),
        );
        const replay = mean(
          old.map((head, index) =>
            mean(
              replayed.map((input) => {
                const p = probabilities(cooled(student), input, now[index])[output] ?? 0;
                const answers = probabilities(cooled(teacher), input, head);
                const hard = answers.indexOf(Math.max(...answers)) === output ? 1 : 0;
                return (p - (soft ? (answers[output] ?? 0) : hard)) / T;
              }),
            ),
          ),
        );
        return -0.1 * (share * own + (1 - share) * factor * replay);
      });
      expectClose(found, right, 1e-4);
    },
  );

  it('learns its first task as fine-tuning does', async () => {
    const opened = await open({});
    const free = await openLearner({
      method: (await loadMethod('finetune')).method,
      tasks: tasks(),
      backbone: { name: 'mlp', hidden: [] },
      training: { updates: 1, batchSize: 24, learningRate: 0.1 },
    });
    await learn(opened, 1);
    await learn(free, 1);
    expect([...opened.learner.parameter('head.weight').data]).toEqual([
      ...free.learner.parameter('head.weight').data,
    ]);
  });

  it('counts its generator among the parameters, and keeps nothing besides', async () => {
    const opened = await open({});
    await learn(opened, 1);
    await learn(opened, 2);
    const { learner } = opened;
    // Classifier, mean, log-variance (which has no bias), decoder.
    expect(learner.totalParameters).toBe(5 * 6 + 6 + (5 * 2 + 2) + 5 * 2 + (2 * 5 + 5));
    expect(learner.keptBytes).toBe(0);
  });

  it.each(['hard', 'soft'])('forgets far less than fine-tuning with %s targets', async (targets) => {
    const run = async (name: string, settings: Readonly<Record<string, unknown>>) => {
      const larger = { shape: [8], count: 300 };
      const over = [0, 1, 2].map((at) => madeUpTask(at + 1, [2 * at, 2 * at + 1], larger));
      const opened = await openLearner({
        method: (await loadMethod(name)).method,
        tasks: over,
        settings,
        backbone: { name: 'mlp', hidden: [32] },
        training: { updates: 300, batchSize: 50, optimiser: 'adam', learningRate: 0.01 },
      });
      for (const { index } of over) await learn(opened, index);
      const right = [];
      for (const { test, index } of over) {
        const given = await answers(opened, test, index, 3);
        right.push(mean(given.map((answer, row) => (answer === test.labels[row] ? 1 : 0))));
      }
      return mean(right);
    };
    const free = await run('finetune', {});
    const replayed = await run('dgr', { hidden: [32], latent: 4, replayBatch: 50, targets });
    expect(free).toBeLessThan(0.4);
    expect(replayed).toBeGreaterThan(free + 0.3);
  });
});

describe('targets of replay', () => {
  it.each(['hard', 'soft'] as const)(
    'that are %s sum to 1 over their head and are 0 outside',
    async (targets) => {
      const logits = float32([3, -2, 0.5, 9, 1, 1, -4, 2], [2, 4]);
      const { found } = await runOnce('onnx', { logits }, (given) => ({
        found: replayTargets(given('logits'), tensor2d([[1, 1, 1, 0]]), { targets, temperature: 2 }),
      }));
      const rows = [0, 1].map((row) => [...(found?.data ?? [])].slice(4 * row, 4 * row + 4));
      for (const row of rows) {
        expect(row[3]).toBe(0);
        expect(row.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 6);
      }
      const [first] = rows;
      const powers = [3, -2, 0.5].map((logit) => Math.exp(logit / 2));
      const total = powers.reduce((sofar, power) => sofar + power, 0);
      expectClose(
        first ?? [],
        targets === 'hard' ? [1, 0, 0, 0] : [...powers.map((p) => p / total), 0],
        1e-5,
      );
    },
  );
});

describe('made-up inputs', () => {
  const bytes = { storage: 'uint8', scale: [1 / 255 / 0.25, 2 / 255], offset: [-0.4, 0] } as const;
  const settings = { hidden: [], latent: 1, values: 'by-storage' } as const;
  const model = inputModel(
    { inputShape: [2, 1, 2], inputs: { shape: [2, 1, 2], encoding: bytes } },
    settings,
  );

  it('are in the range of the stored bytes, channel by channel', async () => {
    const z = float32([-1e3, 0, 1e3], [3, 1]);
    const weights = {
      'output.weight': float32([1, 1, 1, 1], [4, 1]),
      'output.bias': float32([0, 0, 0, 0], [4]),
    };
    const { made } = await runOnce('onnx', { z, ...weights }, (given) => ({
      made: model.generate(given('z'), {
        'output.weight': given('output.weight'),
        'output.bias': given('output.bias'),
      }),
    }));
    expect(made?.shape).toEqual([3, 2, 1, 2]);
    expectClose(made?.data ?? [], [-0.4, -0.4, 0, 0, 1.6, 1.6, 1, 1, 3.6, 3.6, 2, 2], 1e-5);
  });

  it('are read as the shares that they were made of', async () => {
    const inputs = float32([-0.4, 3.6, 0, 2, 1.6, 0.6, 1, 0.5], [2, 2, 1, 2]);
    const { read } = await runOnce('onnx', { inputs }, (given) => ({ read: model.read(given('inputs')) }));
    expect(read?.shape).toEqual([2, 4]);
    expectClose(read?.data ?? [], [0, 1, 0, 1, 0.5, 0.25, 0.5, 0.25], 1e-5);
  });

  it('are numbers as they come where inputs are stored as such', () => {
    const plain = { storage: 'float32', scale: [1], offset: [0] } as const;
    const { shape } = inputModel({ inputShape: [3], inputs: { shape: [3], encoding: plain } }, settings);
    expect(shape).toEqual({ inputs: 3, hidden: [], latent: 1, values: 'gaussian' });
  });
});
