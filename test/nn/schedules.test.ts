import { describe, expect, it } from 'vitest';
import { schedule } from '../../harness/nn/schedules.ts';

const course = (name: 'constant' | 'cosine', updates: number, warmup?: number): number[] =>
  Array.from({ length: updates }, (_, update) => schedule(name, warmup)(update, updates));

describe('a constant rate', () => {
  it('is 1 throughout', () => {
    expect(course('constant', 4)).toEqual([1, 1, 1, 1]);
  });

  it('rises first where there is a warm-up', () => {
    expect(course('constant', 6, 4)).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
  });
});

describe('a cosine', () => {
  it('falls from 1 through a half in the middle', () => {
    const shares = course('cosine', 4);
    const expected = [1, (1 + Math.SQRT1_2) / 2, 1 / 2, (1 - Math.SQRT1_2) / 2];
    for (const [update, share] of expected.entries()) expect(shares[update]).toBeCloseTo(share, 15);
  });

  it('would be 0 after the last update', () => {
    expect(schedule('cosine')(100, 100)).toBeCloseTo(0, 15);
  });

  it('begins after the warm-up, from the full rate', () => {
    const shares = course('cosine', 6, 2);
    const expected = [0.5, 1, 1, (1 + Math.SQRT1_2) / 2, 1 / 2, (1 - Math.SQRT1_2) / 2];
    for (const [update, share] of expected.entries()) expect(shares[update]).toBeCloseTo(share, 15);
  });

  it('never leaves [0, 1], whatever the warm-up', () => {
    for (const warmup of [0, 1, 5, 10, 50]) {
      for (const share of course('cosine', 10, warmup)) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }
    }
  });

  it('of one update takes the full rate', () => {
    expect(course('cosine', 1)).toEqual([1]);
  });
});
