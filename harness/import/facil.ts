import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { cellsOfGrid, numberFrom } from './accuracies.ts';
import type { ImportedResult, Importer } from './importer.ts';
import { linesOf, type SourceFile, textOf } from './source-file.ts';

const measures: Readonly<Record<string, string>> = {
  acc_taw: 'task-aware accuracy',
  acc_tag: 'task-agnostic accuracy',
};

/**
 * FACIL's `results/acc_taw-<time>.txt` and `acc_tag-<time>.txt`: a square of fractions with six decimals, tabs between, row
 * i after task i. Tasks to come and stages not reached are zeros, so zeros there are not cells.
 */
export const facil: Importer = {
  format: 'facil',
  version: 1,
  tool: 'FACIL',
  reads: 'acc_taw-*.txt or acc_tag-*.txt, a matrix with tabs',
  unit: 'fraction',
  takes: [],
  read: (files) => files.map(readMatrix),
};

function readMatrix(file: SourceFile): ImportedResult {
  const kind = /^(acc_taw|acc_tag|forg|avg_accs|wavg_accs)/.exec(basename(file.path))?.[1] ?? '';
  const measure = measures[kind];
  if (measure === undefined) {
    const meant = kind === '' ? 'is not named as FACIL does' : 'holds no accuracy matrix';
    throw new UserError(`${file.path} ${meant}; acc_taw-*.txt and acc_tag-*.txt are read.`);
  }
  const rows = linesOf(textOf(file)).filter((line) => line.trim() !== '');
  const numbers = rows.map((line, row) =>
    line
      .trim()
      .split('\t')
      .map((text, column) => numberFrom(text.trim(), `${file.path}, row ${row + 1}, column ${column + 1}`)),
  );
  const reached = numbers.findLastIndex((row) => row.some((value) => value !== 0)) + 1;
  for (const [row, values] of numbers.entries()) {
    const column = values.findIndex((value, index) => index > row && value !== 0);
    if (column >= 0) {
      throw new UserError(
        `${file.path}, row ${row + 1}, column ${column + 1}: FACIL measures no task before it was trained, but here is ${values[column]}.`,
      );
    }
  }
  const measured = numbers.map((row, i) => row.map((value, j) => (j <= i && i < reached ? value : null)));
  const cells = cellsOfGrid(measured, 'fraction', file.path);
  if (cells.length === 0) throw new UserError(`${file.path} holds zeros alone: no task was measured.`);
  const unreached = numbers.length - reached;
  return {
    files: [file],
    part: '',
    measure,
    tasks: numbers.length,
    taskNames: [],
    cells,
    notices:
      unreached > 0
        ? [`The last ${unreached} of ${numbers.length} rows are zeros and taken as not measured.`]
        : [],
  };
}
