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

/** Cells in words: `the accuracy on task 2 after 3 tasks, …`; a long list is cut. */
export function describeCells(cells: readonly CellAddress[]): string {
  const shown = cells.slice(0, 5).map(({ after, task }) => `after ${after}, task ${task}`);
  const more = cells.length - shown.length;
  const noun = cells.length === 1 ? 'the cell' : `${cells.length} cells:`;
  return `${noun} ${shown.map((cell) => `(${cell})`).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * What is wrong with the numbers of a cell, or undefined when they can be right: `after` is an integer from 0, `task` and
 * `total` are integers from 1, `correct` lies between 0 and `total`.
 */
export function cellProblem({ after, task, correct, total }: AccuracyCell): string | undefined {
  const least = { after: 0, task: 1, correct: 0, total: 1 };
  for (const [name, value] of Object.entries({ after, task, correct, total })) {
    const minimum = least[name as keyof typeof least];
    if (!Number.isSafeInteger(value) || value < minimum) {
      return `${name} is ${value}, but must be an integer from ${minimum} up`;
    }
  }
  if (after > maximumTasks || task > maximumTasks) {
    return `after is ${after} and task is ${task}, but a stream has at most ${maximumTasks} tasks`;
  }
  return correct > total ? `correct is ${correct}, which is more than total, ${total}` : undefined;
}

/** The recorded cells of one run, addressed by stage and task. Every metric reads this and nothing else. */
export class AccuracyMatrix {
  /** Number of tasks of the stream. */
  readonly tasks: number;
  readonly #rows = new Map<number, Map<number, AccuracyCell>>();

  /**
   * @param tasks Number of tasks of the stream; the largest number that occurs in the cells when left out. Give it where
   *   it is known, so that a matrix whose last rows were never measured is not taken for a shorter stream.
   * @throws UserError for impossible numbers and for two cells at one address.
   */
  constructor(cells: Iterable<AccuracyCell>, tasks?: number) {
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

  #add(cell: AccuracyCell): void {
    const problem = cellProblem(cell);
    if (problem !== undefined) throw new UserError(`The accuracy matrix has an impossible cell: ${problem}.`);
    const row = this.#rows.get(cell.after) ?? new Map<number, AccuracyCell>();
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

  /** The counts of a cell. @throws MissingCellError */
  cell(after: number, task: number): AccuracyCell {
    const cell = this.#rows.get(after)?.get(task);
    if (cell === undefined) throw new MissingCellError([{ after, task }]);
    return cell;
  }

  /** The accuracy on a task after some number of trained tasks, 0 to 1. @throws MissingCellError */
  accuracy(after: number, task: number): number {
    const { correct, total } = this.cell(after, task);
    return correct / total;
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
