import { describe, expect, it } from 'vitest';
import { bootstrapInterval, mean } from '../../../harness/evaluate/statistics.ts';

/**
 * Efron & Tibshirani, "An introduction to the bootstrap" (1993), table 14.1:
 * test A of 26 neurologically impaired children.
 */
const spatialTest = [
  48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41,
];

function plugInVariance(values: readonly number[]): number {
  const centre = mean([...values]);
  return values.reduce((total, value) => total + (value - centre) ** 2, 0) / values.length;
}

describe('bootstrapInterval', () => {
  // Table 14.2: θ̂ = 171.5; 90% intervals of 2000 resamples: percentile (100.8, 233.9), BCa (115.8, 259.6).
  it.each([
    ['percentile', 100.8, 233.9],
    ['bca', 115.8, 259.6],
  ] as const)('gives the %s interval of the spatial test data', (form, low, high) => {
    const found = bootstrapInterval(spatialTest, { statistic: plugInVariance, confidence: 0.9, form });
    if (found.kind !== 'interval') throw new Error(found.reason);
    expect(found.estimate).toBeCloseTo(171.5, 1);
    // The printed ends have a sampling error of their own, about 2 to 4 for 2000 resamples.
    expect(Math.abs(found.low - low)).toBeLessThan(4);
    expect(Math.abs(found.high - high)).toBeLessThan(6);
  });

  it('has the same ends for the same seed', () => {
    expect(bootstrapInterval(spatialTest)).toEqual(bootstrapInterval(spatialTest));
    expect(bootstrapInterval(spatialTest)).not.toEqual(bootstrapInterval(spatialTest, { seed: 2 }));
  });

  it('moves and stretches with the values', () => {
    const plain = bootstrapInterval(spatialTest);
    const moved = bootstrapInterval(spatialTest.map((value) => 3 * value + 7));
    if (plain.kind !== 'interval' || moved.kind !== 'interval') throw new Error('no interval');
    expect(moved.low).toBeCloseTo(3 * plain.low + 7, 9);
    expect(moved.high).toBeCloseTo(3 * plain.high + 7, 9);
  });

  it('takes sums of the same values in another order for equal, whatever their last bit', () => {
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
    const whole = [1, 2, 3, 5, 7, 11];
    const tenths = whole.map((value) => value / 10);
    expect(total(tenths)).not.toBe(total(tenths.toReversed()));
    const [exact, rounded] = [whole, tenths].map((values) => bootstrapInterval(values, { statistic: total }));
    if (exact?.kind !== 'interval' || rounded?.kind !== 'interval') throw new Error('no interval');
    expect([10 * rounded.low, 10 * rounded.high]).toEqual([
      expect.closeTo(exact.low, 9),
      expect.closeTo(exact.high, 9),
    ]);
  });

  it('has no width for equal values, and none at all for two', () => {
    expect(bootstrapInterval([2, 2, 2])).toMatchObject({ low: 2, high: 2 });
    expect(bootstrapInterval([1, 2])).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('2 values'),
    });
  });
});
