import { UserError } from '../errors.ts';
import type { MatrixCell, ReportedCell } from '../evaluate/accuracy-matrix.ts';
import { maximumTasks } from '../evaluate/accuracy-matrix.ts';

/** What 1 means in a file: all (fraction) or one in a hundred (percent). */
export type Unit = 'percent' | 'fraction';

/** A rectangle of numbers as a file holds it, row by row; null where nothing was measured. */
export type Grid = readonly (readonly (number | null)[])[];

/**
 * An accuracy as a fraction. Percentages lose nothing: the decimal point moves in the digits as written, so that 87.35 is
 * 0.8735 and not the product of two binary fractions.
 * @param at Place in the file, for errors.
 * @throws UserError for a number that is no accuracy in that unit
 */
export function accuracyFrom(value: number, unit: Unit, at: string): number {
  const most = unit === 'percent' ? 100 : 1;
  if (!(value >= 0 && value <= most)) {
    const hint = unit === 'fraction' && value > 1 && value <= 100 ? ' Is it in percent?' : '';
    throw new UserError(`${at}: ${value} is no accuracy; as a ${unit} it lies between 0 and ${most}.${hint}`);
  }
  if (unit === 'fraction') return value + 0;
  const [digits = '0', exponent = '0'] = String(value).split('e');
  return Number(`${digits}e${Number(exponent) - 2}`);
}

/** Reads a decimal number as programs print it; no thousands, no comma, no `%`. @throws UserError */
export function numberFrom(text: string, at: string): number {
  const value = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new UserError(`${at}: ${JSON.stringify(text.slice(0, 60))} is not a number.`);
  }
  return value;
}

/**
 * The cells of a square grid whose row i holds the accuracies after i tasks.
 * @param transpose The grid is the other way round: a row for each task.
 */
export function cellsOfGrid(grid: Grid, unit: Unit, where: string, transpose = false): ReportedCell[] {
  checkSquare(grid, where);
  return grid.flatMap((row, i) =>
    row.flatMap((value, j) => {
      if (value === null) return [];
      const [after, task] = transpose ? [j + 1, i + 1] : [i + 1, j + 1];
      return [
        { after, task, accuracy: accuracyFrom(value, unit, `${where}, row ${i + 1}, column ${j + 1}`) },
      ];
    }),
  );
}

function checkSquare(grid: Grid, where: string): void {
  const odd = grid.findIndex((row) => row.length !== grid.length);
  if (grid.length === 0 || odd >= 0) {
    const width = grid[Math.max(0, odd)]?.length ?? 0;
    throw new UserError(
      `${where}: an accuracy matrix has as many columns as rows, but of ${grid.length} rows the ` +
        `${odd + 1}. has ${width} numbers.`,
    );
  }
  checkTasks(grid.length, where);
}

/** Refuses a number of tasks that no stream has. */
export function checkTasks(tasks: number, where: string): void {
  if (tasks < 1 || tasks > maximumTasks || !Number.isSafeInteger(tasks)) {
    throw new UserError(`${where}: ${tasks} tasks are none that a stream has; it has 1 to ${maximumTasks}.`);
  }
}

/** Refuses two different accuracies for one cell; a repetition of the same counts once. */
export function withoutRepetitions<Cell extends MatrixCell & { readonly accuracy: number }>(
  cells: readonly (Cell & { readonly at: string })[],
): ReportedCell[] {
  const found = new Map<string, Cell & { readonly at: string }>();
  for (const cell of cells) {
    const address = `after ${cell.after}, task ${cell.task}`;
    const earlier = found.get(address);
    if (earlier !== undefined && earlier.accuracy !== cell.accuracy) {
      throw new UserError(
        `${cell.at}: the cell (${address}) is ${cell.accuracy} here and ${earlier.accuracy} in ${earlier.at}; ` +
          'which one is meant cannot be told.',
      );
    }
    found.set(address, cell);
  }
  return [...found.values()].map(({ after, task, accuracy }) => ({ after, task, accuracy }));
}
