import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random, seedRoles, seedsFrom } from '../harness/random.ts';

const first = (random: Random, count = 8): number[] => Array.from({ length: count }, () => random.uniform());

/** Σ (observed − expected)² / expected, for counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((total, count) => total + count, 0) / counts.length;
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

describe('a stream', () => {
  it('is the same for the same seed and label', () => {
    expect(first(new Random(1, 'task', 3))).toEqual(first(new Random(1, 'task', 3)));
  });

  it('stays what it was when this test was written', () => {
    const random = new Random(0, 'fixed');
    expect(random.uniform()).toBe(0.4752346705645323);
    expect(random.integer(1000)).toBe(866);
    expect([...random.permutation(5)]).toEqual([1, 3, 0, 4, 2]);
  });

  it('differs for other seeds and other labels', () => {
    const labels = [
      [1],
      [2],
      [1, 'a'],
      [1, 'b'],
      [1, 'a', 1],
      [1, 'a', '1'],
      [1, 'a1'],
      [-1],
      [2 ** 40],
    ] as const;
    const starts = labels.map(([seed, ...label]) => first(new Random(seed, ...label)).join());
    expect(new Set(starts).size).toBe(labels.length);
  });

  it('does not depend on what other streams do', () => {
    const [one, other] = [new Random(1, 'a'), new Random(1, 'b')];
    const interleaved = Array.from({ length: 8 }, () => [one.uniform(), other.uniform()][0]);
    expect(interleaved).toEqual(first(new Random(1, 'a')));
  });
});

describe('uniform', () => {
  const values = first(new Random(3, 'uniform'), 100_000);

  it('lies in [0, 1)', () => {
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it('has the mean and the variance of the uniform distribution, within five standard errors', () => {
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / values.length));
    const variance = mean(values.map((value) => (value - 1 / 2) ** 2));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / values.length));
  });

  it('gives neighbours that are not correlated', () => {
    const products = values.slice(1).map((value, index) => (value - 1 / 2) * ((values[index] ?? 0) - 1 / 2));
    expect(Math.abs(mean(products))).toBeLessThan(5 / 12 / Math.sqrt(values.length));
  });
});

describe('normal', () => {
  const random = new Random(4, 'normal');
  const values = Array.from({ length: 100_000 }, () => random.normal());

  it.each([
    ['mean', 1, 0, 1],
    ['variance', 2, 1, 2],
    ['third moment', 3, 0, 15],
    ['fourth moment', 4, 3, 96],
  ])('has the %s of the standard normal distribution', (_, power, expected, variance) => {
    const moment = mean(values.map((value) => value ** power));
    expect(Math.abs(moment - expected)).toBeLessThan(5 * Math.sqrt(variance / values.length));
  });

  it('is always finite', () => {
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe('permutation', () => {
  it('has every number once', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer(), (count, seed) => {
        const sorted = [...new Random(seed).permutation(count)].sort((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length: count }, (_, index) => index));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('gives each of the 24 orders of four equally often', () => {
    const counts = new Map<string, number>();
    const random = new Random(5);
    for (let draw = 0; draw < 24_000; draw++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // The 99.99% point of χ² with 23 degrees of freedom.
    expect(chiSquare([...counts.values()])).toBeLessThan(57.8);
  });
});

describe('sample', () => {
  it('draws different numbers below the count, and never more than there are', () => {
    const random = new Random(6);
    expect(new Set(random.sample(100, 30)).size).toBe(30);
    expect(random.sample(3, 10)).toHaveLength(3);
    expect(random.sample(3, 0)).toHaveLength(0);
    expect(random.sample(0, 2)).toHaveLength(0);
  });

  it('draws each number equally often', () => {
    const counts = new Array<number>(10).fill(0);
    const random = new Random(7);
    for (let draw = 0; draw < 10_000; draw++) {
      for (const number of random.sample(10, 3)) counts[number] = (counts[number] ?? 0) + 1;
    }
    // The 99.99% point of χ² with 9 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(33.7);
  });
});

describe('seedsFrom', () => {
  it('gives every role the seed, save those that are fixed', () => {
    expect(Object.keys(seedsFrom(4)).sort()).toEqual([...seedRoles].sort());
    expect(seedsFrom(4, { classOrder: 9 })).toEqual({
      classOrder: 9,
      initialWeights: 4,
      exampleOrder: 4,
      memorySampling: 4,
    });
  });
});
