/**
 * A vitest matcher for a project's own tests of its methods. Import it once, as `import 'palimpsest/vitest'`:
 *
 *     expect('results/runs/split-mnist-class.mine.0a1b2c3d4e5f').toRetainAtLeast('references/mine.json', { tolerance: 0.02 });
 */
import { expect } from 'vitest';
import { readRun } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { readReference } from './reference.ts';
import { judgeRetention, type RetentionOptions } from './retention.ts';
import { type RunSample, sampleOf } from './run-sample.ts';

export { testProtocol } from '../check/vitest.ts';
export { readRun } from '../record/read-run.ts';
export type { RetentionOptions } from './retention.ts';

/** A run: the path of its folder, or what `readRun` read. */
export type GivenRun = string | RecordedRun;

/** A reference: the path of its file, or what `readReference` read. */
export type GivenReference = string | RunSample;

declare module 'vitest' {
  // The parameter must be named as vitest names it, for the declarations to merge.
  interface Matchers<T> {
    /** The run, or the mean of the runs, is not worse than the reference by more than the tolerance. */
    toRetainAtLeast: (reference: GivenReference, options?: RetentionOptions) => T;
  }
}

expect.extend({
  toRetainAtLeast(
    received: GivenRun | readonly GivenRun[],
    reference: GivenReference,
    options?: RetentionOptions,
  ) {
    const given: readonly GivenRun[] = isList(received) ? received : [received];
    const runs = given.map((run) => (typeof run === 'string' ? readRun(run) : run));
    const held = typeof reference === 'string' ? readReference(reference) : reference;
    const { kept, message } = judgeRetention(sampleOf('the given runs', runs), held, options);
    return { pass: kept, message: () => message };
  },
});

function isList(received: GivenRun | readonly GivenRun[]): received is readonly GivenRun[] {
  return Array.isArray(received);
}
