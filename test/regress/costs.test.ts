import { describe, expect, it } from 'vitest';
import { type JudgedCost, judgeCosts } from '../../harness/regress/costs.ts';
import { defaultRule } from '../../harness/regress/decide.ts';
import type { RunSample, SampleRun } from '../../harness/regress/run-sample.ts';
import { cost } from '../record/fixtures.ts';
import { sampleOfRuns, sampleRun } from './samples.ts';

/** Runs with a time each, in seconds, on a machine where the calibration takes `calibrationSeconds`. */
function timed(seconds: readonly number[], calibrationSeconds: number): RunSample {
  const timings = seconds.map((computingSeconds) => ({ timing: { computingSeconds, calibrationSeconds } }));
  return sampleOfRuns(timings.map((timing, index) => sampleRun(index + 1, [500, 900], timing)));
}

function changed(changes: Partial<SampleRun>): RunSample {
  return sampleOfRuns([1, 2, 3].map((seed) => sampleRun(seed, [500, 900], changes)));
}

function judged(runs: RunSample, reference: RunSample, name: string): JudgedCost | undefined {
  return judgeCosts(runs, reference, defaultRule).find((found) => found.name === name);
}

const reference = timed([10, 11, 9, 10, 10.5], 0.02);

describe('computing time', () => {
  it('is the same on a machine that is three times as slow', () => {
    const time = judged(timed([30, 33, 29], 0.06), reference, 'computing time');
    expect(time?.ratio).toBeCloseTo(1.011, 2);
    expect(time?.verdict).toEqual({ kind: 'ok' });
  });

  it('is worse where the same machine takes three times as long', () => {
    const time = judged(timed([30, 33, 29], 0.02), reference, 'computing time');
    expect(time?.ratio).toBeCloseTo(3.04, 2);
    expect(time?.verdict).toEqual({ kind: 'worse' });
  });

  it('is not worse by one slow run out of three', () => {
    expect(judged(timed([10, 10, 90], 0.02), reference, 'computing time')?.verdict).toEqual({ kind: 'ok' });
  });

  it('is not compared without a calibration, or with another engine', () => {
    expect(judged(changed({ timing: null }), reference, 'computing time')?.verdict).toMatchObject({
      kind: 'not-compared',
      reason: expect.stringContaining('the runs were not timed'),
    });
    const { definition } = reference;
    const wasm = { ...definition, engine: { ...definition.engine, name: 'wasm' } };
    expect(judged({ ...reference, definition: wasm }, reference, 'computing time')?.verdict).toMatchObject({
      reason: expect.stringContaining('another engine'),
    });
  });
});

describe('other costs', () => {
  it.each([
    ['kept bytes', { keptBytes: 2 * cost.keptBytes }],
    ['kept examples', { keptExamples: 10 }],
    ['trainable parameters', { trainableParameters: 1.02 * cost.trainableParameters }],
    ['peak memory', { peakMemory: 1.3 * cost.peakMemory }],
  ])('%s that grew are worse, and the others are not', (name, changes) => {
    const costs = judgeCosts(changed({ cost: { ...cost, ...changes } }), reference, defaultRule);
    const worse = costs.filter(({ verdict }) => verdict.kind === 'worse').map((found) => found.name);
    expect(worse).toEqual([name]);
  });

  it('may shrink', () => {
    const less = { ...cost, keptBytes: 0, peakMemory: cost.peakMemory / 2 };
    const verdicts = judgeCosts(changed({ cost: less }), reference, defaultRule).map(
      ({ verdict }) => verdict.kind,
    );
    expect(verdicts).not.toContain('worse');
  });
});
