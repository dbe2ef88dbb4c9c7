import { UserError } from '../errors.ts';
import { parseAccuracyCsv } from '../evaluate/accuracy-csv.ts';
import type { ReportedCell } from '../evaluate/accuracy-matrix.ts';
import { accuracyFrom, cellsOfGrid, checkTasks, numberFrom, withoutRepetitions } from './accuracies.ts';
import { type CsvLine, csvLines } from './csv-lines.ts';
import {
  type ImportedResult,
  type Importer,
  type ImportOptions,
  largestTask,
  nameFrom,
  unitOf,
} from './importer.ts';
import { type SourceFile, textOf } from './source-file.ts';

/**
 * A matrix in CSV, written by hand or by another program, in one of three shapes: lines `after,task,correct,total` or
 * `after,task,accuracy`; a header `after,<task>,<task>…` with a line for each stage, 0 being before training; or the bare
 * square of numbers, row i after task i. A field that is empty was not measured.
 */
export const matrixCsv: Importer = {
  format: 'csv',
  version: 1,
  tool: 'a CSV file',
  reads: 'a matrix: after,task,correct,total; after,task,accuracy; after,<tasks…>; or bare numbers',
  unit: undefined,
  takes: ['unit', 'transpose', 'measure'],
  read: (files, options) => files.map((file) => readMatrix(file, options)),
};

function readMatrix(file: SourceFile, options: ImportOptions): ImportedResult {
  const lines = csvLines(file);
  const header = lines[0]?.fields ?? [];
  const isList = header.includes('after') && header.includes('task');
  if (options.transpose === true && header.includes('after')) {
    throw new UserError(
      `${file.path} has a column "after", so its stages are known; --transpose is not for it.`,
    );
  }
  if (isList && header.includes('correct') && header.includes('total')) {
    const cells = parseAccuracyCsv(textOf(file), file.path);
    return result(file, options, { cells, taskNames: [], tasks: largest(cells, file) });
  }
  if (isList) {
    const cells = listedCells(lines, file, options);
    return result(file, options, { cells, taskNames: [], tasks: largest(cells, file) });
  }
  if (header[0] === 'after') return result(file, options, withStages(lines, file, options));
  const grid = lines.map(({ fields, line }) =>
    fields.map((text, column) => measuredOrNull(text, `${file.path}, line ${line}, column ${column + 1}`)),
  );
  const cells = cellsOfGrid(grid, unitOf(matrixCsv, options), file.path, options.transpose);
  return result(file, options, { cells, taskNames: [], tasks: grid.length });
}

function result(
  file: SourceFile,
  { measure = 'accuracy' }: ImportOptions,
  found: Pick<ImportedResult, 'cells' | 'taskNames' | 'tasks'>,
): ImportedResult {
  if (found.cells.length === 0) throw new UserError(`${file.path} holds no accuracy.`);
  return { files: [file], part: '', measure, ...found, notices: [] };
}

/** Lines `after,task,accuracy`, in any order of columns. */
function listedCells(
  lines: readonly CsvLine[],
  { path }: SourceFile,
  options: ImportOptions,
): ReportedCell[] {
  const [header, ...body] = lines;
  const names = header?.fields ?? [];
  const position = (column: string): number => {
    const found = names.indexOf(column);
    if (found < 0 || names.lastIndexOf(column) !== found) {
      throw new UserError(`${path} must have one column "${column}" in its first line.`);
    }
    return found;
  };
  const columns = ['after', 'task', 'accuracy'].map(position);
  const unit = unitOf(matrixCsv, options);
  return withoutRepetitions(
    body.map(({ fields, line }) => {
      const at = `${path}, line ${line}`;
      const [after = '', task = '', accuracy = ''] = columns.map((column) => fields[column] ?? '');
      return {
        after: stage(after, 0, `${at}, after`),
        task: stage(task, 1, `${at}, task`),
        accuracy: accuracyFrom(numberFrom(accuracy, `${at}, accuracy`), unit, `${at}, accuracy`),
        at,
      };
    }),
  );
}

/** A header `after,<task>…`, then a line for each stage. */
function withStages(lines: readonly CsvLine[], { path }: SourceFile, options: ImportOptions) {
  const [header, ...body] = lines;
  const names = (header?.fields ?? []).slice(1).map((name) => nameFrom(name, 'task', `${path}, line 1`));
  checkTasks(names.length, path);
  const unit = unitOf(matrixCsv, options);
  const cells = body.flatMap(({ fields, line }) => {
    const at = `${path}, line ${line}`;
    if (fields.length !== names.length + 1) {
      throw new UserError(`${at} has ${fields.length} fields, but the first line has ${names.length + 1}.`);
    }
    const after = stage(fields[0] ?? '', 0, `${at}, after`);
    if (after > names.length)
      throw new UserError(`${at}: after ${after} tasks, but there are ${names.length}.`);
    return names.flatMap((name, index) => {
      const value = measuredOrNull(fields[index + 1] ?? '', `${at}, ${name}`);
      return value === null
        ? []
        : [
            {
              after,
              task: index + 1,
              accuracy: accuracyFrom(value, unit, `${at}, ${name}`),
              at,
            },
          ];
    });
  });
  return { cells: withoutRepetitions(cells), taskNames: names, tasks: names.length };
}

function measuredOrNull(text: string, at: string): number | null {
  return text === '' ? null : numberFrom(text, at);
}

function stage(text: string, least: number, at: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) {
    throw new UserError(
      `${at}: ${JSON.stringify(text.slice(0, 60))} must be a whole number from ${least} up.`,
    );
  }
  if (value > 0) checkTasks(value, at);
  return value;
}

function largest(cells: ImportedResult['cells'], { path }: SourceFile): number {
  const tasks = largestTask(cells);
  checkTasks(tasks, path);
  return tasks;
}
