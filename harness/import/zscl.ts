import { UserError } from '../errors.ts';
import { cellsOfGrid } from './accuracies.ts';
import { type ImportedResult, type Importer, type ImportOptions, unitOf } from './importer.ts';
import { readNpy } from './npy.ts';
import type { SourceFile } from './source-file.ts';

/** The data sets of MTIL in its first order, as ZSCL's evaluation lists them, without CIFAR-10. */
const mtilTasks = [
  'Aircraft',
  'Caltech101',
  'CIFAR100',
  'DTD',
  'EuroSAT',
  'Flowers',
  'Food101',
  'MNIST',
  'OxfordPet',
  'StanfordCars',
  'SUN397',
];

/** Where each task of the second order stands in the first. Source: `mtil/results.ipynb` of ZSCL. */
const secondOrder = [9, 6, 7, 8, 5, 10, 0, 1, 3, 4, 2];

/** The evaluation of MTIL has a column of CIFAR-10 between Caltech101 and CIFAR100 that is no task. */
const cifar10Column = 2;

/**
 * A `.npy` array of accuracies, row i after task i, columns the tasks: ZSCL's tables of MTIL (percent, 11 rows of 12
 * columns, CIFAR-10 the third, or flat) and any other square array.
 */
export const zscl: Importer = {
  format: 'zscl',
  version: 1,
  tool: 'ZSCL',
  reads: '.npy array, a row after each task',
  unit: 'percent',
  takes: ['unit', 'transpose', 'order'],
  read(files, options) {
    return files.map((file) => readTable(file, options));
  },
};

function readTable(file: SourceFile, options: ImportOptions): ImportedResult {
  const { shape, values } = readNpy(file);
  const [rows, columns] = extents(shape, file);
  const hasCifar10 = rows === mtilTasks.length && columns === rows + 1;
  const raw = Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  const square = hasCifar10 ? raw.map((row) => row.toSpliced(cifar10Column, 1)) : raw;
  const grid = options.order === 2 ? reordered(square, file) : square;
  const names = hasCifar10 ? mtilTasks : [];
  return {
    files: [file],
    part: '',
    measure: 'accuracy',
    tasks: grid.length,
    taskNames: options.order === 2 ? secondOrder.flatMap((index) => names[index] ?? []) : names,
    cells: cellsOfGrid(grid, unitOf(zscl, options), file.path, options.transpose),
    notices: hasCifar10
      ? ['The third of 12 columns was left out: it is CIFAR-10, which MTIL measures but does not train.']
      : [],
  };
}

/** Rows and columns; the notebook reshapes flat arrays to 11 rows. */
function extents(shape: readonly number[], { path }: SourceFile): readonly [number, number] {
  const [rows = 1, columns] = shape;
  if (columns !== undefined) return [rows, columns];
  const side = Math.round(Math.sqrt(rows));
  if (side * side === rows) return [side, side];
  const tasks = mtilTasks.length;
  if (rows === tasks * (tasks + 1)) return [tasks, tasks + 1];
  throw new UserError(`${path} is a flat array of ${rows} numbers, which make no square matrix.`);
}

function reordered(grid: readonly (readonly number[])[], { path }: SourceFile): number[][] {
  if (grid.length !== secondOrder.length) {
    throw new UserError(
      `${path} has ${grid.length} tasks; --order 2 is the second order of MTIL's 11 tasks.`,
    );
  }
  return secondOrder.map((row) => secondOrder.map((column) => grid[row]?.[column] ?? Number.NaN));
}
