import { add, grads, matMul, mean, relu, type Tensor, transpose } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor, type HostTensors } from '../../harness/engine/tensor.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import { vaeLoss } from '../../harness/nn/vae.ts';
import { headsOf } from '../../harness/train/generative-replay.ts';
import type { Method } from '../../harness/train/method.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';
import { madeUpTask } from '../support/tiny-data.ts';
import { answers, learn, type Opened, openLearner, valuesOf } from '../support/tiny-learner.ts';

const form = { shape: [5], count: 24 };
const tasks = () => [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form), madeUpTask(3, [4, 5], form)];

interface Options {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly updates?: number;
  readonly kind?: 'class-incremental' | 'task-incremental';
  /** Is shown what each step is fed beside the batch, and which of the task's examples are in it. */
  readonly watch?: (extra: HostTensors, examples: readonly number[]) => void;
}

/** One hidden layer of four units, plain gradient descent. */
async function open({ settings, updates = 1, kind, watch = () => {} }: Options): Promise<Opened> {
  const { method } = await loadMethod('bi-r');
  const watched: Method = {
    ...method,
    composeBatch(rows, context) {
      method.composeBatch?.(rows, context);
      watch(
        context.extra,
        rows.own.map(({ row }) => row),
      );
    },
  };
  const told = kind === 'task-incremental';
  return openLearner({
    method: watched,
    tasks: tasks(),
    settings: { hidden: [4], latent: 2, replayBatch: 40, ...settings },
    scenario: {
      kind: kind ?? 'class-incremental',
      candidates: { train: told ? 'current' : 'all', test: told ? 'current' : 'all' },
      taskIdentity: { train: true, test: told },
    },
    backbone: { name: 'mlp', hidden: [4] },
    training: { updates, batchSize: 24, learningRate: 0.1 },
  });
}

/** Rows of a tensor as lists. */
function rowsOf({ data, shape }: HostTensor): number[][] {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => [...data.slice(row * columns, (row + 1) * columns)]);
}

const changed = (before: HostTensor, after: HostTensor): boolean[] => {
  const old = rowsOf(before);
  return rowsOf(after).map((row, index) => row.some((value, at) => value !== old[index]?.[at]));
};

