import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { linear, rowsOf } from '../nn/float64.ts';
import { mixture } from '../nn/mixture-float64.ts';
import { expectClose } from '../support/closeness.ts';
import { undisturbedAndResumed } from '../support/resumed.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const mlp = { tasks: twoTasks(), backbone: { name: 'mlp', hidden: [8, 7] } } as const;
const vit = {
  tasks: twoTasks({ shape: [1, 4, 4] }),
  backbone: { name: 'vit', patch: 2, width: 8, depth: 1, heads: 2, mlpRatio: 2 },
} as const;

const sharp = { activation: 'self', topk: 3, temperature: 0.1, threshold: 0.2 } as const;

async function open(settings = {}, on: typeof mlp | typeof vit = mlp, method = 'mora'): Promise<Opened> {
  return openLearner({
    method: (await loadMethod(method)).method,
    ...on,
    settings: { rank: 4, ...sharp, 'training.learningRate': 0.05, ...settings },
    training: { epochs: 10 },
  });
}

async function begin(opened: Opened, index: number): Promise<void> {
  const task = opened.stream.tasks[index - 1];
  if (task) await opened.learner.method.beginTask?.(opened.learner, task);
}

function logits(opened: Opened, on: typeof mlp | typeof vit = mlp): Promise<number[]> {
  return logitsOf(opened, on.tasks[0].test);
}

function matrix({ learner }: Opened, name: string): number[][] {
  const { data, shape } = learner.parameter(name);
  return rowsOf(data, shape[1] ?? 0);
}

/** All cells of a layer of the MLP, frozen ones first. */
function cellsOf(opened: Opened, layer: string): { keys: number[][]; values: number[][] } {
  const hasBank = `${layer}.mora_bank_A` in opened.learner.parameters;
  const of = (name: string): number[][] => matrix(opened, `${layer}.mora_${name}`);
  if (!hasBank) return { keys: of('A'), values: of('B') };
  const added = of('B');
  return {
    keys: [...of('bank_A'), ...of('A')],
    values: of('bank_B').map((row, output) => [...row, ...(added[output] ?? [])]),
  };
}

/** What the MLP answers, by the formula in float64. */
function byHand(opened: Opened, settings: Parameters<typeof mixture>[2]): number[] {
  const values = valuesOf(opened.learner.parameters);
  const dense = (row: number[], name: string): number[] =>
    linear(row, values[`${name}.weight`] ?? [], values[`${name}.bias`] ?? []);
  return mlp.tasks[0].test.inputs.flatMap((input) => {
    let row = [...input];
    for (const layer of ['layers.0', 'layers.1']) {
      const update = mixture(row, cellsOf(opened, layer), settings, false);
      row = dense(row, layer).map((value, index) => Math.max(0, value + (update[index] ?? 0)));
    }
    return dense(row, 'head');
  });
}

