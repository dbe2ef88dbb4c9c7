import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { toMatrix } from '../../harness/linalg/matrix.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { designed, shareAfter } from '../../methods/inf-lora.ts';
import { expectClose } from '../support/closeness.ts';
import { undisturbedAndResumed } from '../support/resumed.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const backbones = {
  mlp: { tasks: twoTasks(), backbone: { name: 'mlp', hidden: [8, 7] } },
  vit: {
    tasks: twoTasks({ shape: [1, 4, 4] }),
    backbone: { name: 'vit', patch: 2, width: 8, depth: 2, heads: 2, mlpRatio: 2 },
  },
} as const;
type BackboneName = keyof typeof backbones;
const layersOf = { mlp: ['layers.0', 'layers.1'], vit: ['blocks.0.attn.qkv', 'blocks.1.attn.qkv'] } as const;

async function open(name: BackboneName = 'mlp', settings = {}): Promise<Opened> {
  return openLearner({
    method: (await loadMethod('inf-lora')).method,
    ...backbones[name],
    settings: {
      rank: 2,
      firstShare: 0.9,
      tasks: 2,
      'training.learningRate': 0.05,
      'training.epochs': 8,
      ...settings,
    },
  });
}

async function begin(opened: Opened, index: number): Promise<void> {
  const task = opened.stream.tasks[index - 1];
  if (task) await opened.learner.method.beginTask?.(opened.learner, task);
}

async function end(opened: Opened, index: number): Promise<void> {
  const task = opened.stream.tasks[index - 1];
  if (task) await opened.learner.method.endTask?.(opened.learner, task);
}

function matrix({ learner }: Opened, name: string): Matrix {
  return toMatrix(learner.parameter(name), name);
}

/** The projection on the directions of past inputs, `[in, in]`. */
function taken({ learner }: Opened, layer: string): Matrix {
  const [kind, tensor] = (['taken', 'free'] as const)
    .map((of) => [of, learner.kept[`${of}.${layer}`]] as const)
    .find(([, found]) => found) ?? ['none'];
  if (!tensor) throw new Error(`There is no memory of ${layer}.`);
  const basis = toMatrix(tensor, layer);
  const inBasis = basis.mmul(basis.transpose());
  return kind === 'taken' ? inBasis : Matrix.sub(Matrix.eye(basis.rows), inBasis);
}

function logits(opened: Opened, name: BackboneName): Promise<number[]> {
  return logitsOf(opened, backbones[name].tasks[0].test);
}

describe.each(['mlp', 'vit'] as const)('InfLoRA of the %s', (name) => {
  it('updates weights in no direction of past inputs', async () => {
    const opened = await open(name);
    await learn(opened, 1);
    const memories = layersOf[name].map((layer) => taken(opened, layer));
    const before = layersOf[name].map((layer) => matrix(opened, `${layer}.weight`));
    await begin(opened, 2);
    const designs = layersOf[name].map((layer) => matrix(opened, `${layer}.inflora_A`));
    await trainOn(opened, 2);
    await end(opened, 2);
    layersOf[name].forEach((layer, index) => {
      const [M, A, W] = [memories[index], designs[index], before[index]] as [Matrix, Matrix, Matrix];
      expect(M.trace()).toBeGreaterThan(0.9);
      expect(A.norm('frobenius')).toBeGreaterThan(0.5);
      expect(A.mmul(M).norm('frobenius')).toBeLessThan(1e-5 * A.norm('frobenius'));
      const change = Matrix.sub(matrix(opened, `${layer}.weight`), W);
      expect(change.norm('frobenius')).toBeGreaterThan(0.01);
      expect(change.mmul(M).norm('frobenius')).toBeLessThan(1e-5 * change.norm('frobenius'));
    });
  });

  it('changes no prediction when a task begins, and none by merging', async () => {
    const opened = await open(name);
    for (const index of [1, 2]) {
      const before = await logits(opened, name);
      await begin(opened, index);
      expectClose(await logits(opened, name), before, 1e-6);
      await trainOn(opened, index);
      const trained = await logits(opened, name);
      await end(opened, index);
      expectClose(await logits(opened, name), trained, 1e-4);
      expect(Object.keys(opened.learner.parameters).filter((key) => key.includes('inflora'))).toEqual([]);
    }
  });

  it('trains B and the head alone, and keeps A as it was designed', async () => {
    const opened = await open(name);
    await begin(opened, 1);
    const before = valuesOf(opened.learner.parameters);
    await trainOn(opened, 1);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((key) => String(after[key]) !== String(before[key]));
    const expected = [...layersOf[name].map((layer) => `${layer}.inflora_B`), 'head.weight', 'head.bias'];
    expect(changed.sort()).toEqual(expected.sort());
    for (const layer of layersOf[name]) {
      const A = matrix(opened, `${layer}.inflora_A`);
      expectClose(A.mmul(A.transpose()).to1DArray(), [1 / 3, 0, 0, 1 / 3], 1e-5);
    }
  });

  it('logs how many directions are taken, which never fall', async () => {
    const opened = await open(name);
    await learn(opened, 1);
    await learn(opened, 2);
    const events = opened.events
      .filter(({ kind }) => kind === 'ranks')
      .map(({ ranks }) => ranks as Record<string, number>);
    expect(events).toHaveLength(2);
    for (const layer of layersOf[name]) {
      const [first = 0, second = 0] = events.map((ranks) => ranks[layer]);
      expect(first).toBeGreaterThanOrEqual(1);
      expect(second).toBeGreaterThanOrEqual(first);
      expect(taken(opened, layer).trace()).toBeCloseTo(second, 4);
    }
  });

  it('resumed from a checkpoint goes on alike', async () => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open(name, { examples: 10 }));
    expect(resumed).toEqual(undisturbed);
  });
});

