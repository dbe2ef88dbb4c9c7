import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSide, type SideFilter } from '../../harness/commands/choose-side.ts';
import { withSettingsOf } from '../../harness/commands/regress-runs.ts';
import { pairRuns, type Side, sideOf } from '../../harness/compare/pair-runs.ts';
import { messageOf } from '../../harness/errors.ts';
import { seedsFrom } from '../../harness/random.ts';
import { runId } from '../../harness/record/run-id.ts';
import type { RunDefinition } from '../../harness/record/run-record.ts';
import { referenceFrom } from '../../harness/regress/reference.ts';
import { sampleOf } from '../../harness/regress/run-sample.ts';
import { definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

const { scenario, method } = definition();

/** A results folder with a run of ewc for each change of its definition. */
function resultsOf(...changes: readonly Partial<RunDefinition>[]): string {
  const results = temporaryFolder();
  for (const change of changes) recordRun(results, definition(change));
  return results;
}

/** Three runs of ewc with a strength of 100, and three with 1. */
function twoStrengths(): { readonly results: string; readonly strong: string; readonly weak: string } {
  const weak = { method: { ...method, settings: { strength: 1 } } };
  const seeds = [1, 2, 3].map((seed) => ({ seeds: seedsFrom(seed) }));
  const results = resultsOf(...seeds.flatMap((change) => [change, { ...change, ...weak }]));
  return { results, strong: runId(definition({})), weak: runId(definition(weak)) };
}

/** The side that a word names. */
function side(word: string, filter: SideFilter): Side {
  return sideOf(word, chooseSide(word, filter).runs);
}

describe('runs of several tables', () => {
  it('are told apart by what they were measured on, with the option that chooses', () => {
    const results = resultsOf({}, { measuredOn: 'validation' });
    expect(() => side('ewc', { results, scenario: scenario.name })).toThrow(
      /cannot be averaged: what was measured on is (test and validation|validation and test)\. .* Choose --measured-on \w+ or --measured-on \w+\.$/,
    );
    expect(side('ewc', { results, measuredOn: 'test' }).runs).toHaveLength(1);
  });

  it('are told apart by their scenario, with the option that chooses', () => {
    const results = resultsOf({}, { scenario: { ...scenario, name: 'toy' } });
    expect(() => side('ewc', { results })).toThrow(
      /the scenario is .*toy.* Choose one scenario with --scenario\.$/,
    );
  });
});

describe('a filter that no run passes', () => {
  it('suggests a scenario where it is the scenario that is not known', () => {
    expect(() => side('ewc', { results: resultsOf({}), scenario: 'split-mnist-clas' })).toThrow(
      'No run of "ewc" is of scenario split-mnist-clas. Did you mean "split-mnist-class"? ' +
        'Its runs are of split-mnist-class.',
    );
  });

  it('suggests none where it is the examples', () => {
    const filter = { results: resultsOf({}), scenario: scenario.name, measuredOn: 'validation' };
    expect(() => side('ewc', filter)).toThrow(
      /^No run of "ewc" on split-mnist-class was measured on validation examples; all were on test examples\. Take these, or/,
    );
  });
});

describe('like: and a run', () => {
  it('names all runs that differ from it in nothing but their seeds, so that two settings can be compared', () => {
    const { results, strong, weak } = twoStrengths();
    const sides = [strong, weak].map((id) => side(`like:${id}`, { results }));
    const [first, second] = sides;
    if (first === undefined || second === undefined) throw new Error('There are two sides.');
    const paired = pairRuns(first, second);
    expect(paired.pairs).toHaveLength(3);
    expect([paired.first.label, paired.second.label]).toEqual(['ewc strength=100', 'ewc strength=1']);
    expect(second.definition.method.settings).toEqual({ strength: 1 });
  });

  it('is called by its settings, but by the word itself beside the same word', () => {
    const { results, strong, weak } = twoStrengths();
    const [like, folder] = [`like:${strong}`, join(results, 'runs', weak)];
    const labels = (...words: [string, string]): string[] => {
      const [first, second] = words.map((word) => side(word, { results })) as [Side, Side];
      const paired = pairRuns(first, second);
      return [paired.first.label, paired.second.label];
    };
    expect(labels(like, folder)).toEqual(['ewc strength=100', folder]);
    expect(labels(like, like)).toEqual([like, like]);
  });

  it('takes the folder of a run, too', () => {
    const { results, weak } = twoStrengths();
    expect(side(`like:${join(results, 'runs', weak)}`, { results: 'elsewhere' }).runs).toHaveLength(3);
  });

  it('is what the error offers where a word names runs of several settings', () => {
    const { results } = twoStrengths();
    let message = '';
    try {
      side('split-mnist-class.ewc.*', { results });
    } catch (error) {
      message = messageOf(error);
    }
    expect(message).toContain('2 different kinds');
    const words = [...message.matchAll(/strength=\d+ \((like:[^)]+)\)/g)].map(([, word]) => word ?? '');
    expect(words.map((word) => side(word, { results }).runs.length)).toEqual([3, 3]);
  });

  it('refuses a run that is not there', () => {
    expect(() => side('like:split-mnist-class.ewc.0', twoStrengths())).toThrow('There is no run');
  });
});

describe('regress with a pattern that names runs of several settings', () => {
  it("keeps those with the reference's settings", () => {
    const { results, weak } = twoStrengths();
    const { runs } = chooseSide('split-mnist-class.ewc.*', { results });
    const reference = referenceFrom(sampleOf('weak', chooseSide(`like:${weak}`, { results }).runs));
    const { kept, left } = withSettingsOf(reference, runs);
    expect(kept.map(({ record }) => record.definition.method.settings.strength)).toEqual([1, 1, 1]);
    expect(left).toBe(3);
  });

  it('keeps runs of one kind whatever their settings, which may be what is to be judged', () => {
    const { results, strong, weak } = twoStrengths();
    const [one, other] = [strong, weak].map((id) => chooseSide(`like:${id}`, { results }).runs);
    const reference = referenceFrom(sampleOf('weak', other ?? []));
    expect(withSettingsOf(reference, one ?? [])).toEqual({ kept: one, left: 0 });
  });
});
