import { UsageError } from '../errors.ts';
import { findRuns } from '../record/read-run.ts';
import { suggestion } from '../suggest.ts';
import { type ChosenRuns, chooseRuns } from './recorded-runs.ts';

/** Which of the runs that a word names are meant. */
export interface SideFilter {
  readonly scenario?: string;
  readonly measuredOn?: string;
  readonly results: string;
}

/**
 * The runs of one side of a comparison: a word names a method whose runs are recorded, a pattern of run ids (`*` stands for
 * anything), or whatever `chooseRuns` knows.
 * @throws UsageError for a word that names nothing
 */
export function chooseSide(word: string, { scenario, measuredOn, results }: SideFilter): ChosenRuns {
  const { runs, unreadable } = namedRuns(word, results);
  const kept = runs.filter(
    ({ record: { definition } }) =>
      (scenario === undefined || definition.scenario.name === scenario) &&
      (measuredOn === undefined || definition.measuredOn === measuredOn),
  );
  if (kept.length > 0) return { runs: kept, unreadable };
  const names = new Set(runs.map(({ record }) => record.definition.scenario.name));
  throw new UsageError(
    `No run of "${word}" is of scenario ${scenario ?? 'any'}${measuredOn === undefined ? '' : `, measured on ${measuredOn}`}.` +
      `${suggestion(scenario ?? '', names)} Its runs are of ${[...names].join(', ')}.`,
  );
}

function namedRuns(word: string, results: string): ChosenRuns {
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

/** The part after the last slash is matched, so that a quoted path with a star works, too. */
function patternOf(word: string): RegExp {
  const id = word.slice(word.lastIndexOf('/') + 1);
  const parts = id.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
