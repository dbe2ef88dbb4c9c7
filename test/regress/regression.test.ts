import { describe, expect, it } from 'vitest';
import { defaultRule } from '../../harness/regress/decide.ts';
import { formatRegression } from '../../harness/regress/format.ts';
import { gravest, isFailure, judgeRuns, type Regression } from '../../harness/regress/regression.ts';
import { cost } from '../record/fixtures.ts';
import { sample } from './samples.ts';

const reference = sample(0.8, 12, 'reference');

function judged(mean: number, count = 6): Regression {
  return judgeRuns(sample(mean, count), reference, defaultRule);
}

describe('judgeRuns', () => {
  it('judges final and average accuracy and forgetting unless metrics are named', () => {
    expect(judged(0.8).metrics.map(({ metric }) => metric.id)).toEqual([
      'accuracy/final@1',
      'accuracy/average-incremental@1',
      'forgetting/chaudhry@1',
    ]);
    const named = judgeRuns(sample(0.8, 6), reference, defaultRule, { metrics: ['bwt/gem'] });
    expect(named.metrics.map(({ metric }) => metric.id)).toEqual(['bwt/gem@1']);
  });

  it('fails on worse results and on worse costs, and on the rest only if it is strict', () => {
    expect(isFailure(judged(0.8), true)).toBe(false);
    expect(isFailure(judged(0.5), false)).toBe(true);
    const better = judged(0.9);
    expect(better.verdict.kind).toBe('suspiciously-better');
    expect([isFailure(better, false), isFailure(better, true)]).toEqual([false, true]);
    const plain = sample(0.8, 6);
    const dear = { ...plain, runs: plain.runs.map((run) => ({ ...run, cost: { ...cost, keptBytes: 9e9 } })) };
    const costly = judgeRuns(dear, reference, defaultRule);
    expect(costly).toMatchObject({ verdict: { kind: 'ok' }, costlier: ['kept bytes'] });
    expect(isFailure(costly, false)).toBe(true);
    expect(formatRegression(costly)).toContain('It costs more: kept bytes.');
  });

  it('says what an unmeasured metric lacks', () => {
    const { runs, ...rest } = reference;
    const bare = { ...rest, runs: runs.map((run) => ({ ...run, correct: run.correct.slice(0, 2) })) };
    expect(() => judgeRuns(bare, reference, defaultRule)).toThrow('cells that it reads were not measured');
  });
});

describe('gravest', () => {
  const seeds = (count: number) => ({
    verdict: { kind: 'not-enough-seeds', needed: { of: 'runs', count } } as const,
  });
  const worse = { verdict: { kind: 'worse' } } as const;
  const better = { verdict: { kind: 'suspiciously-better' } } as const;
  const fine = { verdict: { kind: 'ok' } } as const;

  it('puts worse before too good before too few before ok, and asks for the most seeds', () => {
    expect(gravest([fine, better, worse, seeds(4)]).kind).toBe('worse');
    expect(gravest([fine, better, seeds(4)]).kind).toBe('suspiciously-better');
    expect(gravest([seeds(4), fine, seeds(9), seeds(7)])).toEqual(seeds(9).verdict);
    expect(gravest([fine, fine])).toEqual({ kind: 'ok' });
  });
});
