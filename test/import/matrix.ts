import { fileURLToPath } from 'node:url';
import type { ReportedCell } from '../../harness/evaluate/accuracy-matrix.ts';
import type { ImportedResult, ImportOptions } from '../../harness/import/index.ts';
import { readResults } from '../../harness/import/read-results.ts';

/** The matrix that every sample holds, row i after task i. */
export const matrix = [
  [0.9, 0.2, 0.82, 0.15],
  [0.7, 0.85, 0.25, 0.1],
  [0.95, 0.6, 0.8, 0.3],
  [0.6, 0.9, 0.55, 0.95],
];

/** All cells of a matrix. */
export function wholeOf(rows: readonly (readonly number[])[]): ReportedCell[] {
  return rows.flatMap((row, i) => row.map((accuracy, j) => ({ after: i + 1, task: j + 1, accuracy })));
}

/** The cells of tasks that were trained, the diagonal included. */
export function trainedOf(rows: readonly (readonly number[])[]): ReportedCell[] {
  return wholeOf(rows).filter(({ after, task }) => task <= after);
}

/** The path of a sample. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`samples/${name}`, import.meta.url));
}

/** The one result in files of a format. */
export function readOne(
  format: string,
  paths: readonly string[],
  options: ImportOptions = {},
): ImportedResult {
  const { found } = readResults(format, paths, options);
  const [only, ...others] = found;
  if (only === undefined || others.length > 0)
    throw new Error(`One result was expected, not ${found.length}.`);
  return only;
}

/** Cells in the order of the matrix. */
export function sorted<Cell extends { readonly after: number; readonly task: number }>(
  cells: readonly Cell[],
): Cell[] {
  return cells.toSorted((left, right) => left.after - right.after || left.task - right.task);
}
