import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { toMatrix } from '../../harness/linalg/matrix.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
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

async function open(settings = {}, name: BackboneName = 'mlp', method = 'inc-lora'): Promise<Opened> {
  return openLearner({
    method: (await loadMethod(method)).method,
    ...backbones[name],
    settings: { rank: 2, ...settings },
    training: { epochs: 6, learningRate: 0.02, optimiser: 'adam' },
  });
}

async function begin(opened: Opened, index: number): Promise<void> {
  const task = opened.stream.tasks[index - 1];
  if (task) await opened.learner.method.beginTask?.(opened.learner, task);
}

async function learnBoth(opened: Opened): Promise<Opened> {
  await learn(opened, 1);
  await learn(opened, 2);
  return opened;
}

function logits(opened: Opened, name: BackboneName = 'mlp'): Promise<number[]> {
  return logitsOf(opened, backbones[name].tasks[0].test);
}

describe('IncLoRA', () => {
  it.each(['mlp', 'vit'] as const)('computes the same merged as frozen: %s', async (name) => {
    const [frozen, merged] = [await open({}, name), await open({ keep: 'merged' }, name)];
    const before = await logits(frozen, name);
    await learnBoth(frozen);
    await learnBoth(merged);
    const after = await logits(frozen, name);
    expectClose(await logits(merged, name), after, 1e-4);
    expect(Math.max(...after.map((value, index) => Math.abs(value - (before[index] ?? 0))))).toBeGreaterThan(
      0.1,
    );
    expect(Object.keys(merged.learner.parameters).filter((key) => key.includes('lora'))).toEqual([]);
  });

  it('merged is LoRA merged after each task, with an optimiser for each', async () => {
    const merged = await learnBoth(await open({ keep: 'merged' }));
    const settings = { merge: 'after-task', 'training.optimiserState': 'reset' };
    const sequential = await learnBoth(await open(settings, 'mlp', 'lora'));
    const { 'layers.0.weight': ours, 'head.weight': head } = valuesOf(merged.learner.parameters);
    const theirs = valuesOf(sequential.learner.parameters);
    expect(ours).toEqual(theirs['layers.0.weight']);
    expect(head).toEqual(theirs['head.weight']);
  });

  it('carries the factors of what merging would add', async () => {
    const frozen = await learnBoth(await open());
    const merged = await learnBoth(await open({ keep: 'merged' }));
    for (const layer of ['layers.0', 'layers.1']) {
      const of = (opened: Opened, part: string): Matrix =>
        toMatrix(opened.learner.parameter(`${layer}.${part}`), part);
      const [down, up] = [of(frozen, 'lora_bank_A'), of(frozen, 'lora_bank_B')];
      expect([down.rows, up.columns]).toEqual([4, 4]);
      const change = Matrix.sub(of(merged, 'weight'), of(frozen, 'weight'));
      expectClose(
        up
          .mmul(down)
          .mul(16 / 2)
          .to1DArray(),
        change.to1DArray(),
        1e-4,
      );
    }
  });

  it('changes no prediction when a task begins, and no old update while it trains', async () => {
    const opened = await open();
    await learn(opened, 1);
    const before = await logits(opened);
    await begin(opened, 2);
    expectClose(await logits(opened), before, 1e-6);
    const held = valuesOf(opened.learner.parameters);
    await trainOn(opened, 2);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((name) => String(after[name]) !== String(held[name]));
    expect(changed.sort()).toEqual([
      'head.bias',
      'head.weight',
      'layers.0.lora_A',
      'layers.0.lora_B',
      'layers.1.lora_A',
      'layers.1.lora_B',
    ]);
  });

  it.each(['frozen', 'merged'])('resumed from a checkpoint goes on alike: %s', async (keep) => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open({ keep }));
    expect(resumed).toEqual(undisturbed);
  });
});
