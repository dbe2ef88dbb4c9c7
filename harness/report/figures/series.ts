import { AccuracyMatrix } from '../../evaluate/accuracy-matrix.ts';
import { summarise } from '../../evaluate/statistics.ts';
import type { RecordedRun } from '../../record/run-record.ts';

/** One point of a curve: the mean over a row's runs and the half-width of its 95% t interval, in the unit of the curve. */
export interface Point {
  readonly x: number;
  readonly mean: number;
  /** Null for fewer than three runs, which say too little about their spread. */
  readonly halfWidth: number | null;
}

/** The accuracy matrices of runs. @throws UserError for impossible cells */
export function matricesOf(runs: readonly RecordedRun[]): AccuracyMatrix[] {
  return runs.map(({ record, cells }) => new AccuracyMatrix(cells, record.tasks.length));
}

/** The mean of values with its interval at a place. @param values at least one */
export function pointOf(x: number, values: readonly number[]): Point {
  const { mean, interval } = summarise(values);
  return { x, mean, halfWidth: interval.kind === 'interval' ? interval.halfWidth : null };
}

/**
 * Accuracy over the tasks so far: after i tasks the mean over j = 1..i of R[i][j], 0 to 1. A stage of which a run lacks a
 * cell has no point: a mean over fewer runs or tasks would be another quantity.
 */
export function accuracyOverTasks(matrices: readonly AccuracyMatrix[]): Point[] {
  return points(matrices, 1, tasksOf(matrices), (matrix, after) => {
    const seen = numbersTo(after);
    if (!seen.every((task) => matrix.has(after, task))) return undefined;
    return seen.reduce((sum, task) => sum + matrix.accuracy(after, task), 0) / after;
  });
}

/**
 * Forgetting of each task but the last: (max over l = j..T-1 of R[l][j]) - R[T][j], -1 to 1. Its mean over the tasks is
 * `forgetting/chaudhry@1`. A task of which a run lacks a cell has no point.
 */
export function forgettingByTask(matrices: readonly AccuracyMatrix[]): Point[] {
  const tasks = tasksOf(matrices);
  return points(matrices, 1, tasks - 1, (matrix, task) => {
    const stages = numbersTo(tasks).slice(task - 1);
    if (!stages.every((after) => matrix.has(after, task))) return undefined;
    const before = stages.slice(0, -1).map((after) => matrix.accuracy(after, task));
    return before.reduce((best, value) => Math.max(best, value), -1) - matrix.accuracy(tasks, task);
  });
}

/** A cell of the mean matrix; `accuracy` is 0 to 1. */
export interface MeanCell {
  readonly after: number;
  readonly task: number;
  readonly accuracy: number;
}

/** The mean over runs of each cell that all of them measured, of the given stages and tasks. */
export function meanMatrix(
  matrices: readonly AccuracyMatrix[],
  stages: readonly number[],
  tasks: readonly number[],
): MeanCell[] {
  return stages.flatMap((after) =>
    tasks.flatMap((task) => {
      if (matrices.length === 0 || !matrices.every((matrix) => matrix.has(after, task))) return [];
      const sum = matrices.reduce((total, matrix) => total + matrix.accuracy(after, task), 0);
      return [{ after, task, accuracy: sum / matrices.length }];
    }),
  );
}

/** The number of tasks of matrices; 0 for none. */
export function tasksOf(matrices: readonly AccuracyMatrix[]): number {
  return Math.max(0, ...matrices.map(({ tasks }) => tasks));
}

/** At most so many of the items, evenly spread, the first and the last among them; none is averaged or made up. */
export function thinned<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)] as Item);
}

/** 1 to n. */
export function numbersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function points(
  matrices: readonly AccuracyMatrix[],
  first: number,
  last: number,
  value: (matrix: AccuracyMatrix, x: number) => number | undefined,
): Point[] {
  const found: Point[] = [];
  for (let x = first; x <= last; x++) {
    const values = matrices.flatMap((matrix) => value(matrix, x) ?? []);
    if (values.length > 0 && values.length === matrices.length) found.push(pointOf(x, values));
  }
  return found;
}
