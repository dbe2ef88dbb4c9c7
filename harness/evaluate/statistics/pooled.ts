import jstat from 'jstat';
import { mean, sampleVariance } from 'simple-statistics';
import { ratio, twoSidedStudent } from './paired.ts';

/** Student's test of two independent samples with one common variance, two-sided. */
export interface TwoSampleTest {
  /** Mean of the first sample minus mean of the second. */
  readonly difference: number;
  /** Standard error of the difference. */
  readonly standardError: number;
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
}

/**
 * Whether a sample is drawn from the distribution that another was drawn from. If it is, the variance is common and the
 * test is exact for normal values, be the first sample a single value.
 * @throws Error when there are fewer than three values in all: no spread can be estimated
 */
export function pooledTest(sample: readonly number[], reference: readonly number[]): TwoSampleTest {
  const degreesOfFreedom = sample.length + reference.length - 2;
  if (degreesOfFreedom < 1 || sample.length === 0 || reference.length === 0) {
    throw new Error('A pooled test needs a value on each side and three in all.');
  }
  const variance = (squares(sample) + squares(reference)) / degreesOfFreedom;
  const standardError = Math.sqrt(variance * (1 / sample.length + 1 / reference.length));
  const difference = mean([...sample]) - mean([...reference]);
  const statistic = ratio(difference, standardError);
  return {
    difference,
    standardError,
    statistic,
    degreesOfFreedom,
    p: twoSidedStudent(statistic, degreesOfFreedom),
  };
}

/** What is known before a {@link pooledTest}. */
export interface PlannedTest {
  /** The true difference of the means, in the values' unit; its sign does not matter. */
  readonly difference: number;
  /** Standard deviation of the values. */
  readonly deviation: number;
  /** Number of values of either sample. */
  readonly counts: readonly [number, number];
  /** Two-sided level of the test. */
  readonly level: number;
  /** A difference that is not larger than this counts as none, however significant. */
  readonly tolerance?: number;
}

/** The probability that a {@link pooledTest} finds a true difference, and in the right direction: 0 to 1. */
export function detectionPower({ difference, deviation, counts, level, tolerance = 0 }: PlannedTest): number {
  const [first, second] = counts;
  const degreesOfFreedom = first + second - 2;
  if (degreesOfFreedom < 1 || difference === 0) return 0;
  const standardError = deviation * Math.sqrt(1 / first + 1 / second);
  const critical = jstat.jStat.studentt.inv(1 - level / 2, degreesOfFreedom);
  return noncentralTail(
    { t: critical, least: tolerance / standardError },
    degreesOfFreedom,
    Math.abs(difference) / standardError,
  );
}

/**
 * P(T > t and Z + δ > least) of a noncentral t variable T = (Z + δ)/S, as the mean of Φ(δ − max(t·S, least)) over S = √(χ²/ν). jStat's series for it ends
 * before its largest terms where δ is large.
 */
function noncentralTail(
  { t, least }: { readonly t: number; readonly least: number },
  degreesOfFreedom: number,
  noncentrality: number,
): number {
  const { normal, gammaln } = jstat.jStat;
  const half = degreesOfFreedom / 2;
  const constant = Math.LN2 + half * Math.log(half) - gammaln(half);
  // Beyond this, S has no probability left that float64 could show.
  const width = (1 + 12 / Math.sqrt(degreesOfFreedom)) / quadratureSteps;
  let tail = 0;
  for (let step = 0; step < quadratureSteps; step++) {
    const scale = (step + 0.5) * width;
    const density = Math.exp(constant + (degreesOfFreedom - 1) * Math.log(scale) - half * scale * scale);
    tail += density * normal.cdf(noncentrality - Math.max(t * scale, least), 0, 1) * width;
  }
  return Math.min(1, tail);
}

const quadratureSteps = 5000;

function squares(values: readonly number[]): number {
  return values.length < 2 ? 0 : sampleVariance([...values]) * (values.length - 1);
}
