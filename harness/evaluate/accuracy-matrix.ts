import { UserError } from '../errors.ts';

/** One cell: how many test examples of a task were answered correctly after some number of trained tasks. */
export interface AccuracyCell {
  /** Number of tasks trained so far; 0 is before any training. */
  readonly after: number;
  /** The task tested, from 1. */
  readonly task: number;
  readonly correct: number;
  readonly total: number;
}

/** A cell of which the accuracy alone is known, as other tools report it: not how many examples it was measured on. */
export interface ReportedCell {
  readonly after: number;
  readonly task: number;
  /** 0 to 1. */
  readonly accuracy: number;
}

/** A cell with or without its counts. */
export type MatrixCell = AccuracyCell | ReportedCell;

/** Where a cell stands in the matrix. */
export type CellAddress = Pick<AccuracyCell, 'after' | 'task'>;

/** No stream has more tasks than this; a larger number is a mistake in a file and would exhaust the memory. */
export const maximumTasks = 2000;

/** A metric or a reader asked for a cell that was not measured. */
export class MissingCellError extends UserError {
  readonly cells: readonly CellAddress[];

  constructor(cells: readonly CellAddress[]) {
    super(`The accuracy matrix lacks ${describeCells(cells)}.`);
    this.cells = cells;
  }
}

/** A metric or a reader asked for the counts of a cell that was reported as an accuracy alone. */
export class UnknownCountsError extends UserError {
  constructor({ after, task }: CellAddress) {
    super(
      `The accuracy (after ${after}, task ${task}) was reported without the number of examples behind it.`,
    );
  }
}

/** Whether a cell says how many examples it was measured on. */
export function isCounted(cell: MatrixCell): cell is AccuracyCell {
  return 'total' in cell;
}

/** The accuracy of a cell, 0 to 1. */
export function accuracyOf(cell: MatrixCell): number {
  return isCounted(cell) ? cell.correct / cell.total : cell.accuracy;
}

/** Cells in words: `the accuracy on task 2 after 3 tasks, …`; a long list is cut. */
export function describeCells(cells: readonly CellAddress[]): string {
  const shown = cells.slice(0, 5).map(({ after, task }) => `after ${after}, task ${task}`);
  const more = cells.length - shown.length;
  const noun = cells.length === 1 ? 'the cell' : `${cells.length} cells:`;
  return `${noun} ${shown.map((cell) => `(${cell})`).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * What is wrong with the numbers of a cell, or undefined when they can be right: `after` is an integer from 0, `task` and
 * `total` are integers from 1, `correct` lies between 0 and `total`, `accuracy` between 0 and 1.
 */
export function cellProblem(cell: MatrixCell): string | undefined {
  const { after, task } = cell;
  const counts = isCounted(cell) ? { correct: cell.correct, total: cell.total } : {};
  const least = { after: 0, task: 1, correct: 0, total: 1 };
  for (const [name, value] of Object.entries({ after, task, ...counts })) {
    const minimum = least[name as keyof typeof least];
    if (!Number.isSafeInteger(value) || value < minimum) {
      return `${name} is ${value}, but must be an integer from ${minimum} up`;
    }
  }
  if (after > maximumTasks || task > maximumTasks) {
    return `after is ${after} and task is ${task}, but a stream has at most ${maximumTasks} tasks`;
  }
  if (isCounted(cell)) {
    return cell.correct > cell.total
      ? `correct is ${cell.correct}, which is more than total, ${cell.total}`
      : undefined;
  }
  return cell.accuracy >= 0 && cell.accuracy <= 1
    ? undefined
    : `accuracy is ${cell.accuracy}, but must lie between 0 and 1`;
}

/** The recorded cells of one run, addressed by stage and task. Every metric reads this and nothing else. */
export class AccuracyMatrix {
  /** Number of tasks of the stream. */
  readonly tasks: number;
  readonly #rows = new Map<number, Map<number, MatrixCell>>();

  /**
   * @param tasks Number of tasks of the stream; the largest number that occurs in the cells when left out. Give it where
   *   it is known, so that a matrix whose last rows were never measured is not taken for a shorter stream.
   * @throws UserError for impossible numbers and for two cells at one address.
   */
  constructor(cells: Iterable<MatrixCell>, tasks?: number) {
    let largest = 0;
    for (const cell of cells) {
      this.#add(cell);
      largest = Math.max(largest, cell.after, cell.task);
    }
    this.tasks = tasks ?? largest;
    if (largest > this.tasks) {
      throw new UserError(
        `The accuracy matrix mentions task ${largest}, but the stream has ${this.tasks} tasks.`,
      );
    }
  }

  #add(cell: MatrixCell): void {
    const problem = cellProblem(cell);
    if (problem !== undefined) throw new UserError(`The accuracy matrix has an impossible cell: ${problem}.`);
    const row = this.#rows.get(cell.after) ?? new Map<number, MatrixCell>();
    if (row.has(cell.task)) {
      throw new UserError(`The accuracy matrix has two cells (after ${cell.after}, task ${cell.task}).`);
    }
    row.set(cell.task, cell);
    this.#rows.set(cell.after, row);
  }

  /** Whether the cell was measured. */
  has(after: number, task: number): boolean {
    return this.#rows.get(after)?.has(task) ?? false;
  }

  /** The counts of a cell. @throws MissingCellError, UnknownCountsError where the accuracy alone was reported */
  cell(after: number, task: number): AccuracyCell {
    const cell = this.#cell(after, task);
    if (!isCounted(cell)) throw new UnknownCountsError(cell);
    return cell;
  }

  #cell(after: number, task: number): MatrixCell {
    const cell = this.#rows.get(after)?.get(task);
    if (cell === undefined) throw new MissingCellError([{ after, task }]);
    return cell;
  }

  /** The accuracy on a task after some number of trained tasks, 0 to 1. @throws MissingCellError */
  accuracy(after: number, task: number): number {
    return accuracyOf(this.#cell(after, task));
  }

  /** Those of the given cells that were not measured, in the given order. */
  missing(cells: Iterable<CellAddress>): CellAddress[] {
    const missing: CellAddress[] = [];
    for (const cell of cells) {
      if (!this.has(cell.after, cell.task)) missing.push(cell);
    }
    return missing;
  }
}
