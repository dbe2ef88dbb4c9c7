import { assert, double, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import {
  judge,
  marginOf,
  type PublishedMean,
  publishedSpread,
  widestMargin,
} from '../../harness/reproduce/verdict.ts';

const sem = (value: number, error: number, seeds: number): PublishedMean => ({
  value,
  error,
  errorKind: 'sem',
  seeds,
});

/** So many values with exactly this mean. */
const around = (mean: number, count: number, step = 0.001): number[] =>
  Array.from({ length: count }, (_, index) => mean + step * (index - (count - 1) / 2));

describe('the published spread', () => {
  it('is the same whether the paper prints SEM, SD or the population SD', () => {
    const [deviation, runs] = [0.163, 20];
    const kinds = {
      sem: deviation / Math.sqrt(runs),
      sd: deviation,
      'population-sd': deviation * Math.sqrt((runs - 1) / runs),
    } as const;
    for (const [errorKind, error] of Object.entries(kinds)) {
      const spread = publishedSpread({
        value: 0.5,
        error,
        errorKind: errorKind as keyof typeof kinds,
        seeds: runs,
      });
      expect(spread?.deviation, errorKind).toBeCloseTo(deviation, 12);
      expect(spread?.standardError, errorKind).toBeCloseTo(deviation / Math.sqrt(runs), 12);
    }
  });

  it('is not known without a kind, a number of runs or, for a population deviation, a second run', () => {
    expect(publishedSpread({ value: 0.5, error: 0.1, errorKind: 'unspecified', seeds: 10 })).toBeNull();
    expect(publishedSpread({ value: 0.5, error: 0.1, errorKind: 'sd', seeds: null })).toBeNull();
    expect(publishedSpread({ value: 0.5, error: null, errorKind: null, seeds: 10 })).toBeNull();
    expect(publishedSpread({ value: 0.5, error: 0, errorKind: 'population-sd', seeds: 1 })).toBeNull();
  });
});

describe('the pass rule', () => {
  it('is |difference| ≤ 2·√(SEM² + SD²/k): worked out for EWC, task-incremental, of van de Ven 2022', () => {
    // 99.06 ± 0.15 (SEM over 20): SD 0.6708; with five runs 2·√(0.15² + 0.6708²/5) = 0.6708 points.
    const published = sem(0.9906, 0.0015, 20);
    const inside = judge(published, around(0.9906 - 0.0067, 5));
    expect(inside.margin).toBeCloseTo(0.006708, 6);
    expect(inside.verdict).toEqual({ kind: 'matched' });
    const outside = judge(published, around(0.9906 - 0.0068, 5));
    expect(outside.verdict.kind).toBe('off');
    expect(outside.difference).toBeCloseTo(-0.0068, 9);
  });

  it('gives no verdict of one or two runs, however near or far', () => {
    for (const values of [[0.9906], [0.9906, 0.9906], [0.1], [0.1, 0.1]]) {
      expect(judge(sem(0.9906, 0.0015, 20), values).verdict.kind).toBe('too-few-seeds');
    }
  });

  it('does not call few runs of A-GEM, class-incremental, a match: its runs differ by 16 points', () => {
    const published = sem(0.651, 0.0364, 20);
    const few = judge(published, [0.2938, 0.8363, 0.6994]);
    expect(few.margin).toBeCloseTo(0.2, 1);
    expect(few.verdict).toEqual({ kind: 'too-few-seeds', needed: 20 });
    expect(judge(published, around(0.651, 20, 0.02)).verdict).toEqual({ kind: 'matched' });
  });

  it('calls a difference beyond the margin off, however wide the margin', () => {
    expect(judge(sem(0.651, 0.0364, 20), [0.1, 0.11, 0.12]).verdict.kind).toBe('off');
  });

  it('takes the spread of our runs where the paper gives none, with one run behind a value of unknown number', () => {
    const values = around(0.9, 5, 0.01);
    const known = judge({ value: 0.9, error: null, errorKind: null, seeds: 20 }, values);
    const unknown = judge({ value: 0.9, error: null, errorKind: null, seeds: null }, values);
    expect(known.spread?.from).toBe('own runs');
    const deviation = Math.sqrt(0.00025);
    // The 95% quantile of Student's t with 4 degrees of freedom: the deviation is known from five runs alone.
    const t = 2.7764451;
    expect(known.margin).toBeCloseTo(t * Math.sqrt(deviation ** 2 / 20 + deviation ** 2 / 5), 7);
    expect(unknown.margin).toBeCloseTo(t * Math.sqrt(deviation ** 2 + deviation ** 2 / 5), 7);
    const many = around(0.9, 1000, 1e-5);
    const { margin, spread } = judge({ value: 0.9, error: null, errorKind: null, seeds: null }, many);
    expect(margin).toBeCloseTo(2 * (spread?.deviation ?? 0) * Math.sqrt(1.001), 9);
  });

  it('calls equal means off in about one of twenty cases, where only our own runs tell their spread, too', () => {
    const random = new Random(1, 'verdict');
    const draws = (count: number, scale: number): number[] =>
      Array.from({ length: count }, () => 0.9 + scale * random.normal());
    for (const runs of [3, 5, 20]) {
      const off = Array.from({ length: 4000 }, () => {
        const [value] = draws(1, 0.01 / Math.sqrt(20)) as [number];
        return judge({ value, error: null, errorKind: null, seeds: 20 }, draws(runs, 0.01)).verdict.kind;
      }).filter((kind) => kind === 'off').length;
      // Of 4,000 draws 200 are expected, with a deviation of 14.
      expect(off).toBeGreaterThan(140);
      expect(off).toBeLessThan(260);
    }
  });

  it('does not let the last bit of a sum decide at the edge', () => {
    const floor: PublishedMean = { value: 0.97, error: 0.01, errorKind: 'tolerance', seeds: 1 };
    expect(judge(floor, [0.95, 0.96, 0.97]).verdict).toEqual({ kind: 'matched' });
    for (let value = 0; value < 1; value += 0.0001) {
      const printed: PublishedMean = { value, error: 0, errorKind: 'sd', seeds: 5, rounding: 0.00005 };
      const edge = value + 0.00005;
      expect(judge(printed, [edge, edge, edge]).verdict).toEqual({ kind: 'matched' });
    }
  });

  it('calls a difference none that rounding the printed value may make, even where there is no spread', () => {
    const printed: PublishedMean = {
      value: 0.9712,
      error: null,
      errorKind: null,
      seeds: 5,
      rounding: 0.00005,
    };
    const alike = (value: number): readonly number[] => [value, value, value];
    expect(judge(printed, alike(0.971234))).toMatchObject({ verdict: { kind: 'matched' }, margin: 0.00005 });
    expect(judge(printed, alike(0.97126)).verdict.kind).toBe('off');
    const exact: PublishedMean = { ...printed, error: 0, errorKind: 'sd' };
    expect(judge(exact, alike(0.971234)).verdict).toEqual({ kind: 'matched' });
    const wide = judge({ ...printed, error: 0.01, errorKind: 'sem' }, alike(0.97126));
    expect(wide.margin).toBe(judge({ ...sem(0.9712, 0.01, 5) }, alike(0.97126)).margin);
  });

  it('of a tolerance asks no more than to be not worse by more than it, and three runs', () => {
    const floor: PublishedMean = { value: 0.83, error: 0.03, errorKind: 'tolerance', seeds: 1 };
    expect(judge(floor, around(0.95, 3)).verdict).toEqual({ kind: 'matched' });
    expect(judge(floor, around(0.801, 3)).verdict).toEqual({ kind: 'matched' });
    expect(judge(floor, around(0.799, 3))).toMatchObject({ verdict: { kind: 'off' }, margin: 0.03 });
    expect(judge(floor, [0.83, 0.83]).verdict).toEqual({ kind: 'too-few-seeds', needed: 3 });
  });
});

const anyMean = record({
  value: double({ min: 0, max: 1, noNaN: true }),
  error: double({ min: 1e-5, max: 0.2, noNaN: true }),
  seeds: integer({ min: 2, max: 50 }),
});

describe('the pass rule, as properties', () => {
  it('is matched only within the margin and off only beyond it', () => {
    assert(
      property(
        anyMean,
        double({ min: 0, max: 1, noNaN: true }),
        integer({ min: 3, max: 40 }),
        (published, mean, runs) => {
          const { verdict, difference, margin } = judge(
            sem(published.value, published.error, published.seeds),
            around(mean, runs),
          );
          const inside = Math.abs(difference) <= (margin ?? -1) + 1e-12;
          expect(verdict.kind === 'off').toBe(!inside);
          if (verdict.kind === 'matched')
            expect((margin ?? 1) <= widestMargin || runs >= published.seeds).toBe(true);
        },
      ),
    );
  });

  it('does not depend on the order of runs, and moving paper and runs together changes nothing', () => {
    assert(
      property(
        anyMean,
        integer({ min: 3, max: 20 }),
        double({ min: -0.3, max: 0.3, noNaN: true }),
        (published, runs, shift) => {
          const values = around(0.5, runs, 0.01);
          const plain = judge(sem(published.value, published.error, published.seeds), values);
          const turned = judge(sem(published.value, published.error, published.seeds), values.toReversed());
          const moved = judge(
            sem(published.value + shift, published.error, published.seeds),
            values.map((value) => value + shift),
          );
          expect(turned.difference).toBeCloseTo(plain.difference, 12);
          expect(moved.difference).toBeCloseTo(plain.difference, 9);
          expect(moved.margin).toBeCloseTo(plain.margin ?? Number.NaN, 9);
        },
      ),
    );
  });

  it('narrows with more runs, never below twice the published standard error', () => {
    assert(
      property(anyMean, integer({ min: 1, max: 100 }), ({ error, seeds }, runs) => {
        const spread = publishedSpread(sem(0.5, error, seeds));
        if (spread === null) throw new Error('A standard error with its number of runs is a spread.');
        expect(marginOf(spread, runs + 1)).toBeLessThanOrEqual(marginOf(spread, runs));
        expect(marginOf(spread, runs)).toBeGreaterThanOrEqual(2 * error * (1 - 1e-12));
      }),
    );
  });

  it('asks for a number of runs that tells', () => {
    assert(
      property(anyMean, ({ value, error, seeds }) => {
        const published = sem(value, error, seeds);
        const { verdict } = judge(published, [value]);
        if (verdict.kind !== 'too-few-seeds' || verdict.needed === null)
          throw new Error('One run says nothing.');
        expect(judge(published, around(value, verdict.needed)).verdict).toEqual({ kind: 'matched' });
      }),
    );
  });
});
