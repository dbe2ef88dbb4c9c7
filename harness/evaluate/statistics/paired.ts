import jstat from 'jstat';
import { leastForInterval, type Summary, summarise, tooFewValues } from './summary.ts';
import { negligible, type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.ts';

/** What pairs of values say about a difference, or why they say nothing. */
export type PairedComparison =
  | {
      readonly kind: 'compared';
      /** Of the differences. */
      readonly summary: Summary;
      /** Paired t test, two-sided; the statistic is infinite where all differences are the same and not zero. */
      readonly t: { readonly statistic: number; readonly degreesOfFreedom: number; readonly p: number };
      readonly wilcoxon: SignedRankTest;
      readonly effect: EffectSize;
    }
  | { readonly kind: 'none'; readonly summary: Summary | null; readonly reason: string };

/** How large a difference is beside its spread over the pairs. */
export type EffectSize =
  | {
      readonly kind: 'effect';
      /** Cohen's d_z: mean over standard deviation of the differences. */
      readonly dz: number;
      /** d_z without its bias in small samples (Hedges 1981, exact factor). */
      readonly hedges: number;
    }
  /** The differences are all the same. */
  | { readonly kind: 'none' };

/**
 * Compares paired values by their differences: interval, paired t test, Wilcoxon's signed-rank test, effect size. Fewer
 * than three pairs are not compared.
 * @param differences one for each pair, in the quantity's unit
 */
export function comparePaired(differences: readonly number[], confidence = 0.95): PairedComparison {
  const count = differences.length;
  const summary = count > 0 ? summarise(differences, confidence) : null;
  if (summary === null || summary.standardError === null || count < leastForInterval) {
    return { kind: 'none', summary, reason: tooFewValues(count, 'pair') };
  }
  const degreesOfFreedom = count - 1;
  const statistic = ratio(summary.mean, summary.standardError);
  return {
    kind: 'compared',
    summary,
    t: { statistic, degreesOfFreedom, p: twoSidedStudent(statistic, degreesOfFreedom) },
    wilcoxon: wilcoxonSignedRank(differences),
    effect: effectSize(summary.mean, summary.deviation ?? 0, degreesOfFreedom),
  };
}

/** The probability of a t statistic at least so far from zero. */
export function twoSidedStudent(statistic: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(statistic)) return 0;
  return Math.min(1, 2 * jstat.jStat.studentt.cdf(-Math.abs(statistic), degreesOfFreedom));
}

/**
 * A difference in units of its error. A spread that only the rounding of floating point numbers makes is none.
 * @returns 0 for no difference at all, an infinity for one without spread
 */
export function ratio(difference: number, error: number): number {
  if (Math.abs(difference) <= negligible && error <= negligible) return 0;
  return error <= negligible * Math.abs(difference) ? Math.sign(difference) * Infinity : difference / error;
}

function effectSize(mean: number, deviation: number, degreesOfFreedom: number): EffectSize {
  const dz = ratio(mean, deviation);
  if (!Number.isFinite(dz) || deviation === 0) return { kind: 'none' };
  return { kind: 'effect', dz, hedges: dz * hedgesFactor(degreesOfFreedom) };
}

/** Γ(m/2) / (√(m/2) Γ((m−1)/2)): Hedges 1981, equation 6e. */
function hedgesFactor(degreesOfFreedom: number): number {
  const { gammaln } = jstat.jStat;
  const half = degreesOfFreedom / 2;
  return Math.exp(gammaln(half) - gammaln(half - 0.5)) / Math.sqrt(half);
}
