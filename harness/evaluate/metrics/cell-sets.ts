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
