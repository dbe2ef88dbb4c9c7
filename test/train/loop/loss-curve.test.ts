import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LossCurve, type LossPoint } from '../../../harness/train/loop/loss-curve.ts';

describe('the training curve of a task', () => {
  it('has a point for each update while there are few', () => {
    const curve = new LossCurve(2, 3);
    expect(curve.add([4, 2])).toEqual([
      { kind: 'loss', task: 2, update: 1, loss: 4 },
      { kind: 'loss', task: 2, update: 2, loss: 2 },
    ]);
    expect(curve.add([1])).toEqual([{ kind: 'loss', task: 2, update: 3, loss: 1 }]);
  });

  it('has at most 50 points that stand for every update once, however the updates come', () => {
    const cases = fc.record({
      losses: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 700 }),
      call: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(cases, ({ losses, call }) => {
        const curve = new LossCurve(1, losses.length);
        const found: LossPoint[] = [];
        for (let first = 0; first < losses.length; first += call) {
          found.push(...curve.add(losses.slice(first, first + call)));
        }
        const sum = found.reduce(
          (total, { loss, update }, index) => total + loss * (update - (found[index - 1]?.update ?? 0)),
          0,
        );
        expect(found.length).toBeLessThanOrEqual(50);
        expect(found.at(-1)?.update).toBe(losses.length);
        expect(sum).toBeCloseTo(
          losses.reduce((total, loss) => total + loss, 0),
          6,
        );
      }),
    );
  });
});
