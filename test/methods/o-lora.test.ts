import { addN, grads, mul, type Scalar, sum as sumOf, type Tensor } from '@tensorflow/tfjs-core';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor, zeros } from '../../harness/engine/tensor.ts';
import { toMatrix } from '../../harness/linalg/matrix.ts';
import { Random } from '../../harness/random.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { lengths, overlaps } from '../../methods/o-lora.ts';
import { distance, finiteDifferences, rowsOf, sum } from '../nn/float64.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';
import { undisturbedAndResumed } from '../support/resumed.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

async function open(settings = {}, method = 'o-lora'): Promise<Opened> {
  return openLearner({
    method: (await loadMethod(method)).method,
    tasks: twoTasks(),
    backbone: { name: 'mlp', hidden: [8, 7] },
    settings: {
      rank: 2,
      alpha: 8,
      'training.learningRate': 0.02,
      'training.optimiser': 'adamw',
      'training.weightDecay': 0,
      'training.epochs': 10,
      ...settings,
    },
  });
}

/** A penalty and its gradient by the new factors. */
async function penalty(
  terms: typeof overlaps,
  past: HostTensor,
  current: HostTensor,
  up = zeros([2, 2]),
): Promise<{ value: number; down: number[]; up: number[] }> {
  const found = await runOnce('onnx', { past, current, up }, (of) => {
    const loss = (down: Tensor, values: Tensor): Scalar =>
      // 0 · B, because TF.js knows no gradient by what a loss does not use.
      addN([
        ...terms({ 'x.lora_bank_A': of('past'), 'x.lora_A': down, 'x.lora_B': values }),
        mul(sumOf(values), 0),
      ]) as Scalar;
    const [down, values] = grads(loss)([of('current'), of('up')]) as [Tensor, Tensor];
    return { value: loss(of('current'), of('up')), down, up: values };
  });
  const list = (name: string): number[] => [...(found[name]?.data ?? [])];
  return { value: list('value')[0] ?? Number.NaN, down: list('down'), up: list('up') };
}

describe('the overlap with past updates', () => {
  const past = float32([1, 0, 0, 0, 0, 2, 0, 0], [2, 4]);

  it('is 0 for orthogonal rows, whatever their length', async () => {
    const { value } = await penalty(overlaps, past, float32([0, 0, 3, 0, 0, 0, 1, -5], [2, 4]));
    expect(value).toBe(0);
  });

  it('is the sum of the absolute inner products', async () => {
    // Rows (1, 0, 0, 0) and (0, 2, 0, 0) with (3, −1, 7, 0) and (−2, 0.5, 0, 1): 3, 2, 2, 1.
    const { value } = await penalty(overlaps, past, float32([3, -1, 7, 0, -2, 0.5, 0, 1], [2, 4]));
    expect(value).toBeCloseTo(3 + 2 + 2 + 1, 5);
  });

  it('has the gradient of finite differences', async () => {
    const random = new Random(5, 'overlap');
    const draw = (rows: number): HostTensor =>
      float32(
        Float32Array.from({ length: rows * 4 }, () => random.normal()),
        [rows, 4],
      );
    const [old, current] = [draw(3), draw(2)];
    const loss = (values: readonly number[]): number =>
      sum(
        rowsOf(old.data, 4).flatMap((row) =>
          rowsOf(values, 4).map((other) =>
            Math.abs(sum(row.map((value, index) => value * (other[index] ?? 0)))),
          ),
        ),
      );
    const { value, down } = await penalty(overlaps, old, current);
    expect(value).toBeCloseTo(loss([...current.data]), 4);
    expect(distance(down, finiteDifferences(loss, [...current.data], 1e-6))).toBeLessThan(1e-4);
  });

  it('counts each layer that has past updates, and only those', async () => {
    const given = { past, current: float32([1, 1, 0, 0], [1, 4]) };
    const { found } = await runOnce('onnx', given, (of) => ({
      found: addN(
        overlaps({
          'a.lora_bank_A': of('past'),
          'a.lora_A': of('current'),
          'b.lora_bank_A': of('past'),
          'b.lora_A': of('current'),
          'c.lora_A': of('current'),
        }),
      ),
    }));
    expect(found?.data[0]).toBeCloseTo(2 * 3, 5);
  });
});

describe('the length of the new update', () => {
  it('is that of both factors, with a gradient of 0 for one that is 0', async () => {
    const { value, down, up } = await penalty(lengths, zeros([1, 2]), float32([3, 4, 0, 0], [2, 2]));
    expect(value).toBeCloseTo(5, 5);
    expectClose(down, [0.6, 0.8, 0, 0], 1e-5);
    expect(up.map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
});

describe('O-LoRA', () => {
  function overlap({ learner }: Opened): number {
    return ['layers.0', 'layers.1'].reduce((total, layer) => {
      const bank = toMatrix(learner.parameter(`${layer}.lora_bank_A`), layer);
      const [past, current] = [
        bank.subMatrix(0, 1, 0, bank.columns - 1),
        bank.subMatrix(2, 3, 0, bank.columns - 1),
      ];
      return total + sum(Matrix.abs(past.mmul(current.transpose())).to1DArray());
    }, 0);
  }

  it('leaves less overlap with a penalty than without', async () => {
    const found = [];
    for (const lambda1 of [0, 0.5]) {
      const opened = await open({ lambda1 });
      await learn(opened, 1);
      await learn(opened, 2);
      found.push(overlap(opened));
    }
    expect(found[1]).toBeLessThan(0.3 * (found[0] ?? 0));
  });

  it('makes the new update shorter where its norms are penalised', async () => {
    const found = [];
    for (const lambda2 of [0, 0.3]) {
      const opened = await open({ lambda2 });
      await learn(opened, 1);
      found.push(Math.hypot(...(valuesOf(opened.learner.parameters)['layers.0.lora_bank_A'] ?? [])));
    }
    expect(found[1]).toBeLessThan(0.9 * (found[0] ?? 0));
  });

  it('is IncLoRA in its first task, and in all without penalties', async () => {
    const reset = { 'training.optimiserState': 'reset' };
    const [penalised, free, plain] = [
      await open(reset),
      await open({ ...reset, lambda1: 0 }),
      await open(reset, 'inc-lora'),
    ];
    for (const opened of [penalised, free, plain]) await learn(opened, 1);
    expect(valuesOf(penalised.learner.parameters)).toEqual(valuesOf(plain.learner.parameters));
    for (const opened of [penalised, free, plain]) await learn(opened, 2);
    const { test } = twoTasks()[0];
    expectClose(await logitsOf(free, test), await logitsOf(plain, test), 1e-6);
    expect(valuesOf(penalised.learner.parameters)).not.toEqual(valuesOf(plain.learner.parameters));
  });

  it('trains the head and the new update alone', async () => {
    const opened = await open();
    await learn(opened, 1);
    const [, second] = opened.stream.tasks;
    if (second) await opened.learner.method.beginTask?.(opened.learner, second);
    const before = valuesOf(opened.learner.parameters);
    await trainOn(opened, 2);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((name) => String(after[name]) !== String(before[name]));
    expect(changed.every((name) => /^head\.|\.lora_[AB]$/.test(name))).toBe(true);
    expect(changed).toHaveLength(6);
  });

  it('resumed from a checkpoint goes on alike', async () => {
    const [undisturbed, resumed] = await undisturbedAndResumed(() => open());
    expect(resumed).toEqual(undisturbed);
  });
});
