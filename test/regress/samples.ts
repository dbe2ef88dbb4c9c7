import { fileURLToPath } from 'node:url';
import { Random, seedsFrom } from '../../harness/random.ts';
import { readReference } from '../../harness/regress/reference.ts';
import type { RunSample, SampleRun } from '../../harness/regress/run-sample.ts';
import { cost, definition } from '../record/fixtures.ts';

/** Path of the small scenario that the tests run. */
export const scenarioPath = fileURLToPath(new URL('five-permutations.json', import.meta.url));

/** Path of its reference for EWC: 40 runs, made by the command that docs/regress.md names. */
export const referencePath = fileURLToPath(new URL('five-permutations.ewc.json', import.meta.url));

/** The reference. */
export const reference = readReference(referencePath);

/** A made-up run of two tasks, each measured on 1000 examples. @param last right answers after both tasks */
export function sampleRun(
  seed: number,
  last: readonly [number, number],
  changes: Partial<SampleRun> = {},
): SampleRun {
  return {
    seeds: seedsFrom(seed),
    totals: [1000, 1000],
    correct: [[100, 100], [950, 100], last],
    cost,
    timing: { computingSeconds: 70, calibrationSeconds: 1 },
    ...changes,
  };
}

/** Made-up runs whose accuracies spread by about a point around a mean of `1000 · mean` right answers. */
export function sample(mean: number, count: number, label = 'sample'): RunSample {
  const random = new Random(1, label);
  const runs = Array.from({ length: count }, (_, index) =>
    sampleRun(index + 1, [Math.round(1000 * mean + 10 * random.normal()), 900]),
  );
  return sampleOfRuns(runs);
}

/** Runs under one plausible definition. */
export function sampleOfRuns(runs: readonly SampleRun[]): RunSample {
  const { seeds: _, ...shared } = definition();
  return { definition: shared, tasks: 2, runs };
}