describe('InfLoRA', () => {
  it('reads the leading directions of what the task gives a layer', async () => {
    const opened = await open();
    await begin(opened, 1);
    const inputs = new Matrix(backbones.mlp.tasks[0].train.inputs.map((row) => [...row]));
    const C = inputs.transpose().mmul(inputs);
    const expected = designed(undefined, C, 2, 'test');
    expectClose(matrix(opened, 'layers.0.inflora_A').to1DArray(), expected.to1DArray(), 1e-4);
    // No two orthogonal directions of this length hold more of the inputs.
    const [value = 0, next = 0] = new Matrix(C).diag().sort((left, right) => right - left);
    const held = expected.mmul(C).mmul(expected.transpose()).trace() * 3;
    expect(held).toBeGreaterThanOrEqual(value + next);
  });

  it('adapts keys and values of a transformer, and queries where it is told to', async () => {
    for (const queries of [false, true]) {
      const opened = await open('vit', { queries });
      const before = matrix(opened, 'blocks.0.attn.qkv.weight');
      await begin(opened, 1);
      expect(opened.learner.parameter('blocks.0.attn.qkv.inflora_B').shape).toEqual([queries ? 24 : 16, 2]);
      await trainOn(opened, 1);
      await end(opened, 1);
      const change = Matrix.sub(matrix(opened, 'blocks.0.attn.qkv.weight'), before);
      const lengths = [0, 8, 16].map((row) => change.subMatrix(row, row + 7, 0, 7).norm('frobenius'));
      expect(lengths.map((length) => length > 0)).toEqual([queries, true, true]);
    }
  });

  it('trains nothing but the head once all directions are taken', async () => {
    const opened = await open('mlp', { firstShare: 1, lastShare: 1 });
    await learn(opened, 1);
    await learn(opened, 2);
    const before = valuesOf(opened.learner.parameters);
    await begin(opened, 1);
    expect(matrix(opened, 'layers.0.inflora_A').norm('frobenius')).toBe(0);
    await trainOn(opened, 1);
    await end(opened, 1);
    const after = valuesOf(opened.learner.parameters);
    expect(after['layers.0.weight']).toEqual(before['layers.0.weight']);
    expect(after['head.weight']).not.toEqual(before['head.weight']);
  });

  it('lets the share rise over the tasks of the scenario, and refuses fewer', async () => {
    const { learner } = await open('mlp', { tasks: 0 });
    expect(learner.protocol.tasks).toBe(2);
    await expect(open('mlp', { tasks: 1 })).rejects.toThrow(/tasks=1.*the scenario has 2/);
  });

  it('asks for a share that rises by equal steps', () => {
    const settings = { firstShare: 0.9, lastShare: 1, tasks: 5 };
    expectClose(
      [1, 2, 3, 5, 9].map((task) => shareAfter(task, settings)),
      [0.9, 0.92, 0.94, 0.98, 1],
      1e-12,
    );
  });
});
