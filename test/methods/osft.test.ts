import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../harness/engine/tensor.ts';
import { splitAtSingularValue } from '../../harness/linalg/singular-split.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { importanceOf } from '../../methods/osft.ts';
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

const half = { budget: 'fixed', frozen: 0.5 };

async function open(name: BackboneName, settings = {}, training = {}): Promise<Opened> {
  const { method } = await loadMethod('osft');
  return openLearner({
    method,
    ...backbones[name],
    settings: { ...half, ...settings },
    training: { epochs: 6, optimiser: 'adamw', learningRate: 0.01, weightDecay: 0.01, ...training },
  });
}

/** After the first task, at the second task's start. */
async function openSecond(name: BackboneName, settings = {}, training = {}): Promise<Opened> {
  const opened = await open(name, settings, training);
  await learn(opened, 1);
  await opened.learner.method.beginTask?.(opened.learner, task(opened, 2));
  return opened;
}

function task({ stream }: Opened, index: number): Opened['stream']['tasks'][number] {
  const found = stream.tasks[index - 1];
  if (!found) throw new Error(`no task ${index}`);
  return found;
}

async function endSecond(opened: Opened): Promise<void> {
  await opened.learner.method.endTask?.(opened.learner, task(opened, 2));
}

/** The target weights by the name of their layer. */
function weights({ learner }: Opened): [string, Matrix][] {
  const targets = /^layers|qkv|attn\.proj|fc/;
  return Object.entries(learner.parameters)
    .filter(([name]) => targets.test(name) && name.endsWith('.weight'))
    .map(([name, tensor]) => [name.replace('.weight', ''), matrix(tensor)]);
}

function matrix({ data, shape }: HostTensor): Matrix {
  return Matrix.from1DArray(shape[0] ?? 0, shape[1] ?? 0, data);
}

function largest(values: Matrix): number {
  return Math.max(...values.to1DArray().map(Math.abs));
}

/** How far the second task moves weights, in all and along the directions that were large after the first. */
async function movement(
  name: BackboneName,
  settings = {},
  training = {},
): Promise<{ layer: string; moved: number; fromLeft: number; fromRight: number }[]> {
  const opened = await open(name, settings, training);
  await learn(opened, 1);
  const before = weights(opened);
  await learn(opened, 2);
  const after = new Map(weights(opened));
  return before.map(([layer, weight]) => {
    const { high } = splitAtSingularValue(
      weight,
      Math.floor(Math.min(weight.rows, weight.columns) / 2),
      layer,
    );
    const change = Matrix.sub(after.get(layer) ?? weight, weight);
    return {
      layer,
      moved: largest(change),
      fromLeft: largest(high.left.transpose().mmul(change)),
      fromRight: largest(change.mmul(high.right.transpose())),
    };
  });
}

describe.each(['mlp', 'vit'] as const)('OSFT of the %s', (name) => {
  it.each(['adamw', 'sgd'])('does not move the frozen directions, with %s', async (optimiser) => {
    const found = await movement(name, {}, { optimiser });
    expect(found.length).toBe(name === 'mlp' ? 2 : 8);
    for (const { layer, moved, fromLeft, fromRight } of found) {
      expect(moved, layer).toBeGreaterThan(optimiser === 'sgd' ? 1e-4 : 1e-3);
      expect(fromLeft, layer).toBeLessThan(1e-5);
      expect(fromRight, layer).toBeLessThan(1e-5);
    }
  });

  it('leaks under AdamW and not under SGD where only gradients are projected', async () => {
    const leaks = async (optimiser: string, projection: string): Promise<number> => {
      const learningRate = optimiser === 'sgd' ? 0.2 : 0.01;
      const found = await movement(name, { projection }, { optimiser, learningRate, weightDecay: 0 });
      return Math.max(...found.map(({ fromLeft, fromRight }) => Math.max(fromLeft, fromRight)));
    };
    expect(await leaks('sgd', 'gradient')).toBeLessThan(1e-5);
    expect(await leaks('adamw', 'gradient')).toBeGreaterThan(1e-3);
    expect(await leaks('sgd', 'none')).toBeGreaterThan(1e-4);
  });

  it('computes the same split as whole, and merged as unmerged', async () => {
    const opened = await open(name);
    await learn(opened, 1);
    const { test } = opened.stream.tasks[1] as (typeof backbones)[BackboneName]['tasks'][1];
    const whole = await logitsOf(opened, test);
    await opened.learner.method.beginTask?.(opened.learner, task(opened, 2));
    expectClose(await logitsOf(opened, test), whole, 1e-5);
    await trainOn(opened, 2);
    const unmerged = await logitsOf(opened, test);
    await endSecond(opened);
    expectClose(await logitsOf(opened, test), unmerged, 1e-4);
    expect(unmerged).not.toEqual(whole);
  });

  it('leaves nothing but whole weights, and trains what its settings say', async () => {
    const opened = await openSecond(name);
    const before = valuesOf(opened.learner.parameters);
    await trainOn(opened, 2);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((key) => String(after[key]) !== String(before[key]));
    const factors = weights(opened).flatMap(([layer]) =>
      ['U_low', 'S_low', 'V_low'].map((factor) => `${layer}.osft_${factor}`),
    );
    expect(changed.sort()).toEqual([...factors, 'head.weight', 'head.bias'].sort());
    await endSecond(opened);
    expect(Object.keys(opened.learner.parameters).filter((key) => key.includes('osft'))).toEqual([]);
    expect(Object.keys(opened.learner.moments).filter((key) => key.includes('osft'))).toEqual([]);
  });
});

