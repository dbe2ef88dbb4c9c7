import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { defaultRule } from '../../harness/regress/decide.ts';
import { errorRates } from '../../harness/regress/error-rates.ts';
import { judgeRuns } from '../../harness/regress/regression.ts';
import type { RunSample } from '../../harness/regress/run-sample.ts';
import { reference } from './samples.ts';

/** The reference's runs at some positions, or all others. */
function part(positions: ReadonlySet<number>, drawn: boolean): RunSample {
  return { ...reference, runs: reference.runs.filter((_, index) => positions.has(index) === drawn) };
}

describe('EWC judged by itself', () => {
  it('is ok with other seeds in at least 19 of 20 trials', () => {
    const random = new Random(1, 'itself');
    const verdicts = Array.from({ length: 20 }, () => {
      const drawn = new Set(random.sample(reference.runs.length, 8));
      return judgeRuns(part(drawn, true), part(drawn, false), defaultRule).verdict.kind;
    });
    expect(verdicts.filter((kind) => kind === 'ok').length).toBeGreaterThanOrEqual(19);
  });

  it('is worse, by one metric alone, in at least the promised share of trials', () => {
    const rates = errorRates(reference, defaultRule, { trials: 500, size: 8 });
    expect(rates.worsened.worse).toBeGreaterThanOrEqual(defaultRule.power);
    expect(rates.improved['suspiciously-better']).toBeGreaterThanOrEqual(defaultRule.power);
    expect(rates.unchanged.ok).toBeGreaterThanOrEqual(0.95);
  });

  it('has the same rates each time, and shares that add up', () => {
    const options = { trials: 50, size: 5 };
    const rates = errorRates(reference, defaultRule, options);
    expect(errorRates(reference, defaultRule, options)).toEqual(rates);
    for (const shares of [rates.unchanged, rates.worsened, rates.improved]) {
      expect(Object.values(shares).reduce((total, share) => total + share, 0)).toBeCloseTo(1, 12);
    }
  });

  it('is not measured where too few runs are left to judge by', () => {
    expect(() => errorRates(reference, defaultRule, { trials: 10, size: 38 })).toThrow('needs at least 41');
  });
});
