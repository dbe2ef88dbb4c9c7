import {
  detectionPower,
  leastForInterval,
  pooledTest,
  type Summary,
  summarise,
  type TwoSampleTest,
} from '../evaluate/statistics.ts';

/** When a difference is a verdict. All of it is fixed before the runs are looked at. */
export interface DecisionRule {
  /** How often runs of an unchanged method may be called worse or better, over all metrics together: 0 to 1. */
  readonly level: number;
  /** A change that is not larger than this is none, however sure: as a fraction, 0.005 is half a point. */
  readonly tolerance: number;
  /** The smallest change that must not be missed, as a fraction. */
  readonly detect: number;
  /** How surely a change of that size must be found: 0 to 1. */
  readonly power: number;
}

export const defaultRule: DecisionRule = { level: 0.01, tolerance: 0.005, detect: 0.05, power: 0.9 };

/** What runs are, held against a reference. */
export type Verdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'worse' }
  /** Better than the method has reason to be: look for test data in training before being glad. */
  | { readonly kind: 'suspiciously-better' }
  /** No change was found, but one as large as the rule's `detect` might have been missed. */
  | { readonly kind: 'not-enough-seeds'; readonly needed: SeedsNeeded };

/** How many runs would tell. */
export type SeedsNeeded =
  /** So many runs, instead of those judged. */
  | { readonly of: 'runs'; readonly count: number }
  /** More runs do not help while the reference is so small: so many in the reference, with the runs as they are. */
  | { readonly of: 'reference'; readonly count: number }
  /** So many of either. */
  | { readonly of: 'both'; readonly count: number }
  /** The values spread too much for any number of runs that a person would wait for. */
  | { readonly of: 'none' };

/** Values of one quantity under a rule. */
export interface Sample {
  readonly runs: readonly number[];
  readonly reference: readonly number[];
}

/** What is found out about one quantity before verdicts are spoken. */
export interface Finding {
  readonly runs: Summary;
  readonly reference: Summary;
  /** Null where there are too few values for a spread. */
  readonly test: TwoSampleTest | null;
  /** The chance of finding a change of the size of the rule's `detect`, by the spread of the reference. */
  readonly power: number;
}

/** Most runs that are recommended to anyone. */
const mostRuns = 1000;

/** @param family how many quantities are judged together; the level is shared among them */
export function examine({ runs, reference }: Sample, rule: DecisionRule, family: number): Finding {
  const known = reference.length >= leastForInterval;
  const deviation = known ? (summarise(reference).deviation ?? 0) : Number.POSITIVE_INFINITY;
  return {
    runs: summarise(runs),
    reference: summarise(reference),
    test: known ? pooledTest(runs, reference) : null,
    power: powerOf(deviation, [runs.length, reference.length], rule, family),
  };
}

/**
 * The verdict on one quantity.
 * @param correctedP of the finding's test, corrected for the number of quantities; 1 where there was no test
 * @param direction which values of the quantity are better
 */
export function decide(
  { runs, reference, test, power }: Finding,
  correctedP: number,
  direction: 'higher' | 'lower',
  rule: DecisionRule,
  family: number,
): Verdict {
  if (test !== null && correctedP <= rule.level && Math.abs(test.difference) > rule.tolerance) {
    return { kind: test.difference > 0 === (direction === 'higher') ? 'suspiciously-better' : 'worse' };
  }
  if (test !== null && power >= rule.power) return { kind: 'ok' };
  return { kind: 'not-enough-seeds', needed: seedsNeeded(runs.count, reference, rule, family) };
}

/** The smallest change that is found with the rule's power, as a fraction; for people who record a reference. */
export function smallestFound(reference: Summary, runs: number, rule: DecisionRule, family: number): number {
  const deviation = reference.deviation ?? 0;
  if (deviation === 0) return rule.tolerance;
  let [low, high] = [0, deviation];
  const found = (detect: number): boolean =>
    powerOf(deviation, [runs, reference.count], { ...rule, detect }, family) >= rule.power;
  while (!found(high)) high *= 2;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (found(middle)) high = middle;
    else low = middle;
  }
  return Math.max(high, rule.tolerance);
}

function powerOf(
  deviation: number,
  counts: readonly [number, number],
  { detect, level, tolerance }: DecisionRule,
  family: number,
): number {
  if (!Number.isFinite(deviation) || detect <= tolerance) return 0;
  if (deviation === 0) return 1;
  return detectionPower({ difference: detect, deviation, counts, level: level / family, tolerance });
}

function seedsNeeded(runs: number, reference: Summary, rule: DecisionRule, family: number): SeedsNeeded {
  if (reference.count < leastForInterval || reference.deviation === null) {
    return { of: 'reference', count: leastForInterval };
  }
  const { deviation, count } = reference;
  const enough = (counts: readonly [number, number]): boolean =>
    powerOf(deviation, counts, rule, family) >= rule.power;
  const moreRuns = fewest(runs + 1, (needed) => enough([needed, count]));
  if (moreRuns !== undefined) return { of: 'runs', count: moreRuns };
  const largerReference = fewest(count + 1, (needed) => enough([runs, needed]));
  if (largerReference !== undefined) return { of: 'reference', count: largerReference };
  const both = fewest(Math.max(runs, count) + 1, (needed) => enough([needed, needed]));
  return both === undefined ? { of: 'none' } : { of: 'both', count: both };
}

/** The smallest number from `least` up that is enough, by halving: what is enough stays so with more. */
function fewest(least: number, enough: (count: number) => boolean): number | undefined {
  if (!enough(mostRuns)) return undefined;
  let [low, high] = [least, Math.max(least, mostRuns)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