describe('OSFT', () => {
  it('trains whole weights in the first task, or splits it like any other', async () => {
    const full = await open('mlp');
    await full.learner.method.beginTask?.(full.learner, task(full, 1));
    expect([...full.learner.trainable].sort()).toEqual([
      'head.bias',
      'head.weight',
      'layers.0.weight',
      'layers.1.weight',
    ]);
    const split = await open('mlp', { firstTask: 'split' });
    await split.learner.method.beginTask?.(split.learner, task(split, 1));
    expect(split.learner.trainable).not.toContain('layers.0.weight');
    expect(split.learner.trainable).toContain('layers.0.osft_U_low');
  });

  it('trains everything else where others says so', async () => {
    const { learner } = await openSecond('vit', { others: 'all' });
    expect(learner.trainable).toContain('patch_embed.proj.weight');
    expect(learner.trainable).toContain('blocks.0.attn.qkv.bias');
    expect(learner.trainable).not.toContain('blocks.0.attn.qkv.weight');
    expect(learner.trainable).not.toContain('blocks.0.attn.qkv.osft_U_high');
  });

  it('does not adapt the embedding of patches', async () => {
    const { learner } = await openSecond('vit');
    expect(learner.trainable).not.toContain('patch_embed.proj.osft_U_low');
    expect(learner.trainable).toContain('blocks.0.attn.proj.osft_U_low');
  });

  it.each([
    [{ budget: 'fixed', frozen: 0.3 }, [1, 2]],
    [{ budget: 'fixed', frozen: 3 }, [3, 3]],
    [{ budget: 'fixed', frozen: 1 }, [5, 7]],
    [{ budget: 'fixed', frozen: 1, rounding: 'mini-trainer' }, [4, 6]],
    [{ budget: 'fixed', frozen: 0 }, [0, 0]],
    [{ budget: 'schedule', tasks: 2 }, [2, 3]],
    [{ budget: 'schedule', tasks: 5 }, [1, 1]],
    [{ budget: 'adaptive', minimumShare: 0.6, targetShare: 0.6 }, [3, 4]],
  ])('freezes as %j says, and learns all the same', async (settings, ranks) => {
    const opened = await open('mlp', settings);
    await learn(opened, 1);
    await learn(opened, 2);
    const [first, second] = opened.events.filter(({ kind }) => kind === 'ranks');
    expect(first).toMatchObject({ task: 1, ranks: { 'layers.0': 0, 'layers.1': 0 } });
    expect(second).toMatchObject({ task: 2, ranks: { 'layers.0': ranks[0], 'layers.1': ranks[1] } });
  });

  it('refuses a task beyond its schedule', async () => {
    await expect(openSecond('mlp', { budget: 'schedule', tasks: 1 })).rejects.toThrow(
      'The schedule of osft is for 1 tasks, but this is task 2. Set tasks.',
    );
  });

  it('keeps one number of importance for each layer, whose mean is 1', async () => {
    const opened = await open('vit', { budget: 'adaptive' });
    await learn(opened, 1);
    const { importance, ...others } = opened.learner.kept;
    expect(others).toEqual({});
    expect(importance?.shape).toEqual([8]);
    const values = [...(importance?.data ?? [])];
    expect(values.reduce((total, value) => total + value, 0) / 8).toBeCloseTo(1, 5);
    expect(new Set(values).size).toBeGreaterThan(1);
    await learn(opened, 2);
    const ranks = opened.events.filter(({ kind }) => kind === 'ranks').at(-1)?.ranks;
    expect(Object.values(ranks as Record<string, number>)).toEqual(
      values.map((value) => Math.floor(Math.min(1, 0.1 + value * 0.7) * 8)),
    );
  });

  it('counts negative cosines as none, and all layers alike where no cosine is positive', () => {
    expect(importanceOf([0.2, -0.5, 0.4])).toEqual([1, 0, 2].map((value) => expect.closeTo(value, 12)));
    expect(importanceOf([-1, 0])).toEqual([1, 1]);
  });

  it('names the weight that it cannot split', async () => {
    const opened = await open('mlp');
    await learn(opened, 1);
    const { data } = opened.learner.parameter('layers.1.weight');
    data[3] = Number.NaN;
    expect(() => opened.learner.method.beginTask?.(opened.learner, task(opened, 2))).toThrow(
      /layers\.1\.weight.*NaN/,
    );
  });

  it.each(['fixed', 'adaptive'])('resumed from a checkpoint goes on alike, budget %s', async (budget) => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open('mlp', { budget }));
    expect(resumed).toEqual(undisturbed);
  });
});
