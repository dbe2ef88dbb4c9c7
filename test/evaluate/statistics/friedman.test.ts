import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageRanks, criticalDifference, friedmanTest } from '../../../harness/evaluate/statistics.ts';
import { demsarAccuracies } from './demsar.ts';

/** Hollander & Wolfe (1973), page 140: seconds of 22 players by three ways of rounding first base; R's ?friedman.test. */
const roundingTimes = [
  [5.4, 5.5, 5.55],
  [5.85, 5.7, 5.75],
  [5.2, 5.6, 5.5],
  [5.55, 5.5, 5.4],
  [5.9, 5.85, 5.7],
  [5.45, 5.55, 5.6],
  [5.4, 5.4, 5.35],
  [5.45, 5.5, 5.35],
  [5.25, 5.15, 5],
  [5.85, 5.8, 5.7],
  [5.25, 5.2, 5.1],
  [5.65, 5.55, 5.45],
  [5.6, 5.35, 5.45],
  [5.05, 5, 4.95],
  [5.5, 5.5, 5.4],
  [5.45, 5.55, 5.5],
  [5.55, 5.55, 5.35],
  [5.45, 5.5, 5.55],
  [5.5, 5.45, 5.25],
  [5.65, 5.6, 5.4],
  [5.7, 5.65, 5.55],
  [6.3, 6.3, 6.25],
];

describe('friedmanTest', () => {
  it("gives the numbers of Demšar's worked example", () => {
    const { averageRanks: ranks, chiSquare, f } = friedmanTest(demsarAccuracies, 'higher', 'ignored');
    expect(ranks.map((rank) => rank.toFixed(3))).toEqual(['3.143', '2.000', '2.893', '1.964']);
    expect(chiSquare.statistic).toBeCloseTo(9.28, 2);
    expect(f.statistic).toBeCloseTo(3.69, 2);
    expect(f.degreesOfFreedom).toEqual([3, 39]);
    // He prints the critical value 2.85 of F(3, 39) at 0.05, which 3.69 exceeds.
    expect(f.p).toBeLessThan(0.05);
  });

  it("corrects for ties as R's friedman.test does: χ² = 11.143, p = 0.003805", () => {
    const { chiSquare } = friedmanTest(roundingTimes, 'lower');
    expect(chiSquare.statistic).toBeCloseTo(11.143, 3);
    expect(chiSquare.p).toBeCloseTo(0.003805, 6);
  });

  it('has ranks that add up, and turns over with the direction', () => {
    const table = fc
      .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 8 }))
      .chain(([methods, scenarios]) =>
        fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: methods, maxLength: methods }), {
          minLength: scenarios,
          maxLength: scenarios,
        }),
      );
    fc.assert(
      fc.property(table, (scores) => {
        const up = friedmanTest(scores, 'higher');
        const down = friedmanTest(scores, 'lower');
        const methods = up.averageRanks.length;
        const total = up.averageRanks.reduce((sum, rank) => sum + rank, 0);
        expect(total).toBeCloseTo((methods * (methods + 1)) / 2, 9);
        expect(up.chiSquare.statistic).toBeCloseTo(down.chiSquare.statistic, 9);
        up.averageRanks.forEach((rank, index) => {
          expect(rank + (down.averageRanks[index] ?? 0)).toBeCloseTo(methods + 1, 9);
        });
        expect(up.chiSquare.p).toBeGreaterThanOrEqual(0);
        expect(up.f.p).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('corrects for ties that only rounding breaks', () => {
    const exact = [
      [3, 3, 4],
      [1, 2, 2],
      [5, 1, 1],
    ];
    const rounded = exact.map((row) =>
      row.map((score, index) => (index === 1 ? 1.1 * score : score + 0.1 * score)),
    );
    expect(rounded.flat()).not.toEqual(exact.flat().map((score) => 1.1 * score));
    expect(friedmanTest(rounded)).toEqual(friedmanTest(exact));
  });

  it('refuses a table with a hole', () => {
    expect(() => friedmanTest([[1, 2], [1]])).toThrow('every method on every scenario');
    expect(() => friedmanTest([[1, 2]])).toThrow('two scenarios');
  });
});

describe('criticalDifference', () => {
  const friedman = friedmanTest(demsarAccuracies, 'higher', 'ignored');

  // Demšar, section 3.2.2: CD = 2.569 √(4·5 / 6·14) = 1.25 at 0.05 and 1.12 at 0.10.
  it.each([
    [0.05, 1.25],
    [0.1, 1.12],
  ])('at %f is %f for four learners on 14 data sets', (level, expected) => {
    expect(criticalDifference(friedman, level).difference).toBeCloseTo(expected, 2);
  });

  // Table 5(a) of the same paper: critical values of the two-tailed Nemenyi test at 0.05, made of
  // ranges that were rounded to three decimals before.
  it.each([
    [2, 1.96],
    [3, 2.343],
    [4, 2.569],
    [5, 2.728],
    [6, 2.85],
    [7, 2.949],
    [8, 3.031],
    [9, 3.102],
    [10, 3.164],
  ])('uses the printed critical value of %i methods, %f', (methods, expected) => {
    const averageRanks = Array.from({ length: methods }, (_, index) => index + 1);
    const { difference } = criticalDifference({ averageRanks, scenarios: 10 });
    expect(Math.abs(difference / Math.sqrt((methods * (methods + 1)) / 60) - expected)).toBeLessThan(0.001);
  });

  it('groups the methods that it cannot tell apart, largest groups only', () => {
    const ranks = [4.6, 1.2, 2.1, 3.3];
    expect(criticalDifference({ averageRanks: ranks, scenarios: 8 })).toMatchObject({
      difference: expect.closeTo(1.658, 3),
      groups: [
        [1, 2],
        [2, 3],
        [3, 0],
      ],
    });
  });

  // "The performance of pure C4.5 is significantly worse than that of C4.5+m and C4.5+m+cf. The data is not sufficient to
  // reach any conclusion regarding C4.5+cf" is what he says at 0.10; at 0.05 nothing differs.
  it("joins Demšar's learners as he does", () => {
    expect(criticalDifference(friedman, 0.05).groups).toEqual([[3, 1, 2, 0]]);
    expect(criticalDifference(friedman, 0.1).groups).toEqual([
      [3, 1, 2],
      [2, 0],
    ]);
  });
});

describe('averageRanks', () => {
  it('shares ranks among equal values', () => {
    expect(averageRanks([7, 5, 7, 9])).toEqual([2.5, 1, 2.5, 4]);
  });

  it('takes values for equal that rounding alone tells apart, and no others', () => {
    expect(averageRanks([0.1 + 0.2, 0.4, 0.3, 0.3 + 1e-9])).toEqual([1.5, 4, 1.5, 3]);
    // Steps that are none each make one that is.
    expect(averageRanks([0.3, 0.3 + 8e-11, 0.3 + 1.6e-10])).toEqual([1.5, 1.5, 3]);
  });
});
