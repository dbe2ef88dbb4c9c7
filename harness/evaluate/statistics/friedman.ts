import jstat from 'jstat';
import { UserError } from '../../errors.ts';
import { averageRanks, tieTerm } from './ranks.ts';

/** Friedman's test: whether methods differ at all, by their ranks on each scenario. */
export interface Friedman {
  /** For each method the mean of its ranks over the scenarios; 1 is best. */
  readonly averageRanks: readonly number[];
  readonly scenarios: number;
  /** χ² with k − 1 degrees of freedom. */
  readonly chiSquare: { readonly statistic: number; readonly degreesOfFreedom: number; readonly p: number };
  /** Iman and Davenport's F (1980), which is less conservative. */
  readonly f: {
    readonly statistic: number;
    readonly degreesOfFreedom: readonly [number, number];
    readonly p: number;
  };
}

/** How far average ranks must be apart to differ (Nemenyi), and which methods do not. */
export interface CriticalDifference {
  readonly level: number;
  /** In ranks. */
  readonly difference: number;
  /**
   * Largest groups of methods, as indices in order of their rank, whose outermost ranks are no further apart than the
   * critical difference: the bars of the diagram. A group has at least two members.
   */
  readonly groups: readonly (readonly number[])[];
}

/**
 * Friedman's test over scenarios (Demšar 2006, section 3.2.2).
 * @param scores one row for each scenario, one score for each method in it
 * @param ties `corrected` as in R's `friedman.test`; `ignored` is the formula that Demšar prints
 * @throws UserError for fewer than two methods or scenarios, or rows of different length: a rank over an incomplete row
 *   would compare different things
 */
export function friedmanTest(
  scores: readonly (readonly number[])[],
  better: 'higher' | 'lower' = 'higher',
  ties: 'corrected' | 'ignored' = 'corrected',
): Friedman {
  const methods = scores[0]?.length ?? 0;
  const scenarios = scores.length;
  if (scenarios < 2 || methods < 2)
    throw new UserError(`Ranking needs two methods and two scenarios; here are ${methods} and ${scenarios}.`);
  if (scores.some((row) => row.length !== methods || row.some((score) => !Number.isFinite(score))))
    throw new UserError('Ranking needs a score of every method on every scenario.');
  const rows = scores.map((row) => averageRanks(better === 'higher' ? row.map((score) => -score) : row));
  const sums = Array.from({ length: methods }, (_, method) =>
    rows.reduce((total, row) => total + (row[method] ?? 0), 0),
  );
  const expected = (scenarios * (methods + 1)) / 2;
  const spread = sums.reduce((total, sum) => total + (sum - expected) ** 2, 0);
  const tied = ties === 'ignored' ? 0 : scores.reduce((total, row) => total + tieTerm(row), 0);
  const scale = scenarios * methods * (methods + 1) - tied / (methods - 1);
  const statistic = scale === 0 ? 0 : (12 * spread) / scale;
  return {
    averageRanks: sums.map((sum) => sum / scenarios),
    scenarios,
    chiSquare: {
      statistic,
      degreesOfFreedom: methods - 1,
      p: 1 - jstat.jStat.chisquare.cdf(statistic, methods - 1),
    },
    f: imanDavenport(statistic, methods, scenarios),
  };
}

function imanDavenport(chiSquare: number, methods: number, scenarios: number): Friedman['f'] {
  const degreesOfFreedom = [methods - 1, (methods - 1) * (scenarios - 1)] as const;
  const left = scenarios * (methods - 1) - chiSquare;
  // All scenarios rank the methods alike: the statistic is infinite.
  if (left < 1e-9) return { statistic: Infinity, degreesOfFreedom, p: 0 };
  const statistic = ((scenarios - 1) * chiSquare) / left;
  return { statistic, degreesOfFreedom, p: 1 - jstat.jStat.centralF.cdf(statistic, ...degreesOfFreedom) };
}

/** Nemenyi's critical difference of average ranks: q √(k(k+1) / 6N), q from the studentised range over √2 (Demšar 2006). */
export function criticalDifference(
  { averageRanks: ranks, scenarios }: Pick<Friedman, 'averageRanks' | 'scenarios'>,
  level = 0.05,
): CriticalDifference {
  const methods = ranks.length;
  const range = jstat.jStat.tukey.inv(1 - level, methods, Number.POSITIVE_INFINITY);
  const difference = (range / Math.SQRT2) * Math.sqrt((methods * (methods + 1)) / (6 * scenarios));
  return { level, difference, groups: groupsWithin(ranks, difference) };
}

function groupsWithin(ranks: readonly number[], difference: number): number[][] {
  const order = ranks.map((_, index) => index).sort((left, right) => rankOf(left) - rankOf(right));
  function rankOf(index: number): number {
    return ranks[index] ?? 0;
  }
  const groups: number[][] = [];
  let covered = 0;
  order.forEach((first, position) => {
    const within = order.slice(position).filter((index) => rankOf(index) - rankOf(first) <= difference);
    const end = position + within.length;
    if (within.length > 1 && end > covered) groups.push(within);
    covered = Math.max(covered, end);
  });
  return groups;
}
