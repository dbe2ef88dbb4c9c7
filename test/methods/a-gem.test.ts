import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { projected } from '../../methods/a-gem.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, valuesOf } from '../support/tiny-learner.ts';

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

async function project(own: readonly number[], reference: readonly number[]): Promise<number[]> {
  const halves = (values: readonly number[]) => [
    float32(values.slice(0, 3), [3]),
    float32(values.slice(3), [2, 2]),
  ];
  const [a, b] = halves(own);
  const [c, d] = halves(reference);
  if (!a || !b || !c || !d) throw new Error('unreachable');
  const { x, y } = await runOnce('cpu', { a, b, c, d }, (given) =>
    projected({ x: given('a'), y: given('b') }, { x: given('c'), y: given('d') }),
  );
  return [...(x?.data ?? []), ...(y?.data ?? [])];
}

const vector = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 7, maxLength: 7 });

describe('the projected gradient', () => {
  it('has no negative product with the reference, and is the nearest such', async () => {
    await fc.assert(
      fc.asyncProperty(vector, vector, async (own, reference) => {
        const found = await project(own, reference);
        const before = product(own, reference);
        const square = product(reference, reference);
        // Rounding, and what the 10⁻⁷ beside a short reference leaves.
        const left = (Math.abs(before) * 1e-7) / (square + 1e-7);
        const scale = 1.01 * left + 1e-6 * (1e-3 + Math.sqrt(product(own, own) * square));
        expect(product(found, reference)).toBeGreaterThanOrEqual(-scale);
        if (before >= 0) expectClose(found, own, 1e-6);
        // What was taken away is along the reference, and no more than needed.
        else expect(Math.abs(product(found, reference))).toBeLessThan(scale);
      }),
      { numRuns: 40 },
    );
  });

  it('in numbers', async () => {
    const found = await project([1, 0, 0, 0, 0, 0, 0], [-1, 1, 0, 0, 0, 0, 0]);
    expectClose(found, [0.5, 0.5, 0, 0, 0, 0, 0], 1e-6);
  });
});

describe('a-gem', () => {
  it('forgets less of the first task than fine-tuning, from stored examples alone', async () => {
    const tasks = twoTasks({ count: 60 });
    const distances: number[] = [];
    for (const name of ['finetune', 'a-gem']) {
      const { method } = await loadMethod(name);
      const opened = await openLearner({
        method,
        tasks,
        ...(name === 'a-gem' && { settings: { memory: 30 } }),
        training: { epochs: 20 },
      });
      await learn(opened, 1);
      const before = valuesOf(opened.learner.parameters);
      await learn(opened, 2);
      const after = valuesOf(opened.learner.parameters);
      const bias = (values: typeof before): number =>
        (values['head.bias']?.[0] ?? 0) + (values['head.bias']?.[1] ?? 0);
      distances.push(bias(before) - bias(after));
    }
    // The outputs of the first task are pushed down less.
    expect(distances[1] ?? Infinity).toBeLessThan(distances[0] ?? 0);
  });
});
