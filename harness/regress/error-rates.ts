import { UserError } from '../errors.ts';
import { findMetrics, type Metric } from '../evaluate/metrics/index.ts';
import { leastForInterval } from '../evaluate/statistics.ts';
import { Random } from '../random.ts';
import type { DecisionRule, Verdict } from './decide.ts';
import { gravest, judgedMetrics, judgeMetrics, valuesOf } from './regression.ts';
import type { RunSample } from './run-sample.ts';

/** How often each verdict was spoken, as shares of the trials. */
export type VerdictShares = Readonly<Record<Verdict['kind'], number>>;

/** How a rule does on runs of a reference itself. */
export interface ErrorRates {
  readonly trials: number;
  /** Runs drawn in each trial, and those that were left to judge them by. */
  readonly counts: readonly [number, number];
  /** Runs of the reference judged by the others: anything but `ok` is an error. */
  readonly unchanged: VerdictShares;
  /**
   * The same runs with one metric made worse by the rule's `detect`, that one for which it is found
   * least often: anything but `worse` is an error.
   */
  readonly worsened: VerdictShares;
  /** The same with one metric made better. */
  readonly improved: VerdictShares;
}

/**
 * Measures the errors of a rule on recorded runs: in each trial some are drawn without replacement and judged by the rest.
 * @param size runs in each trial
 * @throws UserError when the reference is too small to leave three runs to judge by
 */
export function errorRates(
  reference: RunSample,
  rule: DecisionRule,
  { trials, size, metrics, seed }: ErrorRateOptions,
): ErrorRates {
  const count = reference.runs.length;
  if (count - size < leastForInterval) {
    throw new UserError(
      `The reference has ${count} runs; to judge ${size} of them by the others it needs at least ${size + leastForInterval}.`,
    );
  }
  const selected = findMetrics(metrics ?? judgedMetrics);
  const values = selected.map((metric) => valuesOf(metric, reference));
  const random = new Random(seed ?? 1, 'error rates');
  const draws = Array.from({ length: trials }, () => new Set(random.sample(count, size)));
  const share = (moved: number, shift: number): VerdictShares =>
    sharesOf(draws.map((drawn) => trial(selected, values, drawn, { moved, shift }, rule)));
  const hardest = (shift: number, right: Verdict['kind']): VerdictShares => {
    const alone = selected.map((_, moved) => share(moved, shift));
    return alone.reduce((least, shares) => (shares[right] < least[right] ? shares : least));
  };
  return {
    trials,
    counts: [size, count - size],
    unchanged: share(0, 0),
    worsened: hardest(-rule.detect, 'worse'),
    improved: hardest(rule.detect, 'suspiciously-better'),
  };
}

/** How the errors of a rule are measured. */
export interface ErrorRateOptions {
  readonly trials: number;
  readonly size: number;
  readonly metrics?: readonly string[];
  readonly seed?: number;
}

/** The overall verdict on drawn runs, of which the metric at position `moved` is made better by `shift`. */
function trial(
  metrics: readonly Metric[],
  values: readonly (readonly number[])[],
  drawn: ReadonlySet<number>,
  { moved, shift }: { readonly moved: number; readonly shift: number },
  rule: DecisionRule,
): Verdict['kind'] {
  const samples = values.map((ofMetric, index) => {
    const sign = metrics[index]?.direction === 'lower' ? -1 : 1;
    const change = index === moved ? sign * shift : 0;
    return {
      runs: ofMetric.flatMap((value, run) => (drawn.has(run) ? [value + change] : [])),
      reference: ofMetric.filter((_, run) => !drawn.has(run)),
    };
  });
  return gravest(judgeMetrics(metrics, samples, rule)).kind;
}

function sharesOf(verdicts: readonly Verdict['kind'][]): VerdictShares {
  const share = (kind: Verdict['kind']): number =>
    verdicts.filter((verdict) => verdict === kind).length / verdicts.length;
  return {
    ok: share('ok'),
    worse: share('worse'),
    'suspiciously-better': share('suspiciously-better'),
    'not-enough-seeds': share('not-enough-seeds'),
  };
}
