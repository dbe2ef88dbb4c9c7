import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionPower, pooledTest } from '../../../harness/evaluate/statistics.ts';
import { Random } from '../../../harness/random.ts';

describe('pooledTest', () => {
  // R: t.test(extra ~ group, data = sleep, var.equal = TRUE) prints t = -1.8608, df = 18, p-value = 0.07919.
  it("gives what R prints for Student's sleep data", () => {
    const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const { statistic, degreesOfFreedom, p, difference } = pooledTest(first, second);
    expect(statistic).toBeCloseTo(-1.8608, 4);
    expect(degreesOfFreedom).toBe(18);
    expect(p).toBeCloseTo(0.07919, 5);
    expect(difference).toBeCloseTo(-1.58, 12);
  });

  it('judges a single value by the spread of the reference', () => {
    // (3 − 2) / √(1 · (1 + 1/3)) with 2 degrees of freedom.
    expect(pooledTest([3], [1, 2, 3])).toMatchObject({
      statistic: expect.closeTo(Math.sqrt(3 / 4), 12),
      degreesOfFreedom: 2,
    });
  });

  it('knows equal values and values without spread', () => {
    expect(pooledTest([1, 1], [1, 1])).toMatchObject({ statistic: 0, p: 1 });
    expect(pooledTest([0.9], [1, 1, 1])).toMatchObject({ statistic: -Infinity, p: 0 });
    expect(() => pooledTest([1], [1])).toThrow('three');
  });
});

describe('detectionPower', () => {
  // R's ?power.t.test: n = 20, delta = 1, sd = 1 prints power = 0.8689528.
  it('gives what R prints', () => {
    expect(detectionPower({ difference: 1, deviation: 1, counts: [20, 20], level: 0.05 })).toBeCloseTo(
      0.8689528,
      6,
    );
  });

  it.each([0, 1.3])(
    'is the share of simulated tests that find the difference, larger than the tolerance %d',
    (tolerance) => {
      const planned = { difference: 1.2, deviation: 1, counts: [5, 12], level: 0.05, tolerance } as const;
      const random = new Random(1, 'power');
      const draw = (count: number, mean: number): number[] =>
        Array.from({ length: count }, () => mean + random.normal());
      const trials = 4000;
      let found = 0;
      for (let trial = 0; trial < trials; trial++) {
        const { p, difference } = pooledTest(draw(5, 1.2), draw(12, 0));
        if (p <= 0.05 && difference > tolerance) found++;
      }
      // Three standard errors of a share of 4000.
      expect(Math.abs(found / trials - detectionPower(planned))).toBeLessThan(0.024);
    },
  );

  it('is a probability for whatever is planned', () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const counts = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 2, max: 1000 }));
    fc.assert(
      fc.property(
        number(0, 1),
        number(1e-6, 1),
        counts,
        number(1e-4, 0.2),
        (difference, deviation, sizes, level) => {
          const power = detectionPower({ difference, deviation, counts: sizes, level });
          expect(power).toBeGreaterThanOrEqual(0);
          expect(power).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 500 },
    );
  });

  // By numerical integration over the logarithm of χ², in another program. jStat's series gives 1 for the first two.
  it.each([
    [0.05, 0.0016, [1, 3], 0.01, 0.999323],
    [0.05, 0.0016, [1, 3], 0.005, 0.974215],
    [1, 0.1, [2, 1], 0.002, 0.020464],
    [0.3, 0.1, [5, 30], 0.05, 0.999976],
  ] as const)(
    'is right far from zero: %d over %d with %j values at %d',
    (difference, deviation, counts, level, power) => {
      expect(detectionPower({ difference, deviation, counts, level })).toBeCloseTo(power, 5);
    },
  );

  it('grows with the number of values up to what the smaller sample allows', () => {
    const power = (first: number): number =>
      detectionPower({ difference: 1, deviation: 1, counts: [first, 10], level: 0.01 });
    const powers = [1, 2, 4, 8, 16, 64, 1000].map(power);
    expect(powers).toEqual(powers.toSorted((left, right) => left - right));
    expect(power(1000)).toBeLessThan(0.8);
    expect(detectionPower({ difference: 100, deviation: 0.1, counts: [3, 3], level: 0.01 })).toBeCloseTo(
      1,
      9,
    );
  });
});
