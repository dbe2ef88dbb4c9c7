import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { type FoundRuns, findRuns, readRun, runFiles } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { suggestion } from '../suggest.ts';

/** Runs that a command was pointed at, and those among them that cannot be trusted. */
export type ChosenRuns = FoundRuns;

/**
 * The runs that a person names: each word is a run's folder, a run's id, a results folder, or the name of a scenario. No
 * word means all runs under the results folder.
 * @throws UsageError for a word that names nothing, with the nearest name; UserError for a named run that cannot be read.
 */
export function chooseRuns(words: readonly string[], results: string): ChosenRuns {
  if (words.length === 0) return notEmpty(findRuns(results), results);
  const chosen = words.map((word) => chooseByWord(word, results));
  return {
    runs: chosen.flatMap(({ runs }) => runs),
    unreadable: chosen.flatMap(({ unreadable }) => unreadable),
  };
}

/** The one run that a word names: its folder or its id. @throws UsageError, UserError */
export function chooseRun(word: string, results: string): RecordedRun {
  for (const directory of [word, join(results, 'runs', word)]) {
    if (existsSync(join(directory, runFiles.record))) return readRun(directory);
  }
  const ids = findRuns(results).runs.map(({ record }) => record.id);
  throw new UsageError(
    `There is no run "${word}", neither as a folder nor in ${results}/runs/.${suggestion(word, ids)}`,
  );
}

function chooseByWord(word: string, results: string): ChosenRuns {
  if (existsSync(join(word, runFiles.record)) || existsSync(join(results, 'runs', word, runFiles.record))) {
    return { runs: [chooseRun(word, results)], unreadable: [] };
  }
  if (existsSync(join(word, 'runs'))) return notEmpty(findRuns(word), word);
  const all = findRuns(results);
  const runs = all.runs.filter(({ record }) => record.definition.scenario.name === word);
  if (runs.length > 0) return { runs, unreadable: all.unreadable };
  const names = all.runs.flatMap(({ record }) => [record.definition.scenario.name, record.id]);
  throw new UsageError(
    `"${word}" is no run and no results folder, and ${results}/runs/ has no run of a scenario of that name.` +
      suggestion(word, new Set(names)),
  );
}

function notEmpty(found: FoundRuns, folder: string): FoundRuns {
  if (found.runs.length + found.unreadable.length > 0) return found;
  throw new UsageError(
    `There are no runs in ${folder}/runs/. Make some with "palimpsest run", or name a folder with --results.`,
  );
}
