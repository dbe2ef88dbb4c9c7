import { dirname, resolve } from 'node:path';
import { likePrefix } from '../compare/pair-runs.ts';
import { UsageError } from '../errors.ts';
import { findRuns } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { rowKey } from '../report/group-runs.ts';
import { suggestion } from '../suggest.ts';
import { type ChosenRuns, chooseRun, chooseRuns } from './recorded-runs.ts';

/** Which of the runs that a word names are meant. */
export interface SideFilter {
  readonly scenario?: string;
  readonly measuredOn?: string;
  readonly results: string;
}

/**
 * The runs of one side of a comparison: a word names a method whose runs are recorded, a pattern of run ids (`*` stands for
 * anything), all runs like one (`like:` and its id or folder), or whatever `chooseRuns` knows.
 * @throws UsageError for a word that names nothing, or nothing that passes the filter
 */
export function chooseSide(word: string, filter: SideFilter): ChosenRuns {
  const { scenario, measuredOn } = filter;
  const { runs, unreadable } = namedRuns(word, filter.results);
  const kept = runs.filter(
    ({ record: { definition } }) =>
      (scenario === undefined || definition.scenario.name === scenario) &&
      (measuredOn === undefined || definition.measuredOn === measuredOn),
  );
  if (kept.length > 0) return { runs: kept, unreadable };
  throw new UsageError(whyNone(word, runs, filter));
}

/** Why none of the runs passes the filter: a scenario that they are not of, or else what they were measured on. */
function whyNone(word: string, runs: readonly RecordedRun[], { scenario, measuredOn }: SideFilter): string {
  const definitions = runs.map(({ record }) => record.definition);
  const names = new Set(definitions.map((definition) => definition.scenario.name));
  if (scenario !== undefined && !names.has(scenario))
    return (
      `No run of "${word}" is of scenario ${scenario}.${suggestion(scenario, names)} ` +
      `Its runs are of ${[...names].join(', ')}.`
    );
  const ofScenario = definitions.filter(({ scenario: { name } }) => (scenario ?? name) === name);
  const examples = new Set(ofScenario.map((definition) => definition.measuredOn));
  return (
    `No run of "${word}"${scenario === undefined ? '' : ` on ${scenario}`} was measured on ${measuredOn} examples; ` +
    `all were on ${[...examples].join(' or ')} examples. Take these, or make such runs with --measure-on ${measuredOn}.`
  );
}

function namedRuns(word: string, results: string): ChosenRuns {
  if (word.startsWith(likePrefix)) return runsLike(word.slice(likePrefix.length), results);
  const { runs, unreadable } = findRuns(results);
  const ofMethod = runs.filter(({ record }) => record.definition.method.name === word);
  if (ofMethod.length > 0) return { runs: ofMethod, unreadable };
  if (word.includes('*')) {
    const matching = runs.filter(({ record }) => patternOf(word).test(record.id));
    if (matching.length > 0) return { runs: matching, unreadable };
    throw new UsageError(`No run in ${results}/runs/ has an id like "${word}".`);
  }
  try {
    return chooseRuns([word], results);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const methods = new Set(runs.map(({ record }) => record.definition.method.name));
    throw new UsageError(
      `There are no runs of "${word}" in ${results}/runs/: it is neither a method with runs, nor a run, a results folder, ` +
        `a scenario or a pattern of ids.${suggestion(word, methods)}`,
    );
  }
}

/** A run and those beside it in its results folder that differ from it in nothing but their seeds. */
function runsLike(word: string, results: string): ChosenRuns {
  const run = chooseRun(word, results);
  const beside = findRuns(dirname(dirname(resolve(run.directory))));
  const alike = beside.runs.filter((other) => rowKey(other) === rowKey(run));
  // The folder of a run may have been copied to where no others are.
  return { runs: alike.length > 0 ? alike : [run], unreadable: beside.unreadable };
}

/** The part after the last slash is matched, so that a quoted path with a star works, too. */
function patternOf(word: string): RegExp {
  const id = word.slice(word.lastIndexOf('/') + 1);
  const parts = id.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
