import { differingSettings } from '../report/differing-settings.ts';
import { bytes, count } from '../report/format.ts';
import type { JudgedCost } from './costs.ts';
import type { SeedsNeeded, Verdict } from './decide.ts';
import type { RunSample } from './run-sample.ts';

/** A verdict as it is printed: `ok`, `worse`, `suspiciously better`, `not enough seeds to tell`. */
export function verdictText({ kind }: Verdict): string {
  return verdictWords[kind];
}

/** How verdicts are called. */
export const verdictWords: Readonly<Record<Verdict['kind'], string>> = {
  ok: 'ok',
  worse: 'worse',
  'suspiciously-better': 'suspiciously better',
  'not-enough-seeds': 'not enough seeds to tell',
};

/** How many seeds would tell, as a sentence. */
export function neededText(needed: SeedsNeeded): string {
  switch (needed.of) {
    case 'runs':
      return `It needs ${needed.count} runs.`;
    case 'reference':
      return `It needs ${needed.count} runs in the reference; more runs beside it would not help.`;
    case 'both':
      return `It needs ${needed.count} runs, and ${needed.count} in the reference.`;
    case 'none':
      return 'The values spread so much that no reasonable number of runs would do; look for larger changes with --detect.';
  }
}

/** A cost with its unit. */
export function costText(value: number, unit: JudgedCost['unit']): string {
  if (unit === 'bytes') return bytes(value);
  return unit === 'count' ? count(value) : `${value.toFixed(1)} calibrations`;
}

/** What differs between runs and reference beside the seeds, a line each; the reason to look at first. */
export function changesOf(runs: RunSample, reference: RunSample): string[] {
  const [own, theirs] = [runs.definition, reference.definition];
  if (own.method.name !== theirs.method.name) {
    return [`The runs are of ${own.method.name}, the reference of ${theirs.method.name}.`];
  }
  // Seeds play no part in what differs, but are part of a definition.
  const seeds = { classOrder: 0, initialWeights: 0, exampleOrder: 0, memorySampling: 0 };
  const both = [own, theirs].map((definition) => ({ ...definition, seeds }));
  const [now, before] = [differingSettings(both, 0), differingSettings(both, 1)];
  return now.map((text, index) => `${text}, in the reference ${before[index]}`);
}
