import { mean, studentQuantile, summarise } from '../evaluate/statistics.ts';
import type { ErrorKind } from './published.ts';

/** A published mean with its spread, in any one unit. */
export interface PublishedMean {
  readonly value: number;
  /** The printed ±; null where none is known. */
  readonly error: number | null;
  readonly errorKind: ErrorKind | null;
  /** Number of runs behind it; null where it is not known. */
  readonly seeds: number | null;
  /** Half a unit of the last printed digit of the value; null or left out where it is not known. */
  readonly rounding?: number | null;
}

/** What a published error says about single runs and about their mean. */
export interface Spread {
  /** Standard deviation between runs, divisor n − 1. */
  readonly deviation: number;
  /** Standard error of the published mean. */
  readonly standardError: number;
  /** Where it comes from: the paper, or, for lack of an error there, the runs that are judged. */
  readonly from: 'published' | 'own runs';
}

/** What can be said of a cell. */
export type Verdict =
  | { readonly kind: 'matched' }
  | { readonly kind: 'off'; readonly by: number }
  /** `needed` runs would tell; null where no number is known that would. */
  | { readonly kind: 'too-few-seeds'; readonly needed: number | null }
  /** Shortened training: more seeds of it would not tell either. */
  | { readonly kind: 'quick' };

/** A verdict with the numbers it rests on. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Mean of the runs minus the published value. */
  readonly difference: number;
  /** Largest difference that counts as equal; null where no spread is known. */
  readonly margin: number | null;
  readonly spread: Spread | null;
}

/** Fewer runs than this get no verdict: one or two may lie anywhere. */
export const fewestSeeds = 3;

/**
 * A margin wider than this finds a cell matched only with at least as many runs as the paper had: with fewer, that no
 * difference was found says little. As a fraction; five points.
 */
export const widestMargin = 0.05;

/** Numbers nearer than this are equal: sums of decimal fractions do not come out to the last bit. */
const nothing = 1e-12;

/**
 * The published spread. With n runs: a standard error e means a deviation e·√n; a deviation s means a standard error s/√n;
 * a population deviation is first multiplied by √(n/(n − 1)).
 * @returns null where kind or number of runs is not known, or one run has no spread
 */
export function publishedSpread({ error, errorKind, seeds }: PublishedMean): Spread | null {
  if (error === null || errorKind === null || seeds === null) return null;
  if (errorKind === 'unspecified' || errorKind === 'tolerance') return null;
  const root = Math.sqrt(seeds);
  if (errorKind === 'sem') return { deviation: error * root, standardError: error, from: 'published' };
  if (errorKind === 'sd') return { deviation: error, standardError: error / root, from: 'published' };
  if (seeds < 2) return null;
  const deviation = error * Math.sqrt(seeds / (seeds - 1));
  return { deviation, standardError: deviation / root, from: 'published' };
}

/**
 * Whether runs agree with a published mean: |difference of the means| ≤ 2·√(SEM² + SD²/k) with k runs, SEM and SD by
 * {@link publishedSpread}. Where the paper gives no error, both come from the runs' own deviation, with one run behind a
 * value whose number of runs is not known; a deviation known from k runs alone asks for the 95% quantile of Student's
 * t with k − 1 degrees of freedom in place of 2, where that is larger. A difference that rounding the printed value may make is none,
 * however narrow the margin is. Where the paper gives a tolerance, runs agree that are not worse by more on average;
 * that holds for the number as it is printed, rounded or not, as its authors' own test does.
 * @param values one for each run, as fractions; at least one
 */
export function judge(published: PublishedMean, values: readonly number[]): Judgement {
  const runs = values.length;
  const difference = mean([...values]) - published.value;
  if (published.errorKind === 'tolerance') return withinTolerance(difference, published.error ?? 0, runs);
  const spread = publishedSpread(published) ?? ownSpread(published, values);
  const margin = spread === null ? null : Math.max(marginOf(spread, runs), published.rounding ?? 0);
  if (runs < fewestSeeds || spread === null || margin === null) {
    const needed = spread === null ? fewestSeeds : Math.max(fewestSeeds, neededRuns(spread, published.seeds));
    return { verdict: { kind: 'too-few-seeds', needed }, difference, margin, spread };
  }
  if (Math.abs(difference) > margin + nothing)
    return { verdict: { kind: 'off', by: difference }, difference, margin, spread };
  const blunt = margin > widestMargin && published.seeds !== null && runs < published.seeds;
  const verdict: Verdict = blunt
    ? { kind: 'too-few-seeds', needed: neededRuns(spread, published.seeds) }
    : { kind: 'matched' };
  return { verdict, difference, margin, spread };
}

/**
 * What is said of runs with shortened training: how far off they are, and no verdict.
 * @param values as for {@link judge}
 */
export function unjudged(published: PublishedMean, values: readonly number[]): Judgement {
  const difference = mean([...values]) - published.value;
  return { verdict: { kind: 'quick' }, difference, margin: null, spread: null };
}

function withinTolerance(difference: number, tolerance: number, runs: number): Judgement {
  const judged = (verdict: Verdict): Judgement => ({ verdict, difference, margin: tolerance, spread: null });
  if (runs < fewestSeeds) return judged({ kind: 'too-few-seeds', needed: fewestSeeds });
  return judged(difference < -tolerance - nothing ? { kind: 'off', by: difference } : { kind: 'matched' });
}

/** Largest difference of two means that counts as none by their spread. @param runs at least 2 where the spread is theirs */
export function marginOf({ deviation, standardError, from }: Spread, runs: number): number {
  const factor = from === 'published' ? 2 : Math.max(2, studentQuantile(0.95, runs - 1));
  return factor * Math.sqrt(standardError ** 2 + deviation ** 2 / runs);
}

/** The fewest runs whose margin is narrow enough, or as many as the paper had. */
function neededRuns({ deviation, standardError }: Spread, seeds: number | null): number {
  const left = (widestMargin / 2) ** 2 - standardError ** 2;
  const narrow = left > 0 ? Math.ceil(deviation ** 2 / left) : Number.POSITIVE_INFINITY;
  const needed = Math.max(fewestSeeds, Math.min(narrow, seeds ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(needed) ? needed : fewestSeeds;
}

function ownSpread({ seeds }: PublishedMean, values: readonly number[]): Spread | null {
  if (values.length < fewestSeeds) return null;
  const { deviation } = summarise(values);
  if (deviation === null) return null;
  return { deviation, standardError: deviation / Math.sqrt(seeds ?? 1), from: 'own runs' };
}
