import jstat from 'jstat';
import { averageRanks, tieTerm } from './ranks.ts';

/** A difference of fractions that is no larger is one of rounding: the same counts, added in another order. */
export const negligible = 1e-12;

/** Wilcoxon's signed-rank test of paired differences, two-sided. */
export interface SignedRankTest {
  /** Sum of the ranks of the positive differences: R's V. */
  readonly statistic: number;
  /** Differences that are more than `negligible`; zeros say nothing and are dropped, as Wilcoxon did. */
  readonly count: number;
  readonly p: number;
  /** Whether `p` is counted over all signs, or approximated by the normal distribution. */
  readonly exact: boolean;
}

/**
 * Whether differences lie around zero (Wilcoxon 1945). The exact distribution counts all assignments of signs to the ranks
 * that were seen, so it is exact with ties, too; beyond `exactUpTo` differences the normal approximation with corrections
 * for continuity and ties takes over, as in R's `wilcox.test`.
 */
export function wilcoxonSignedRank(differences: readonly number[], exactUpTo = 50): SignedRankTest {
  const kept = differences.filter((difference) => Math.abs(difference) > negligible);
  const sizes = kept.map(Math.abs);
  const ranks = averageRanks(sizes);
  const statistic = kept.reduce(
    (total, difference, index) => total + (difference > 0 ? (ranks[index] ?? 0) : 0),
    0,
  );
  const count = kept.length;
  if (count <= exactUpTo) return { statistic, count, p: exactProbability(ranks, statistic), exact: true };
  const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24 - tieTerm(sizes) / 48);
  const distance = Math.abs(statistic - (count * (count + 1)) / 4);
  const z = Math.max(0, distance - 0.5) / deviation;
  return { statistic, count, p: Math.min(1, 2 * jstat.jStat.normal.cdf(-z, 0, 1)), exact: false };
}

/** Ranks may end in ½, so sums are counted in halves. */
function exactProbability(ranks: readonly number[], statistic: number): number {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const largest = doubled.reduce((total, rank) => total + rank, 0);
  const ways = new Float64Array(largest + 1);
  ways[0] = 1;
  for (const rank of doubled) {
    for (let sum = largest; sum >= rank; sum--) ways[sum] = (ways[sum] ?? 0) + (ways[sum - rank] ?? 0);
  }
  const observed = Math.round(2 * statistic);
  const total = 2 ** ranks.length;
  const below = ways.subarray(0, observed + 1).reduce((sum, count) => sum + count, 0) / total;
  const above = ways.subarray(observed).reduce((sum, count) => sum + count, 0) / total;
  return Math.min(1, 2 * Math.min(below, above));
}
