import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { accuracyFrom, checkTasks, type Unit, withoutRepetitions } from './accuracies.ts';
import { type ImportedResult, type Importer, type ImportOptions, largestTask, nameFrom } from './importer.ts';
import { entriesOf, jsonEntries } from './json.ts';
import type { SourceFile } from './source-file.ts';

/**
 * TRACE's measures and their units, in the order in which the paper prefers them where a task has several. Accuracy, ROUGE
 * and BLEU are fractions, similarity and SARI go to 100, and no file says so.
 */
const units: Readonly<Record<string, Unit>> = {
  accuracy: 'fraction',
  similarity: 'percent',
  sari: 'percent',
  'rouge-L': 'fraction',
  'bleu-4': 'fraction',
  'bleu-1': 'fraction',
};

/**
 * TRACE's `results-<round>-<i>-<task>.json`, one file for each round of training and task, both from 0. Of each only `eval`
 * is read; the prompts and answers beside it are not.
 */
export const trace: Importer = {
  format: 'trace',
  version: 1,
  tool: 'TRACE',
  reads: 'results-<round>-<i>-<task>.json of every round, or their folder',
  unit: undefined,
  takes: ['measure'],
  inFolder: /^results-\d+-\d+-.+\.json$/,
  read: (files, options) => [readRounds(files, options)],
};

function readRounds(files: readonly SourceFile[], options: ImportOptions): ImportedResult {
  const scores = files.map((file) => scoreOf(file, options));
  const measured = scores.flatMap(({ accuracy, measure, ...cell }) =>
    accuracy === undefined || measure === undefined ? [] : [{ ...cell, accuracy, measure }],
  );
  if (measured.length === 0)
    throw new UserError(`None of the ${files.length} files has a score under "eval".`);
  const names = taskNames(scores);
  const silent = scores.filter(({ accuracy }) => accuracy === undefined).map(({ at }) => at);
  return {
    files,
    part: '',
    measure: [...new Set(measured.map(({ measure }) => measure))].sort().join(', '),
    tasks: largestTask(scores),
    taskNames: names,
    cells: withoutRepetitions(measured),
    notices: silent.length > 0 ? [`No score, hence no cell: ${silent.slice(0, 5).join(', ')}.`] : [],
  };
}

interface Score {
  readonly after: number;
  readonly task: number;
  readonly name: string;
  readonly at: string;
  readonly accuracy?: number;
  readonly measure?: string;
}

function scoreOf(file: SourceFile, { measure: wanted }: ImportOptions): Score {
  const match = /^results-(\d{1,6})-(\d{1,6})-(.+)\.json$/.exec(basename(file.path));
  if (match === null) {
    throw new UserError(
      `${file.path} is not named results-<round>-<i>-<task>.json, which tells round and task.`,
    );
  }
  const [after, task] = [Number(match[1]) + 1, Number(match[2]) + 1];
  checkTasks(after, file.path);
  checkTasks(task, file.path);
  const place = { after, task, name: nameFrom(match[3] ?? '', 'task', file.path), at: file.path };
  const evaluation = entriesOf(jsonEntries(file).get('eval'), `${file.path}, "eval"`);
  if (evaluation.size === 0) return place;
  const measure = [...(wanted === undefined ? Object.keys(units) : [wanted])].find((key) =>
    evaluation.has(key),
  );
  const unit = measure !== undefined && Object.hasOwn(units, measure) ? units[measure] : undefined;
  if (measure === undefined || unit === undefined) {
    const found = [...evaluation.keys()].slice(0, 10).map((key) => JSON.stringify(key.slice(0, 40)));
    const sought =
      wanted === undefined ? 'a measure of TRACE' : `a measure of TRACE called ${JSON.stringify(wanted)}`;
    throw new UserError(`${file.path}, "eval" has ${found.join(', ')}, but not ${sought}.`);
  }
  const at = `${file.path}, "eval", "${measure}"`;
  return {
    ...place,
    measure,
    accuracy: accuracyFrom(numberOf(evaluation.get(measure), measure, at), unit, at),
  };
}

/** SARI comes wrapped in a list and an object, since TRACE writes down a tuple of what the evaluator returns. */
function numberOf(value: unknown, measure: string, at: string): number {
  const unwrapped = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  const inner =
    typeof unwrapped === 'object' && unwrapped !== null ? entriesOf(unwrapped, at).get(measure) : unwrapped;
  if (typeof inner !== 'number') throw new UserError(`${at} is no number.`);
  return inner;
}

function taskNames(scores: readonly Score[]): string[] {
  const names = new Map<number, Score>();
  for (const score of scores) {
    const earlier = names.get(score.task);
    if (earlier !== undefined && earlier.name !== score.name) {
      throw new UserError(
        `${score.at} and ${earlier.at} give task ${score.task} two names; the files are of different runs.`,
      );
    }
    names.set(score.task, score);
  }
  const tasks = Math.max(...names.keys());
  return Array.from({ length: tasks }, (_, index) => names.get(index + 1)?.name ?? `task ${index + 1}`);
}