describe('brain-inspired replay', () => {
  it('descends the loss of classifier and autoencoder with one encoder (replay through feedback)', async () => {
    let current: HostTensor | undefined;
    let order: readonly number[] = [];
    const opened = await open({
      settings: { prior: 'standard', gates: 'none' },
      watch: (extra, examples) => {
        current = extra.current;
        order = examples;
      },
    });
    const { learner } = opened;
    const before = { ...learner.parameters };
    const names = [...learner.trainable];
    await learn(opened, 1);
    const batch = tasks()[0]?.train.picked(order);
    if (!batch || !current) throw new Error('unreachable');
    const inputs: HostTensors = {
      ...before,
      x: float32(Float32Array.from(batch.inputs.flat()), [24, 5]),
      noise: current,
      labels: { shape: [24], dtype: 'int32', data: batch.labels },
    };
    const found = await runOnce('onnx', inputs, (given) => {
      const loss = (...values: Tensor[]): Tensor => {
        const of = (name: string): Tensor => values[names.indexOf(name)] as Tensor;
        const layer = (name: string, x: Tensor): Tensor =>
          add(matMul(x, transpose(of(`${name}.weight`))), of(`${name}.bias`));
        const logits = layer('head', relu(layer('layers.0', given('x'))));
        const generator = Object.fromEntries(
          names.flatMap((name) =>
            name.startsWith('generator.') ? [[name.slice('generator.'.length), of(name)]] : [],
          ),
        );
        const encoder = {
          'encoder.0.weight': of('layers.0.weight'),
          'encoder.0.bias': of('layers.0.bias'),
        };
        const shape = { inputs: 5, hidden: [4], latent: 2, values: 'gaussian' } as const;
        const read = vaeLoss(shape, given('x'), given('noise'), { ...generator, ...encoder });
        return add(mean(crossEntropyPerExample(logits, given('labels'))), mean(read));
      };
      const gradients = grads(loss)(names.map((name) => given(name)));
      return Object.fromEntries(names.map((name, index) => [name, gradients[index] as Tensor]));
    });
    for (const name of names) {
      const step = [...learner.parameter(name).data].map(
        (value, at) => value - (before[name]?.data[at] ?? 0),
      );
      const right = [...(found[name]?.data ?? [])].map((slope) => -0.1 * slope);
      expectClose(step, right, 1e-3);
    }
  });

  it('gives made-up rows the gates of the task that their class came in', async () => {
    const pairs: [task: number, output: number][] = [];
    const opened = await open({
      settings: { prior: 'per-class', gates: 'task' },
      watch: ({ class: classes, task: tasks }) => {
        if (!classes || !tasks) return;
        rowsOf(tasks).forEach((row, at) => {
          pairs.push([row.indexOf(1), (rowsOf(classes)[at] ?? []).indexOf(1)]);
        });
      },
    });
    for (const index of [1, 2, 3]) await learn(opened, index);
    expect(new Set(pairs.map(([, output]) => output))).toEqual(new Set([0, 1, 2, 3]));
    for (const [task, output] of pairs) expect(task).toBe(Math.floor(output / 2));
  });

  it('trains the prior of the classes of the task only', async () => {
    const opened = await open({});
    const before = { ...opened.learner.parameters };
    await learn(opened, 1);
    for (const name of ['prior.mean', 'prior.logVariance']) {
      const moved = changed(before[name] as HostTensor, opened.learner.parameter(name));
      expect(moved).toEqual([true, true, false, false, false, false]);
    }
  });

  it.each([
    ['class', 6, [0, 1]],
    ['task', 3, [0]],
  ] as const)(
    'leaves units of the feedback alone that are silent for each %s of the task',
    async (gates, count, groups) => {
      const opened = await open({ settings: { gates } });
      const { learner } = opened;
      // The first unit is silent for what is trained on, the last for the rest.
      const rows = Array.from({ length: count }, (_, group) =>
        (groups as readonly number[]).includes(group) ? [0, 1, 1, 1] : [1, 1, 1, 0],
      );
      learner.kept['gates.0'] = float32(Float32Array.from(rows.flat()), [count, 4]);
      const before = learner.parameter('generator.decoder.0.weight');
      await learn(opened, 1);
      const moved = changed(before, learner.parameter('generator.decoder.0.weight'));
      expect(moved[0]).toBe(false);
      expect(moved[3]).toBe(true);
    },
  );

  it('makes up inputs of classes seen before, and of past tasks, all of them', async () => {
    const drawn = new Set<string>();
    const opened = await open({
      settings: { gates: 'task' },
      updates: 5,
      watch: ({ class: classes, task }) => {
        if (!classes || !task) return;
        const places = rowsOf(task).map((row) => row.indexOf(1));
        rowsOf(classes).forEach((row, at) => {
          expect(row.reduce((total, value) => total + value, 0)).toBe(1);
          drawn.add(`class ${row.indexOf(1)}`).add(`task ${(places[at] ?? 0) + 1}`);
        });
      },
    });
    for (const index of [1, 2, 3]) {
      drawn.clear();
      await learn(opened, index);
      const past = ['class 0', 'class 1', 'task 1', 'class 2', 'class 3', 'task 2'];
      expect([...drawn].sort()).toEqual(past.slice(0, 3 * (index - 1)).sort());
    }
  });

  it('starts from the features of any backbone, whatever the widths of the feedback', async () => {
    const { learner } = await open({ settings: { hidden: [3, 7] } });
    const shapeOf = (name: string) => learner.parameter(`generator.${name}.weight`).shape;
    expect(['mean', 'logVariance', 'decoder.0', 'decoder.1', 'output'].map(shapeOf)).toEqual([
      [2, 4],
      [2, 4],
      [7, 2],
      [3, 7],
      [5, 3],
    ]);
  });

  it('goes on after a checkpoint with the gates and the classes it has seen', async () => {
    const opened = await open({});
    await learn(opened, 1);
    expect(valuesOf(opened.learner.kept).cameIn).toEqual([1, 1, 0, 0, 0, 0]);
    expect(Object.keys(opened.learner.kept).sort()).toEqual(['cameIn', 'gates.0']);
  });

  it.each([
    ['its class', {}],
    ['its class, in a past task', { gates: 'task' }],
    ['nothing', { prior: 'standard', gates: 'none' }],
  ])('forgets far less than fine-tuning when a row is made up for %s', async (_what, settings) => {
    const run = async (name: string, given: Readonly<Record<string, unknown>>) => {
      const larger = { shape: [8], count: 300 };
      const over = [0, 1, 2].map((at) => madeUpTask(at + 1, [2 * at, 2 * at + 1], larger));
      const opened = await openLearner({
        method: (await loadMethod(name)).method,
        tasks: over,
        settings: given,
        backbone: { name: 'mlp', hidden: [32] },
        training: { updates: 300, batchSize: 50, optimiser: 'adam', learningRate: 0.01 },
      });
      for (const { index } of over) await learn(opened, index);
      const right: number[] = [];
      for (const { test, index } of over) {
        const found = await answers(opened, test, index, 3);
        right.push(...found.map((answer, row) => (answer === test.labels[row] ? 1 : 0)));
      }
      return right.reduce((total, value) => total + value, 0) / right.length;
    };
    const replayed = await run('bi-r', { hidden: [32], latent: 4, replayBatch: 50, ...settings });
    expect(replayed).toBeGreaterThan((await run('finetune', {})) + 0.3);
  });
});

