import { basename, dirname } from 'node:path';
import { UserError } from '../errors.ts';
import type { ReportedCell } from '../evaluate/accuracy-matrix.ts';
import { accuracyFrom, checkTasks } from './accuracies.ts';
import { type ImportedResult, type Importer, largestTask, nameFrom, settingsFrom } from './importer.ts';
import { type Literal, type LiteralDictionary, readDictionary } from './python-literal.ts';
import { linesOf, type SourceFile, textOf } from './source-file.ts';

/** What Mammoth's settings hold that is no data: the device of PyTorch, and paths. */
const printedObjects = ['device', 'PosixPath', 'WindowsPath'];

/** What names the run, tells when and where it was made, or what it left behind: none of it makes another experiment. */
const notSettings =
  /^(seed|model|dataset|device|notes|name|conf_.*|wandb_.*|nowand|.*_path|ckpt_name|loadcheck|savecheck|non_verbose|num_workers|__proto__)$/;

const scenarioKinds = ['class-il', 'task-il', 'domain-il', 'general-continual', 'biased-class-il'];

/**
 * Mammoth's `data/results/<setting>/<dataset>/<model>/logs.pyd`: one Python dictionary a line, one line a run, with all
 * settings and `accuracy_<j>_task<i>`, the accuracy in percent on task j after task i.
 */
export const mammoth: Importer = {
  format: 'mammoth',
  version: 1,
  tool: 'Mammoth',
  reads: 'logs.pyd, one Python dictionary a line',
  unit: 'percent',
  takes: [],
  read: (files) => files.flatMap(readLog),
};

function readLog(file: SourceFile): ImportedResult[] {
  const lines = linesOf(textOf(file))
    .map((text, index) => ({ text, index }))
    .filter(({ text }) => text.trim() !== '');
  if (lines.length === 0) throw new UserError(`${file.path} has no line with a run.`);
  return lines.map(({ text, index }) => {
    const at = `${file.path}, line ${index + 1}`;
    const part = lines.length > 1 ? `line ${index + 1}` : '';
    return resultOf(file, readDictionary(text, at, printedObjects), at, part);
  });
}

function resultOf(file: SourceFile, run: LiteralDictionary, at: string, part: string): ImportedResult {
  const cells = [...run].flatMap(([key, value]) => cellOf(key, value, at));
  const stages = [...run.keys()].flatMap(
    (key) => /^accmean_task(\d{1,6})$/.exec(key)?.slice(1).map(Number) ?? [],
  );
  if (cells.length === 0) {
    throw new UserError(
      `${at}: there is no accuracy_<j>_task<i>. ${stages.length > 0 ? 'Mammoth writes means alone (accmean_task<i>) for domain-il and general-continual; a matrix cannot be made of them.' : 'That is no line of Mammoth.'}`,
    );
  }
  const tasks = Math.max(...stages, largestTask(cells));
  checkTasks(tasks, at);
  const dataset = textAt(run, 'dataset', at);
  const setting = settingOf(file);
  const seed = run.get('seed');
  const entries = [...run].filter(([key]) => !isResult(key) && !notSettings.test(key));
  return {
    files: [file],
    part,
    measure: 'accuracy',
    tasks,
    taskNames: [],
    cells,
    scenario: dataset !== undefined && setting !== undefined ? `${dataset}-${setting}` : undefined,
    method: textAt(run, 'model', at),
    seed: typeof seed === 'number' && Number.isSafeInteger(seed) && seed >= 0 ? seed : undefined,
    settings: settingsFrom(
      entries.flatMap(([key, value]) => (isScalar(value) ? [[key, value] as const] : [])),
      at,
    ),
    notices: [],
  };
}

/** What is measured, and stands beside the settings in one dictionary. */
function isResult(key: string): boolean {
  return /^(accmean_task|accuracy_|forward_transfer$|backward_transfer$|forgetting$)/.test(key);
}

function isScalar(value: Literal): value is string | number | boolean | null {
  return value === null || typeof value !== 'object';
}

function cellOf(key: string, value: Literal, at: string): ReportedCell[] {
  const match = /^accuracy_(\d{1,6})_task(\d{1,6})$/.exec(key);
  if (match === null) return [];
  const place = `${at}, ${key}`;
  if (typeof value !== 'number') throw new UserError(`${place} is no number.`);
  const [task, after] = [Number(match[1]), Number(match[2])];
  checkTasks(task, place);
  checkTasks(after, place);
  return [{ after, task, accuracy: accuracyFrom(value, 'percent', place) }];
}

/** The line does not say whether the classes of other tasks were masked; the folder does. */
function settingOf({ path }: SourceFile): string | undefined {
  const folder = basename(dirname(dirname(dirname(path))));
  return scenarioKinds.includes(folder) ? folder : undefined;
}

function textAt(run: LiteralDictionary, key: string, at: string): string | undefined {
  const value = run.get(key);
  return typeof value === 'string' ? nameFrom(value, key, at) : undefined;
}
