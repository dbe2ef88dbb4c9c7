import { describe, expect, it } from 'vitest';
import { float32, scalar } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { kappaOf, stepsOfEachKappa, thresholded } from '../../methods/codyra.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';
import { undisturbedAndResumed } from '../support/resumed.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const backbones = {
  mlp: { tasks: twoTasks(), backbone: { name: 'mlp', hidden: [8, 7] } },
  vit: {
    tasks: twoTasks({ shape: [1, 4, 4] }),
    backbone: { name: 'vit', patch: 2, width: 8, depth: 1, heads: 2, mlpRatio: 2 },
  },
} as const;
type BackboneName = keyof typeof backbones;

/** 24 steps a task; the weights end with about half of them 0. */
const strong = { rank: 6, kappaMax: 0.1, thresholdSteps: 4 };

async function open(name: BackboneName = 'mlp', settings = {}, method = 'codyra'): Promise<Opened> {
  return openLearner({
    method: (await loadMethod(method)).method,
    ...backbones[name],
    settings,
    training: { epochs: 8, learningRate: 0.01, optimiser: 'adamw' },
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

function testLogits(opened: Opened, name: BackboneName): Promise<number[]> {
  return logitsOf(opened, backbones[name].tasks[0].test);
}

function rankWeights({ learner }: Opened): number[] {
  return Object.entries(valuesOf(learner.parameters)).flatMap(([name, values]) =>
    name.endsWith('.codyra_w') ? values : [],
  );
}

describe.each(['mlp', 'vit'] as const)('CoDyRA of the %s', (name) => {
  it('changes no prediction when a task begins', async () => {
    const opened = await open(name);
    const before = await testLogits(opened, name);
    await begin(opened, 1);
    expectClose(await testLogits(opened, name), before, 1e-6);
    expectClose(before, await testLogits(await open(name, {}, 'finetune'), name), 1e-6);
  });

  it('computes the same merged as unmerged, and logs how many ranks were left', async () => {
    const opened = await open(name, strong);
    await begin(opened, 1);
    await trainOn(opened, 1);
    const unmerged = await testLogits(opened, name);
    const left = rankWeights(opened).filter((weight) => weight !== 0).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(rankWeights(opened).length);
    const weightBefore = valuesOf(opened.learner.parameters);
    await end(opened, 1);
    expectClose(await testLogits(opened, name), unmerged, 1e-4);
    expect(valuesOf(opened.learner.parameters)).not.toEqual(weightBefore);
    expect(Object.keys(opened.learner.parameters).filter((key) => key.includes('codyra'))).toEqual([]);
    const [event] = opened.events.filter(({ kind }) => kind === 'ranks');
    expect(event).toMatchObject({ task: 1 });
    const ranks = Object.values(event?.ranks as Record<string, number>);
    expect(ranks).toHaveLength(name === 'mlp' ? 2 : 4);
    expect(ranks.reduce((total, rank) => total + rank, 0)).toBe(left);
  });

  it('gives a rank of weight 0 no effect, before merging and after', async () => {
    const [one, other] = [await open(name, strong), await open(name, strong)];
    for (const opened of [one, other]) {
      await begin(opened, 1);
      await trainOn(opened, 1);
    }
    for (const [key, { data, shape }] of Object.entries(other.learner.parameters)) {
      if (!key.endsWith('.codyra_w')) continue;
      const layer = key.replace('.codyra_w', '');
      const { rank } = strong;
      const changed = (part: string, isOfRank: (index: number, of: number) => boolean): void => {
        const tensor = other.learner.parameter(`${layer}.${part}`);
        const values = tensor.data.map((value, index) =>
          data.some((weight, of) => weight === 0 && isOfRank(index, of)) ? 1e3 : value,
        );
        other.learner.setParameter(`${layer}.${part}`, float32(values as Float32Array, tensor.shape));
      };
      expect(shape).toEqual([rank]);
      const { shape: down } = other.learner.parameter(`${layer}.codyra_A`);
      changed('codyra_A', (index, of) => Math.floor(index / (down[1] as number)) === of);
      changed('codyra_B', (index, of) => index % rank === of);
    }
    expect(rankWeights(one)).toContain(0);
    expect(new Set(rankWeights(one)).size).toBeGreaterThan(2);
    expectClose(await testLogits(other, name), await testLogits(one, name), 1e-6);
    await end(one, 1);
    await end(other, 1);
    expect(valuesOf(other.learner.parameters)).toEqual(valuesOf(one.learner.parameters));
  });

  it('trains the updates and the head, and between tasks leaves whole weights alone', async () => {
    const opened = await open(name);
    await begin(opened, 1);
    const before = valuesOf(opened.learner.parameters);
    await trainOn(opened, 1);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((key) => String(after[key]) !== String(before[key]));
    expect(changed.every((key) => /^head\.|\.codyra_[ABw]$/.test(key))).toBe(true);
    expect(changed).toHaveLength(2 + 3 * (name === 'mlp' ? 2 : 4));
    await end(opened, 1);
    expect([...opened.learner.trainable]).toEqual(['head.weight', 'head.bias']);
  });
});

describe('the threshold during training', () => {
  it.each(['official', 'soft'])('sets weights to exactly 0: %s', async (threshold) => {
    const opened = await open('mlp', { ...strong, threshold });
    await begin(opened, 1);
    const before = rankWeights(opened);
    await trainOn(opened, 1);
    expect(before).not.toContain(0);
    expect(rankWeights(opened)).toContain(0);
  });

  it('official leaves nothing between 0 and κ', async () => {
    const opened = await open('mlp', strong);
    await begin(opened, 1);
    await trainOn(opened, 1);
    const left = rankWeights(opened).filter((weight) => weight !== 0);
    for (const weight of left) expect(Math.abs(weight)).toBeGreaterThanOrEqual(strong.kappaMax);
  });

  it('is not there where the setting says none', async () => {
    const opened = await open('mlp', { ...strong, threshold: 'none' });
    await begin(opened, 1);
    await trainOn(opened, 1);
    expect(rankWeights(opened)).not.toContain(0);
    await end(opened, 1);
    expect(opened.events.filter(({ kind }) => kind === 'notice')).toEqual([]);
  });

  it('says in the log when a task is too short for it, and only then', async () => {
    const short = await open('mlp', { ...strong, thresholdSteps: 13 });
    const long = await open('mlp', { ...strong, thresholdSteps: 12 });
    const never = await open('mlp', { ...strong, thresholdSteps: 1 });
    await learn(never, 1);
    expect(never.events.filter(({ kind }) => kind === 'notice')).toHaveLength(1);
    for (const index of [1, 2]) {
      await learn(short, index);
      await learn(long, index);
    }
    const notices = short.events.filter(({ kind }) => kind === 'notice');
    expect(notices.map(({ task }) => task)).toEqual([1, 2]);
    expect(notices[0]?.text).toMatch(/^Nothing was thresholded: the 24 steps .*Set thresholdSteps lower/);
    expect(long.events.filter(({ kind }) => kind === 'notice')).toEqual([]);
  });
});

describe('κ', () => {
  it.each([
    [500, 50, 0.5],
    [24, 4, 0.5],
    [41, 4, 0.3],
    [100, 7, 0],
    [97, 1, 0.2],
    [60, 50, 0.5],
    [10, 2, 1],
  ])(
    'over %i steps with %i values and dense share %d is what the loop of the code gives',
    (steps, num, share) => {
      const schedule = { kappaMax: 0.01, thresholdSteps: num, denseShare: share };
      const values = Array.from({ length: num }, (_, index) => (0.01 * index) / Math.max(1, num - 1));
      const length = stepsOfEachKappa(steps, schedule);
      let index = 0;
      for (let step = 0; step < steps; step++) {
        if (length > 0 && step >= share * steps && step % length === 0) index = Math.min(index + 1, num - 1);
        const applied = length > 0 && step > share * steps ? (values[index] ?? 0) : 0;
        expect(kappaOf(step, steps, schedule), `step ${step}`).toBeCloseTo(applied, 15);
      }
    },
  );

  it('of 0 changes nothing', async () => {
    const w = float32([0, -0.5, 1e-20, 2], [4]);
    for (const operator of ['official', 'soft'] as const) {
      const { result } = await runOnce('onnx', { w, kappa: scalar(0) }, (at) => ({
        result: thresholded(at('w'), at('kappa'), operator),
      }));
      expect(result?.data).toEqual(w.data);
    }
  });
});

describe('CoDyRA', () => {
  it('draws every update anew, with weights as the setting says', async () => {
    const opened = await open('mlp');
    await begin(opened, 1);
    const first = valuesOf(opened.learner.parameters);
    await trainOn(opened, 1);
    await end(opened, 1);
    await begin(opened, 2);
    const second = valuesOf(opened.learner.parameters);
    for (const part of ['A', 'w']) {
      expect(second[`layers.0.codyra_${part}`]).not.toEqual(first[`layers.0.codyra_${part}`]);
    }
    expect(new Set(second['layers.0.codyra_B'])).toEqual(new Set([0]));
    const ones = await open('mlp', { initialWeights: 'ones' });
    await begin(ones, 1);
    expect(new Set(rankWeights(ones))).toEqual(new Set([1]));
  });

  it('adapts attention and MLP of a transformer, not the embedding of patches', async () => {
    const opened = await open('vit');
    await begin(opened, 1);
    const adapted = Object.keys(opened.learner.parameters).filter((name) => name.endsWith('codyra_w'));
    expect(adapted).toEqual(
      ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2'].map((layer) => `blocks.0.${layer}.codyra_w`),
    );
  });

  it('names the matrix that holds what is no number', async () => {
    const opened = await open('mlp');
    await begin(opened, 1);
    const { data } = opened.learner.parameter('layers.1.codyra_B');
    data[3] = Number.NaN;
    await expect(end(opened, 1)).rejects.toThrow(/layers\.1\.codyra_B.*NaN/);
  });

  it('resumed from a checkpoint goes on alike', async () => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open('mlp', strong));
    expect(resumed).toEqual(undisturbed);
  });
});