describe('MoRA', () => {
  it.each([
    ['all cells in the softmax', { topk: 4, threshold: 0 }],
    ['all cells, unweighted', { activation: 'all' }],
    ['the largest, and a threshold', {}],
  ] as const)('is its formula after one task and after two: %s', async (_, changed) => {
    const settings = { ...sharp, ...changed };
    const opened = await open(settings);
    await learn(opened, 1);
    const expected = byHand(opened, settings);
    expectClose(await logits(opened), expected, 1e-5);
    // The update is no small part of what was compared.
    const without = byHand(opened, { ...sharp, threshold: 2 });
    expect(
      Math.max(...expected.map((value, index) => Math.abs(value - (without[index] ?? 0)))),
    ).toBeGreaterThan(0.05);
    await learn(opened, 2);
    expectClose(await logits(opened), byHand(opened, settings), 1e-5);
  });

  it('changes no prediction before training, and adapts attention and MLP of a transformer', async () => {
    const opened = await open({}, vit);
    const before = await logits(opened, vit);
    await begin(opened, 1);
    expectClose(await logits(opened, vit), before, 1e-6);
    expect(Object.keys(opened.learner.parameters).filter((name) => name.endsWith('mora_A'))).toEqual(
      ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2'].map((layer) => `blocks.0.${layer}.mora_A`),
    );
  });

  it('trains the newest cells and the head, and never changes older cells or weights', async () => {
    const opened = await open({ rank: 2 });
    await learn(opened, 1);
    const [keys, values] = [matrix(opened, 'layers.0.mora_A'), matrix(opened, 'layers.0.mora_B')];
    await begin(opened, 2);
    expect(matrix(opened, 'layers.0.mora_bank_A')).toEqual(keys);
    expect(matrix(opened, 'layers.0.mora_bank_B')).toEqual(values);
    const before = valuesOf(opened.learner.parameters);
    await trainOn(opened, 2);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((name) => String(after[name]) !== String(before[name]));
    expect(changed.sort()).toEqual([
      'head.bias',
      'head.weight',
      'layers.0.mora_A',
      'layers.0.mora_B',
      'layers.1.mora_A',
      'layers.1.mora_B',
    ]);
    await begin(opened, 1);
    expect(matrix(opened, 'layers.0.mora_bank_A')).toHaveLength(4);
    expect(matrix(opened, 'layers.0.mora_bank_A').slice(0, 2)).toEqual(keys);
    expect(matrix(opened, 'layers.0.mora_bank_B').map((row) => row.slice(0, 2))).toEqual(values);
  });

  it('lets fresh cells act through the norm and the top-k alone', async () => {
    const opened = await open();
    await learn(opened, 1);
    const before = await logits(opened);
    await begin(opened, 2);
    const after = await logits(opened);
    expect(Math.max(...after.map((value, index) => Math.abs(value - (before[index] ?? 0))))).toBeGreaterThan(
      1e-3,
    );
    expectClose(after, byHand(opened, sharp), 1e-5);
    // Without norm and top-k they change nothing.
    const plain = await open({ activation: 'all' });
    await learn(plain, 1);
    const alone = await logits(plain);
    await begin(plain, 2);
    expectClose(await logits(plain), alone, 1e-6);
  });

  it('answers alike for an example alone and among others', async () => {
    const opened = await open({}, vit);
    await learn(opened, 1);
    await learn(opened, 2);
    const { test } = vit.tasks[0];
    const together = await logits(opened, vit);
    const alone = [];
    for (let row = 0; row < test.count; row++) alone.push(...(await logitsOf(opened, test.picked([row]))));
    expectClose(alone, together, 1e-6);
  });

  it.each(['mlp', 'vit'] as const)('predicts the same sparse as dense: %s', async (name) => {
    const on = { mlp, vit }[name];
    const found = [];
    for (const inference of ['dense', 'sparse', 'auto']) {
      const opened = await open({ inference }, on);
      await learn(opened, 1);
      await learn(opened, 2);
      found.push(await logits(opened, on));
    }
    expectClose(found[1] ?? [], found[0] ?? [], 1e-5);
    expectClose(found[2] ?? [], found[0] ?? [], 1e-5);
  });

  it.each([
    ['kept', 2],
    ['dropped', 1],
  ] as const)(
    'multiplies new values by the scale, which is %s when they are frozen',
    async (bankScale, factor) => {
      const opened = await open({ scale: 2, bankScale });
      await learn(opened, 1);
      const trained = matrix(opened, 'layers.1.mora_B');
      const doubled = await open({});
      Object.assign(doubled.learner.parameters, opened.learner.parameters);
      for (const layer of ['layers.0', 'layers.1']) {
        const { data } = doubled.learner.parameter(`${layer}.mora_B`);
        doubled.learner.setParameter(`${layer}.mora_B`, {
          ...doubled.learner.parameter(`${layer}.mora_B`),
          data: data.map((value) => 2 * value) as Float32Array,
        });
      }
      expectClose(await logits(opened), await logits(doubled), 1e-6);
      await begin(opened, 2);
      expect(matrix(opened, 'layers.1.mora_bank_B')).toEqual(
        trained.map((row) => row.map((value) => factor * value)),
      );
    },
  );

  it('resumed from a checkpoint goes on alike', async () => {
    for (const settings of [{}, { budget: 3 }]) {
      const [undisturbed, resumed] = await undisturbedAndResumed(() => open(settings));
      expect(resumed).toEqual(undisturbed);
    }
  });
});

describe('the budget', () => {
  it('keeps the strongest cells of old and new, and says how many', async () => {
    const opened = await open({ rank: 3, budget: 4 });
    const free = await open({ rank: 3 });
    await learn(opened, 1);
    await learn(free, 1);
    // Three cells fit.
    expect(valuesOf(opened.learner.parameters)).toEqual(valuesOf(free.learner.parameters));
    await learn(opened, 2);
    await learn(free, 2);
    for (const layer of ['layers.0', 'layers.1']) {
      const { keys, values } = cellsOf(free, layer);
      const strengths = keys.map(
        (key, cell) => Math.hypot(...key) * Math.hypot(...values.map((row) => row[cell] ?? 0)),
      );
      const limit = [...strengths].sort((left, right) => right - left)[3] ?? 0;
      const kept = [...strengths.keys()].filter((cell) => (strengths[cell] ?? 0) >= limit);
      expect(kept).toHaveLength(4);
      expect(matrix(opened, `${layer}.mora_bank_A`)).toEqual(kept.map((cell) => keys[cell]));
      expect(matrix(opened, `${layer}.mora_bank_B`)).toEqual(
        values.map((row) => kept.map((cell) => row[cell])),
      );
    }
    expect(Object.keys(opened.learner.parameters).filter((name) => /mora_[AB]$/.test(name))).toEqual([]);
    expect([...opened.learner.trainable]).toEqual(['head.weight', 'head.bias']);
    const ranks = opened.events.filter(({ kind }) => kind === 'ranks').map((event) => event.ranks);
    expect(ranks).toEqual([
      { 'layers.0': 3, 'layers.1': 3 },
      { 'layers.0': 4, 'layers.1': 4 },
    ]);
  });

  it('holds over many tasks, and training goes on from the cells that are left', async () => {
    const opened = await open({ rank: 4, budget: 2 });
    for (const index of [1, 2, 1, 2]) {
      await learn(opened, index);
      expect(matrix(opened, 'layers.0.mora_bank_A')).toHaveLength(2);
    }
    await begin(opened, 1);
    expect(cellsOf(opened, 'layers.0').keys).toHaveLength(6);
    expectClose(await logits(opened), byHand(opened, sharp), 1e-5);
  });
});
