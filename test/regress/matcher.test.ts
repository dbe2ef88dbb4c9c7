import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import 'palimpsest/vitest';
import { readRun } from '../../harness/record/read-run.ts';
import { referenceFrom, writeReference } from '../../harness/regress/reference.ts';
import { sampleOf } from '../../harness/regress/run-sample.ts';
import { definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

/** A reference of three runs with final accuracies 0.69, 0.70, 0.71, in a file. */
function reference(): string {
  const results = temporaryFolder();
  const runs = [48, 50, 52].map((first, seed) =>
    readRun(recordRun(results, definition({}, 'ewc', seed), first)),
  );
  const path = join(results, 'ewc.json');
  writeReference(path, referenceFrom(sampleOf('ewc', runs)));
  return path;
}

/** The folder of a run with a final accuracy of `(first + 90) / 200`. */
function run(first: number, seed = 9): string {
  return recordRun(temporaryFolder(), definition({}, 'ewc', seed), first);
}

describe('toRetainAtLeast', () => {
  it('accepts a loss up to the tolerance, and no more', () => {
    expect(run(46)).toRetainAtLeast(reference(), { tolerance: 0.02 });
    expect(run(45)).not.toRetainAtLeast(reference(), { tolerance: 0.02 });
    expect(run(95)).toRetainAtLeast(reference(), { tolerance: 0 });
  });

  it('takes the mean of several runs, as paths or as read', () => {
    expect([run(40, 7), readRun(run(60, 8))]).toRetainAtLeast(reference(), { tolerance: 0 });
  });

  // Spread 0.01 with 2 degrees of freedom: 9.925 · 0.01 · √(1 + 1/3) = 0.1146 below the mean of 0.70.
  it('derives a tolerance from the spread of the reference', () => {
    expect(run(28)).toRetainAtLeast(reference());
    expect(run(26)).not.toRetainAtLeast(reference());
  });

  it('knows metrics of which less is better', () => {
    // Forgetting is 0.99 − first/100: 0.47 to 0.51 in the reference, 0.54 here.
    const metric = 'forgetting/chaudhry';
    expect(run(45)).toRetainAtLeast(reference(), { metric, tolerance: 0.05 });
    expect(run(45)).not.toRetainAtLeast(reference(), { metric, tolerance: 0.04 });
  });

  it('fails with the numbers', () => {
    expect(() => expect(run(10)).toRetainAtLeast(reference(), { tolerance: 0.02 })).toThrow(
      "accuracy/final@1 of ewc is 50.00% in 1 run(s); at least 68.00% was asked for: the reference's 70.00% in 3 runs",
    );
  });

  it('refuses a run of another scenario', () => {
    const { scenario } = definition();
    const other = recordRun(temporaryFolder(), definition({ scenario: { ...scenario, version: 2 } }));
    expect(() => expect(other).toRetainAtLeast(reference())).toThrow(
      'the version of the scenario is 2 and 1',
    );
  });
});
