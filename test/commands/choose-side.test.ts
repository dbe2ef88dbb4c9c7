import { describe, expect, it } from 'vitest';
import { chooseSide, type SideFilter } from '../../harness/commands/choose-side.ts';
import { type Side, sideOf } from '../../harness/compare/pair-runs.ts';
import type { RunDefinition } from '../../harness/record/run-record.ts';
import { definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

const { scenario } = definition();

/** A results folder with a run of ewc for each change of its definition. */
function resultsOf(...changes: readonly Partial<RunDefinition>[]): string {
  const results = temporaryFolder();
  for (const change of changes) recordRun(results, definition(change));
  return results;
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
