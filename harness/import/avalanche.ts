import { UserError } from '../errors.ts';
import { accuracyFrom, checkTasks, numberFrom, withoutRepetitions } from './accuracies.ts';
import { type CsvLine, csvLines } from './csv-lines.ts';
import { type ImportedResult, type Importer, largestTask } from './importer.ts';
import type { SourceFile } from './source-file.ts';

const columns = ['eval_exp', 'training_exp', 'eval_accuracy'] as const;

type Column = (typeof columns)[number];

/**
 * `eval_results.csv` of Avalanche's `CSVLogger`: a line for each evaluation of an experience, with the experience trained
 * last, both from 0, and the accuracy as a fraction with four decimals. Before training the experience is `None`.
 */
export const avalanche: Importer = {
  format: 'avalanche',
  version: 1,
  tool: 'Avalanche',
  reads: 'eval_results.csv of the CSVLogger',
  unit: 'fraction',
  takes: [],
  read: (files) => files.map(readEvaluations),
};

function readEvaluations(file: SourceFile): ImportedResult {
  const [header, ...lines] = csvLines(file);
  const position = positions(header, file);
  const cells = lines.map((line) => cellOf(line, position, file));
  if (cells.length === 0) throw new UserError(`${file.path} holds no evaluation.`);
  return {
    files: [file],
    part: '',
    measure: 'accuracy',
    tasks: largestTask(cells),
    taskNames: [],
    cells: withoutRepetitions(cells),
    notices: [],
  };
}

function positions(header: CsvLine | undefined, file: SourceFile): (column: Column) => number {
  const found = header?.fields ?? [];
  const missing = columns.find(
    (column) => found.indexOf(column) < 0 || found.lastIndexOf(column) !== found.indexOf(column),
  );
  if (missing !== undefined) {
    const hint = found.includes('val_accuracy')
      ? ' It looks like training_results.csv; give eval_results.csv.'
      : '';
    throw new UserError(`${file.path} must have one column "${missing}" in its first line.${hint}`);
  }
  return (column) => found.indexOf(column);
}

function cellOf({ fields, line }: CsvLine, position: (column: Column) => number, file: SourceFile) {
  const at = `${file.path}, line ${line}`;
  const field = (column: Column): string => fields[position(column)] ?? '';
  const text = field('eval_accuracy');
  // The logger prints measured numbers with four decimals, and a bare 0 for what the evaluator was not asked for.
  if (text === '0') {
    throw new UserError(
      `${at}: eval_accuracy is a bare 0, which Avalanche writes when the accuracy was not monitored.`,
    );
  }
  const accuracy = accuracyFrom(numberFrom(text, `${at}, eval_accuracy`), 'fraction', `${at}, eval_accuracy`);
  const trained = field('training_exp');
  const after = trained === 'None' ? 0 : experience(trained, `${at}, training_exp`);
  return { after, task: experience(field('eval_exp'), `${at}, eval_exp`), accuracy, at: `line ${line}` };
}

/** Experiences count from 0, tasks from 1. */
function experience(text: string, at: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw new UserError(`${at}: ${JSON.stringify(text.slice(0, 60))} is no experience's number.`);
  const task = Number(text) + 1;
  checkTasks(task, at);
  return task;
}
