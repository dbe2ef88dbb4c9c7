import type { AccuracyMatrix, CellAddress } from '../accuracy-matrix.ts';

/**
 * One published reading of the accuracy matrix. Two readings that can differ are two metrics with two identities, and a
 * definition that changes gets a new version: a number with a metric's id beside it never needs asking what was meant.
 */
export interface Metric {
  /** `<family>/<definition>@<version>`. */
  readonly id: string;
  /** The heading of a column. */
  readonly title: string;
  /** Smallest and largest possible value. */
  readonly range: readonly [number, number];
  /** Whether a higher or a lower value is better. */
  readonly direction: 'higher' | 'lower';
  /** Values are fractions (1 is all); tables for people multiply by 100. */
  readonly unit: 'fraction';
  /** Which cells it reads, in words. */
  readonly reads: string;
  /**
   * With `R[i][j]` the accuracy on task j after i tasks, both from 1,
   * `R[0]` before training, and T the number of tasks.
   */
  readonly formula: string;
  /** Where the definition is published. */
  readonly source: string;
  /** Tools that report it, under which name. */
  readonly usedBy?: string;
  /** The fewest tasks for which it is defined. */
  readonly leastTasks: number;
  /** The cells it reads of a matrix of so many tasks. */
  cells(tasks: number): Iterable<CellAddress>;
  /** Something to know when reading its values. */
  readonly note?: string;
  /** For a metric that compares with another run: the cells it reads of that run's matrix, which has as many tasks. */
  referenceCells?(tasks: number): Iterable<CellAddress>;
  /**
   * The value. Call it through `evaluateMetric`, which checks first that cells and tasks suffice. NaN or infinite where a
   * denominator is 0 on this matrix.
   * @param reference the other run's matrix, for a metric with `referenceCells`
   */
  compute(matrix: AccuracyMatrix, reference: AccuracyMatrix): number;
}

/** What became of a metric on a matrix. */
export type MetricResult =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'missing'; readonly cells: readonly CellAddress[] }
  | { readonly kind: 'undefined'; readonly reason: string };
