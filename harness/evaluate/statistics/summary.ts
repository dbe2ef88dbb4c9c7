import jstat from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Fewer values than this say too little about their spread for an interval. */
export const leastForInterval = 3;

/** What a table says of several runs' values of one quantity, in that quantity's unit. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (divisor count − 1); null for a single value. */
  readonly deviation: number | null;
  /** Standard error of the mean, deviation / √count; null for a single value. */
  readonly standardError: number | null;
  readonly interval: Interval;
}

/** A confidence interval `mean ± halfWidth`, or the reason why there is none. */
export type Interval =
  | { readonly kind: 'interval'; readonly confidence: number; readonly halfWidth: number }
  | { readonly kind: 'none'; readonly reason: string };

/** The two-sided quantile of Student's t distribution: 2.776 for a confidence of 0.95 and 4 degrees of freedom. */
export function studentQuantile(confidence: number, degreesOfFreedom: number): number {
  return jstat.jStat.studentt.inv(0.5 + confidence / 2, degreesOfFreedom);
}

/** Why so few values have no interval. */
export function tooFewValues(count: number, noun = 'value'): string {
  const have = count === 1 ? `one ${noun}` : `${count} ${noun}s`;
  return `${have}; an interval needs at least ${leastForInterval}`;
}

/**
 * Mean, sample standard deviation, standard error and 95% t interval of the mean. With fewer than three values the interval
 * is left out.
 * @throws Error when there is no value at all.
 */
export function summarise(values: readonly number[], confidence = 0.95): Summary {
  const count = values.length;
  const deviation = count > 1 ? sampleStandardDeviation([...values]) : null;
  const standardError = deviation === null ? null : deviation / Math.sqrt(count);
  const shared = { count, mean: mean([...values]), deviation, standardError };
  if (standardError === null || count < leastForInterval) {
    return { ...shared, interval: { kind: 'none', reason: tooFewValues(count) } };
  }
  const halfWidth = studentQuantile(confidence, count - 1) * standardError;
  return { ...shared, interval: { kind: 'interval', confidence, halfWidth } };
}
