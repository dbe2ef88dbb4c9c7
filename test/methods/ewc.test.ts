import { describe, expect, it } from 'vitest';
import { float32, type HostTensors } from '../../harness/engine/tensor.ts';
import { diagonalFisher } from '../../harness/train/fisher.ts';
import { drawnRows } from '../../harness/train/gradient-sums.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const oneStep = { updates: 1, batchSize: 24, learningRate: 0.1 } as const;

async function open(name: string, settings = {}, training = {}): Promise<Opened> {
  const { method } = await loadMethod(name);
  return openLearner({ method, tasks: twoTasks(), settings, training });
}

/** Sets up a quadratic for each parameter of a learner, with made-up precisions and anchors. */
function keepQuadratics({ learner }: Opened): void {
  for (const [name, { data, shape }] of Object.entries(learner.parameters)) {
    const precision = Float32Array.from(data, (_, index) => (index % 5) / 5);
    const anchor = Float32Array.from(data, (value, index) => value + Math.cos(index));
    learner.kept[`precision.${name}`] = float32(precision, shape);
    learner.kept[`anchor.${name}`] = float32(anchor, shape);
  }
}

function kept(learner: { kept: HostTensors }, kind: string, name: string): number[] {
  return [...(learner.kept[`${kind}.${name}`]?.data ?? [])];
}

describe('elastic weight consolidation', () => {
  it.each([
    [true, 3],
    [false, 6],
  ])('with half=%s adds %s P (θ − a) to the gradient for λ = 3', async (half, strength) => {
    const plain = await open('finetune', {}, oneStep);
    const bound = await open('ewc', { strength: 3, half }, oneStep);
    keepQuadratics(bound);
    const before = valuesOf(bound.learner.parameters);
    await trainOn(plain, 1);
    await trainOn(bound, 1);
    for (const [name, start] of Object.entries(before)) {
      const [precision, anchor] = [
        kept(bound.learner, 'precision', name),
        kept(bound.learner, 'anchor', name),
      ];
      const right = start.map((value, i) => strength * (precision[i] ?? 0) * (value - (anchor[i] ?? 0)));
      const free = plain.learner.parameter(name).data;
      const held = bound.learner.parameter(name).data;
      const found = start.map((_, i) => ((free[i] ?? 0) - (held[i] ?? 0)) / oneStep.learningRate);
      expectClose(found, right, 1e-5);
    }
  });

  it('is fine-tuning in the first task', async () => {
    const plain = await open('finetune');
    const bound = await open('ewc');
    await learn(plain, 1);
    await learn(bound, 1);
    expect(valuesOf(bound.learner.parameters)).toEqual(valuesOf(plain.learner.parameters));
  });

  it('keeps the Fisher information and the weights of the first task', async () => {
    const opened = await open('ewc', { fisherExamples: 0 });
    const { learner, stream } = opened;
    await learn(opened, 1);
    const [task] = stream.tasks;
    if (!task) throw new Error('There is no task.');
    const rows = Array.from({ length: task.train.count }, (_, row) => row);
    const fisher = await diagonalFisher(learner, task, rows, 'exact');
    for (const [name, { data }] of Object.entries(fisher)) {
      expectClose(kept(learner, 'precision', name), [...data], 1e-5);
      expect(kept(learner, 'anchor', name)).toEqual([...learner.parameter(name).data]);
    }
  });

  it.each([
    ['true labels', { fisherLabels: 'true' }],
    ['true labels by their probability', { fisherLabels: 'true-weighted' }],
    ['predicted labels', { fisherLabels: 'predicted' }],
    ['the expectation over labels', { fisherLabels: 'exact' }],
    ['a divisor one less', { fisherDivisor: 'count-minus-one' }],
    ['batches that count once', { fisherLabels: 'true', fisherBatch: 7 }],
    [
      'batches that count for each example',
      { fisherLabels: 'true', fisherBatch: 7, fisherBatchWeight: 'per-example' },
    ],
  ] as const)('keeps the Fisher information that its settings describe: %s', async (_what, settings) => {
    const estimates = {
      fisherLabels: 'exact',
      fisherDivisor: 'count',
      fisherBatch: 1,
      fisherBatchWeight: 'once',
      ...settings,
    } as const;
    const opened = await open('ewc', { ...settings, fisherExamples: 0 });
    const { learner, stream } = opened;
    await learn(opened, 1);
    const [task] = stream.tasks;
    if (!task) throw new Error('There is no task.');
    const rows = drawnRows(learner, task, 0, 'fisher');
    const fisher = await diagonalFisher(learner, task, rows, estimates.fisherLabels, {
      divisor: estimates.fisherDivisor,
      together: estimates.fisherBatch,
      perExample: estimates.fisherBatchWeight === 'per-example',
    });
    for (const [name, { data }] of Object.entries(fisher)) {
      expectClose(kept(learner, 'precision', name), [...data], 1e-5);
    }
  });

  it('lets the online form decay around the latest weights', async () => {
    const opened = await open('ewc', { form: 'online', decay: 0.25, fisherExamples: 0 });
    const { learner, stream } = opened;
    await learn(opened, 1);
    const first = valuesOf(learner.kept);
    await learn(opened, 2);
    const task = stream.tasks[1];
    if (!task) throw new Error('There is no second task.');
    const rows = Array.from({ length: task.train.count }, (_, row) => row);
    const second = await diagonalFisher(learner, task, rows, 'exact');
    for (const [name, { data }] of Object.entries(second)) {
      const right = [...data].map((value, i) => 0.25 * (first[`precision.${name}`]?.[i] ?? 0) + value);
      expectClose(kept(learner, 'precision', name), right, 1e-5);
      expect(kept(learner, 'anchor', name)).toEqual([...learner.parameter(name).data]);
    }
  });

  it('has no expectation over labels for a batch of examples', async () => {
    await expect(open('ewc', { fisherBatch: 8 })).rejects.toThrow('Set fisherBatch=1, or fisherLabels to');
    const opened = await open('ewc', { fisherBatch: 8, fisherLabels: 'predicted' });
    await learn(opened, 1);
    expect(Math.max(...kept(opened.learner, 'precision', 'head.bias'))).toBeGreaterThan(0);
  });

  it('keeps two tensors for each parameter, however many tasks there were', async () => {
    const opened = await open('ewc');
    await learn(opened, 1);
    const bytes = opened.learner.keptBytes;
    await learn(opened, 2);
    expect(opened.learner.keptBytes).toBe(bytes);
    expect(bytes).toBe(2 * 4 * opened.learner.totalParameters);
  });
});
