import { UserError } from '../errors.ts';
import type { ReportedCell } from '../evaluate/accuracy-matrix.ts';
import { accuracyFrom, checkTasks } from './accuracies.ts';
import { type ImportedResult, type Importer, nameFrom, settingsFrom } from './importer.ts';
import { type LiteralDictionary, readDictionary } from './python-literal.ts';
import { linesOf, type SourceFile, textOf } from './source-file.ts';

/** What a classifier answered after one task: the accuracy of each range of classes. */
interface Stage {
  readonly at: string;
  readonly groups: readonly { readonly first: number; readonly last: number; readonly accuracy: number }[];
}

/** What one training run wrote into the log. */
interface Section {
  readonly settings: ReadonlyMap<string, string>;
  /** By head: the linear classifier (`CNN`) and, where the method has one, the nearest class mean (`NME`). */
  readonly stages: ReadonlyMap<string, readonly Stage[]>;
}

const stageLine = /(?:^|=> )(CNN|NME): (\{.*)$/;
const settingLine = /(?:^|=> )([a-z]\w{0,60}): (.*)$/;

/** Settings that name the run or the machine and make no other experiment. */
const notSettings = new Set([
  'config',
  'prefix',
  'dataset',
  'model_name',
  'init_cls',
  'increment',
  'seed',
  'device',
]);

/**
 * The log text of PyCIL, LAMDA-PILOT and what is built on them: `trainer.py` logs the settings, one a line, then after each
 * task `CNN: {'total': …, '00-09': …, 'old': …, 'new': …}` in percent with two decimals, and the same for `NME`.
 */
export const pycil: Importer = {
  format: 'pycil',
  version: 1,
  tool: 'PyCIL or LAMDA-PILOT',
  reads: 'log text with lines "CNN: {…}" and "NME: {…}"',
  unit: 'percent',
  takes: [],
  read: (files) =>
    files.flatMap((file) => {
      const sections = sectionsOf(file);
      return sections.flatMap((section, index) =>
        resultsOf(file, section, sections.length > 1 ? `run ${index + 1} of ${sections.length}` : ''),
      );
    }),
};

/** One log may hold several runs, one seed after the other: settings that come after a stage begin the next. */
function sectionsOf(file: SourceFile): Section[] {
  const sections: { settings: Map<string, string>; stages: Map<string, Stage[]> }[] = [];
  for (const [index, line] of linesOf(textOf(file)).entries()) {
    const setting = settingLine.exec(line);
    const stage = setting === null ? stageLine.exec(line) : null;
    if (setting === null && stage === null) continue;
    let section = sections.at(-1);
    const begins = notSettings.has(setting?.[1] ?? '') && section !== undefined && section.stages.size > 0;
    if (section === undefined || begins) {
      section = { settings: new Map(), stages: new Map() };
      sections.push(section);
    }
    const [, name = '', value = ''] = setting ?? stage ?? [];
    // What looks like a setting after the first stage is something that the method logged.
    if (setting !== null && section.stages.size === 0) section.settings.set(name, value.trim());
    if (stage !== null) {
      const at = `${file.path}, line ${index + 1}`;
      const stages = section.stages.get(name) ?? [];
      section.stages.set(name, [...stages, { at, groups: groupsOf(readDictionary(value.trim(), at), at) }]);
    }
  }
  const trained = sections.filter(({ stages }) => stages.size > 0);
  if (trained.length === 0) {
    throw new UserError(`${file.path} has no line "CNN: {…}"; a log of PyCIL has one after each task.`);
  }
  return trained;
}

function groupsOf(grouped: LiteralDictionary, at: string): Stage['groups'] {
  return [...grouped].flatMap(([label, value]) => {
    const range = /^(\d{1,6})-(\d{1,6})$/.exec(label);
    if (range === null) return [];
    if (typeof value !== 'number')
      throw new UserError(`${at}: the accuracy of classes ${label} is no number.`);
    const [first, last] = [Number(range[1]), Number(range[2])];
    return [{ first, last, accuracy: accuracyFrom(value, 'percent', `${at}, classes ${label}`) }];
  });
}

function resultsOf(file: SourceFile, { settings, stages }: Section, part: string): ImportedResult[] {
  const dataset = settings.get('dataset');
  const initial = wholeNumber(settings, 'init_cls');
  const increment = wholeNumber(settings, 'increment');
  const seed = wholeNumber(settings, 'seed');
  const model = settings.get('model_name');
  const base = initial === increment ? 0 : initial;
  const scenario =
    dataset !== undefined && base !== undefined && increment !== undefined
      ? nameFrom(`${dataset}-b${base}-inc${increment}`, 'scenario', file.path)
      : undefined;
  return [...stages].map(([head, found]) => {
    checkTasks(found.length, file.path);
    const taskOf = initial && increment ? taskBySettings(initial, increment) : taskByCount(found);
    const cells = found.flatMap((stage, index) => cellsOf(stage, index + 1, taskOf));
    if (cells.length === 0) throw noTasks(file);
    const several = stages.size > 1;
    return {
      files: [file],
      part: [part, several ? `${head} head` : ''].filter((text) => text !== '').join(', '),
      measure: 'accuracy',
      tasks: found.length,
      taskNames: [],
      cells,
      scenario,
      method:
        model === undefined
          ? undefined
          : nameFrom(several ? `${model} (${head})` : model, 'method', file.path),
      seed,
      settings: settingsFrom(
        [...settings].filter(([name]) => !notSettings.has(name)),
        file.path,
      ),
      notices: noticesOf(cells, found.length),
    };
  });
}

type TaskOf = (first: number, last: number) => number | undefined;

/** The task whose classes are exactly these, by the numbers of classes that the log states. */
function taskBySettings(initial: number, increment: number): TaskOf {
  return (first, last) => {
    if (first === 0) return last === initial - 1 ? 1 : undefined;
    const task = (first - initial) / increment + 2;
    return Number.isSafeInteger(task) && task >= 2 && last === first + increment - 1 ? task : undefined;
  };
}

/** Without the settings: there must be one more range after each task, so that the ranges are the tasks. */
function taskByCount(stages: readonly Stage[]): TaskOf {
  const odd = stages.findIndex(({ groups }, index) => groups.length !== index + 1);
  if (odd >= 0) {
    throw new UserError(
      `${stages[odd]?.at}: after ${odd + 1} tasks there are ${stages[odd]?.groups.length} ranges of classes, so ranges and ` +
        'tasks differ, and the log does not state init_cls and increment. Give the log with its first lines.',
    );
  }
  const starts = (stages.at(-1)?.groups ?? []).map(({ first, last }) => `${first}-${last}`);
  return (first, last) => starts.indexOf(`${first}-${last}`) + 1 || undefined;
}

function cellsOf({ at, groups }: Stage, after: number, taskOf: TaskOf): ReportedCell[] {
  const cells = groups.flatMap(({ first, last, accuracy }) => {
    const task = taskOf(first, last);
    return task === undefined ? [] : [{ after, task, accuracy }];
  });
  const future = cells.find(({ task }) => task > after);
  if (future !== undefined) {
    throw new UserError(
      `${at}: classes of task ${future.task} stand there after ${after} tasks; lines of the log are missing.`,
    );
  }
  return cells;
}

function noticesOf(cells: readonly ReportedCell[], tasks: number): string[] {
  const seen = (tasks * (tasks + 1)) / 2;
  return cells.length < seen
    ? [
        `${seen - cells.length} of ${seen} cells are not in the log: PyCIL groups classes by tens whatever the tasks are, ` +
          'and a range that is not exactly a task is no cell.',
      ]
    : [];
}

function noTasks({ path }: SourceFile): UserError {
  return new UserError(
    `${path}: none of the logged ranges of classes is exactly the classes of a task (PyCIL groups them by tens whatever ` +
      'the increment is), so the log holds no cell of the accuracy matrix.',
  );
}

function wholeNumber(settings: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = settings.get(name) ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
