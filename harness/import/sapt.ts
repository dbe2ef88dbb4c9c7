import { basename, dirname } from 'node:path';
import { UserError } from '../errors.ts';
import type { ReportedCell } from '../evaluate/accuracy-matrix.ts';
import { accuracyFrom, checkTasks } from './accuracies.ts';
import { type ImportedResult, type Importer, type ImportOptions, nameFrom } from './importer.ts';
import { jsonEntries } from './json.ts';
import type { SourceFile } from './source-file.ts';

interface Step {
  readonly file: SourceFile;
  /** From 1. */
  readonly step: number;
  readonly task: string;
}

/** What SAPT's `score.py` reads; for the Long Sequence its comment says `exact_match`. */
const defaultMeasure = 'eval_rougeL';

/**
 * SAPT's `outputs/<step>-<task>/all_results.json`: after each step the scores in percent on all tasks so far, under
 * `predict_<measure>_for_<task>`. Step and task are told by the folder's name.
 */
export const sapt: Importer = {
  format: 'sapt',
  version: 1,
  tool: 'SAPT',
  reads: '<step>-<task>/all_results.json of every step, or their folder',
  unit: 'percent',
  takes: ['measure'],
  inFolder: /^\d+-[^/\\]+[/\\]all_results\.json$/,
  read: (files, options) => [readSteps(files, options)],
};

function readSteps(
  files: readonly SourceFile[],
  { measure = defaultMeasure }: ImportOptions,
): ImportedResult {
  const steps = files.map(stepOf);
  const taskOf = new Map(steps.map(({ step, task }) => [task, step]));
  const byStep = new Map(steps.map((step) => [step.step, step]));
  if (byStep.size < steps.length || taskOf.size < steps.length) {
    throw new UserError('Two of the files are of one step or of one task; give those of a single run.');
  }
  const tasks = Math.max(...byStep.keys());
  return {
    files,
    part: '',
    measure,
    tasks,
    taskNames: Array.from(
      { length: tasks },
      (_, index) => byStep.get(index + 1)?.task ?? `task ${index + 1}`,
    ),
    cells: steps.flatMap((step) => cellsOf(step, measure, taskOf)),
    notices:
      byStep.size < tasks
        ? [`${tasks - byStep.size} of ${tasks} steps were not given; their cells are missing.`]
        : [],
  };
}

function stepOf(file: SourceFile): Step {
  const match = /^(\d{1,6})-(.+)$/.exec(basename(dirname(file.path)));
  if (match === null) {
    throw new UserError(
      `${file.path} must lie in a folder <step>-<task>, as SAPT makes it: the file does not tell which step it is of.`,
    );
  }
  const step = Number(match[1]);
  checkTasks(step, file.path);
  return { file, step, task: nameFrom(match[2] ?? '', 'task', file.path) };
}

function cellsOf({ file, step }: Step, measure: string, taskOf: ReadonlyMap<string, number>): ReportedCell[] {
  const results = jsonEntries(file);
  const prefix = `predict_${measure}_for_`;
  const cells = [...taskOf].flatMap(([name, task]) => {
    const key = prefix + name;
    if (!results.has(key)) return [];
    const at = `${file.path}, ${JSON.stringify(key)}`;
    const value = results.get(key);
    if (typeof value !== 'number') throw new UserError(`${at} is no number.`);
    return [{ after: step, task, accuracy: accuracyFrom(value, 'percent', at) }];
  });
  if (cells.length > 0) return cells;
  const measures = [...results.keys()].flatMap((key) => /^predict_(.{1,40})_for_/.exec(key)?.[1] ?? []);
  const found = [...new Set(measures)].slice(0, 10).join(', ');
  throw new UserError(
    `${file.path} has no ${prefix}<task> for a task of the given folders.` +
      (found === '' ? '' : ` It has the measures ${found}; choose one with --measure.`),
  );
}
