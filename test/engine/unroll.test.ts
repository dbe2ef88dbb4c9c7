import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../harness/engine/program.ts';
import { float32, int32 } from '../../harness/engine/tensor.ts';
import { unroll } from '../../harness/engine/unroll.ts';
import { adding, engineFor, engineNames, listOf } from './support.ts';

/** `m ← m/2 + rate·x; total ← total + m`, with a scalar input, a frozen tensor and two states. */
const smoothing: Program = {
  name: 'smoothing',
  inputs: {
    x: { shape: [2], dtype: 'float32' },
    rate: { shape: [], dtype: 'float32' },
    label: { shape: [1], dtype: 'int32' },
  },
  state: { m: { shape: [2], dtype: 'float32' }, total: { shape: [2], dtype: 'float32' } },
  frozen: { half: float32([0.5], []) },
  run: (tensors) => {
    const given = (name: string): Tensor => tensors[name] as Tensor;
    const m = add(mul(given('m'), given('half')), mul(given('x'), given('rate')));
    return { m, total: add(given('total'), m), seen: given('label'), moment: m };
  },
};

describe.each(engineNames)('several steps in one call on %s', (name) => {
  it('do what as many single calls do', async () => {
    const engine = await engineFor(name);
    const start = { m: float32([0, 1], [2]), total: float32([0, 0], [2]) };
    const xs = [1, 2, 3, 4, 5, 6];
    const rates = [1, 0.5, 0.25];
    const single = await engine.compile(smoothing);
    const [one, many] = [engine.createState(start), engine.createState(start)];
    const moments: number[] = [];
    for (const step of [0, 1, 2]) {
      const results = await single.run(
        {
          x: float32(xs.slice(2 * step, 2 * step + 2), [2]),
          rate: float32(rates.slice(step, step + 1), []),
          label: int32([step], [1]),
        },
        one,
      );
      moments.push(...listOf(results.moment));
    }
    const together = await (await engine.compile(unroll(smoothing, 3))).run(
      { x: float32(xs, [3, 2]), rate: float32(rates, [3]), label: int32([0, 1, 2], [3, 1]) },
      many,
    );
    expect(together.seen).toEqual(int32([0, 1, 2], [3, 1]));
    expect(together.moment).toEqual(float32(moments, [3, 2]));
    expect(await many.read()).toEqual(await one.read());
  });

  it('of which there is one do what the program does', async () => {
    const engine = await engineFor(name);
    const state = engine.createState({ total: float32([1, 1], [2]) });
    const { before } = await (await engine.compile(unroll(adding(), 1))).run(
      { x: float32([2, 3], [1, 2]) },
      state,
    );
    expect(before).toEqual(float32([1, 1], [1, 2]));
    expect(listOf((await state.read()).total)).toEqual([3, 4]);
  });
});
