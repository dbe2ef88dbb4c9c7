import jstat from 'jstat';
import { mean, quantileSorted } from 'simple-statistics';
import { Random } from '../../random.ts';
import { leastForInterval, tooFewValues } from './summary.ts';

/** How a bootstrap is drawn; what is left out has the value in brackets. */
export interface BootstrapOptions {
  /** Of values to one number, whatever their order (the mean). */
  readonly statistic?: (values: readonly number[]) => number;
  readonly confidence?: number;
  /** `bca` corrects bias and skewness (Efron 1987); `percentile` takes the quantiles as they are ("bca"). */
  readonly form?: 'bca' | 'percentile';
  /** Number of resamples (10,000). */
  readonly resamples?: number;
  /** Equal seeds give equal intervals (1). */
  readonly seed?: number;
}

/** An interval by its ends, which need not lie evenly around the estimate; or the reason why there is none. */
export type BootstrapInterval =
  | {
      readonly kind: 'interval';
      readonly confidence: number;
      readonly estimate: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * The bootstrap interval of a statistic (Efron and Tibshirani 1993, chapter 14). It supposes no distribution, but from a
 * handful of values it comes out too narrow; the t interval is the one to report then.
 */
export function bootstrapInterval(
  values: readonly number[],
  options: BootstrapOptions = {},
): BootstrapInterval {
  const { statistic = average, confidence = 0.95, form = 'bca', resamples = 10_000, seed = 1 } = options;
  if (values.length < leastForInterval) return { kind: 'none', reason: tooFewValues(values.length) };
  const random = new Random(seed, 'bootstrap');
  const drawn = Float64Array.from({ length: resamples }, () =>
    statistic(values.map(() => values[random.integer(values.length)] ?? 0)),
  ).sort();
  const estimate = statistic(values);
  const tails = [(1 - confidence) / 2, (1 + confidence) / 2];
  const levels = form === 'bca' ? tails.map(bcaCorrection(values, statistic, drawn, estimate)) : tails;
  const [low = estimate, high = estimate] = levels.map((level) => quantileSorted([...drawn], level));
  return { kind: 'interval', confidence, estimate, low, high };
}

function average(values: readonly number[]): number {
  return mean([...values]);
}

/** Which quantile to take for a wanted one: equation 14.10 with z₀ of 14.14 and the acceleration of 14.15. */
function bcaCorrection(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  drawn: Float64Array,
  estimate: number,
): (level: number) => number {
  const { normal } = jstat.jStat;
  // Half of the equal ones count, so that a statistic with few values has no bias by that alone. The same values drawn in
  // another order may give a sum that differs in its last bit.
  const rounding = 1e-12 * Math.max(Math.abs(drawn.at(0) ?? 0), Math.abs(drawn.at(-1) ?? 0));
  const below = drawn.reduce((total, value) => {
    const difference = value - estimate;
    return total + (Math.abs(difference) <= rounding ? 0.5 : difference < 0 ? 1 : 0);
  }, 0);
  const share = Math.min(Math.max(below, 0.5), drawn.length - 0.5) / drawn.length;
  const bias = normal.inv(share, 0, 1);
  const acceleration = skewness(values, statistic);
  return (level) => {
    const shifted = bias + normal.inv(level, 0, 1);
    return normal.cdf(bias + shifted / (1 - acceleration * shifted), 0, 1);
  };
}

/** A sixth of the skewness of the values that leave out one each. */
function skewness(values: readonly number[], statistic: (values: readonly number[]) => number): number {
  const leftOut = values.map((_, index) => statistic(values.toSpliced(index, 1)));
  const centre = average(leftOut);
  const squares = leftOut.reduce((total, value) => total + (centre - value) ** 2, 0);
  const cubes = leftOut.reduce((total, value) => total + (centre - value) ** 3, 0);
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}
