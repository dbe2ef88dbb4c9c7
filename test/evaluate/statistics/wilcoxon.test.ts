import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean, wilcoxonSignedRank } from '../../../harness/evaluate/statistics.ts';
import { demsarAccuracies } from './demsar.ts';
import { sleepDifferences } from './sleep.ts';

/** All ranks 1 … n, of which those given are positive. */
function differences(count: number, positive: readonly number[]): number[] {
  return Array.from({ length: count }, (_, index) =>
    positive.includes(index + 1) ? index + 1 : -(index + 1),
  );
}

describe('wilcoxonSignedRank', () => {
  // Hollander & Wolfe (1973), pages 29 and following: depression before and after, the example of R's ?wilcox.test, which
  // prints V = 40, p-value = 0.01953 for the one-sided test; the two-sided p is twice that.
  it("gives what R prints for Hollander and Wolfe's depression scores", () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    const { statistic, p, exact } = wilcoxonSignedRank(
      before.map((value, index) => value - (after[index] ?? 0)),
    );
    expect(statistic).toBe(40);
    expect(p).toBeCloseTo(2 * 0.01953125, 8);
    expect(exact).toBe(true);
  });

  // R's wilcox.test(Pair(extra[group == 1], extra[group == 2]) ~ 1, data = sleep) prints V = 0, p-value = 0.009091 by the
  // normal approximation, since there are ties and a zero.
  it("approximates as R does for Student's sleep data, and counts exactly otherwise", () => {
    const approximate = wilcoxonSignedRank(sleepDifferences, 0);
    expect(approximate.p).toBeCloseTo(0.009091, 6);
    expect(approximate.exact).toBe(false);
    expect(wilcoxonSignedRank(sleepDifferences)).toMatchObject({ count: 9, p: 2 / 512, statistic: 45 });
  });

  // Wilcoxon's table, as printed in every textbook: the largest sum of ranks that is significant at 0.05, two-sided.
  it.each([
    [6, 0],
    [7, 2],
    [8, 3],
    [9, 5],
    [10, 8],
    [12, 13],
    [15, 25],
    [20, 52],
    [25, 89],
  ])('with %i pairs refuses at 0.05 up to the tabulated %i', (count, critical) => {
    expect(wilcoxonSignedRank(differences(count, ranksOfSum(count, critical))).p).toBeLessThanOrEqual(0.05);
    expect(wilcoxonSignedRank(differences(count, ranksOfSum(count, critical + 1))).p).toBeGreaterThan(0.05);
  });

  // Demšar (2006), section 3.1.3: C4.5 with and without m on 14 data sets. He finds T = 12 where the two zeros are
  // split, and refuses at 0.05; dropping the zeros leaves R⁻ = 7 of 12.
  it("refuses Demšar's pair of learners", () => {
    const { count, p } = wilcoxonSignedRank(demsarAccuracies.map(([plain = 0, tuned = 0]) => tuned - plain));
    expect(count).toBe(12);
    expect(p).toBeLessThan(0.05);
  });

  it('agrees with counting all assignments of signs, ties or not', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 9 }), (values) => {
        const kept = values.filter((value) => value !== 0);
        const { statistic, p } = wilcoxonSignedRank(values);
        const all = Array.from({ length: 2 ** kept.length }, (_, signs) =>
          wilcoxonSignedRank(kept.map((value, index) => (signs & (1 << index) ? -1 : 1) * Math.abs(value))),
        ).map((test) => test.statistic);
        const below = all.filter((sum) => sum <= statistic).length / all.length;
        const above = all.filter((sum) => sum >= statistic).length / all.length;
        expect(p).toBeCloseTo(Math.min(1, 2 * Math.min(below, above)), 12);
      }),
      { numRuns: 200 },
    );
  });

  it('says of means of counts what it says of the counts, whatever rounding does to their last digits', () => {
    const answers = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 });
    const accuracy = (counts: readonly number[]) => mean(counts.map((count) => count / 100));
    const pair = fc.tuple(answers, fc.integer({ min: -2, max: 2 }), fc.nat(2));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 5, maxLength: 12 }), (pairs) => {
        const rounded = pairs.map(([counts, more, turn]) => {
          // The same counts in another order, and some more in one of them.
          const [first = 0, ...others] = [...counts.slice(turn), ...counts.slice(0, turn)];
          return accuracy([first + more, ...others]) - accuracy(counts);
        });
        const exact = pairs.map(([, more]) => more);
        for (const exactUpTo of [50, 0])
          expect(wilcoxonSignedRank(rounded, exactUpTo)).toEqual(wilcoxonSignedRank(exact, exactUpTo));
      }),
      { numRuns: 500 },
    );
  });

  it('finds nothing where nothing differs', () => {
    expect(wilcoxonSignedRank([0, 0, 0])).toMatchObject({ count: 0, p: 1 });
    expect(wilcoxonSignedRank([0.1 + 0.2 - 0.3, 0.8 - 0.7, 0.1 - 0.2])).toMatchObject({ count: 2, p: 1 });
  });
});

/** Ranks out of 1 … count with a sum: the largest that still fit. */
function ranksOfSum(count: number, sum: number): number[] {
  const chosen: number[] = [];
  let left = sum;
  for (let rank = count; rank >= 1; rank--) {
    if (rank <= left) {
      chosen.push(rank);
      left -= rank;
    }
  }
  return chosen;
}