describe('heads of made-up rows', () => {
  const heads = {
    'heads.teacher': float32([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0], [2, 6]),
    'heads.student': float32([1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0], [2, 6]),
  };

  it('are those of their classes', async () => {
    const classes = float32([0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0], [2, 6]);
    const { teacher, student } = await runOnce('onnx', { ...heads, classes }, (given) => {
      const [head] = headsOf(given('classes'), {
        'heads.teacher': given('heads.teacher'),
        'heads.student': given('heads.student'),
      });
      return { teacher: head?.teacher as Tensor, student: head?.student as Tensor };
    });
    const right = [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0];
    expect([...(teacher?.data ?? [])]).toEqual(right);
    expect([...(student?.data ?? [])]).toEqual(right);
  });

  it('count a class once that is in several of them', async () => {
    const overlapping = float32([1, 1, 1, 1, 1, 0], [2, 3]);
    const given = { heads: overlapping, classes: float32([1, 0, 0], [1, 3]) };
    const { mask } = await runOnce('onnx', given, (tensor) => {
      const heads = { 'heads.teacher': tensor('heads'), 'heads.student': tensor('heads') };
      const [head] = headsOf(tensor('classes'), heads);
      return { mask: head?.teacher as Tensor };
    });
    expect([...(mask?.data ?? [])]).toEqual([1, 1, 1]);
  });

  it('are all past ones for rows of no class', async () => {
    const found = await runOnce('onnx', heads, (given) => {
      const all = headsOf(undefined, {
        'heads.teacher': given('heads.teacher'),
        'heads.student': given('heads.student'),
      });
      return Object.fromEntries(all.map(({ teacher }, index) => [`head ${index}`, teacher]));
    });
    expect(Object.values(found).map(({ data }) => [...data])).toEqual([
      [1, 1, 0, 0, 0, 0],
      [0, 0, 1, 1, 0, 0],
    ]);
  });
});
