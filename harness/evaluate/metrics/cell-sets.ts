import type { CellAddress } from '../accuracy-matrix.ts';

/** The integers first … last. */
export function integers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** Every task after the whole stream. */
export function* lastRow(tasks: number): Generator<CellAddress> {
  for (let task = 1; task <= tasks; task++) yield { after: tasks, task };
}

/** Every task straight after it was trained. */
export function* diagonal(tasks: number): Generator<CellAddress> {
  for (let task = 1; task <= tasks; task++) yield { after: task, task };
}

/** At every stage every task seen so far, the diagonal included. */
export function* seenTasks(tasks: number): Generator<CellAddress> {
  for (let after = 1; after <= tasks; after++) {
    for (let task = 1; task <= after; task++) yield { after, task };
  }
}

/** Every task after every trained task: the whole matrix but the row before training. */
export function* everyStage(tasks: number): Generator<CellAddress> {
  for (let after = 1; after <= tasks; after++) {
    for (let task = 1; task <= tasks; task++) yield { after, task };
  }
}

/** At every stage every task that is still to come. */
export function* futureTasks(tasks: number): Generator<CellAddress> {
  for (let after = 1; after < tasks; after++) {
    for (let task = after + 1; task <= tasks; task++) yield { after, task };
  }
}

/** Each task straight before it was trained, but the first. */
export function* straightBefore(tasks: number): Generator<CellAddress> {
  for (let task = 2; task <= tasks; task++) yield { after: task - 1, task };
}

/** Every task before any training. */
export function* untrained(tasks: number): Generator<CellAddress> {
  for (let task = 1; task <= tasks; task++) yield { after: 0, task };
}
