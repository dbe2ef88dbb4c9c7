/** One cell: how many test examples of a task were answered correctly after some number of trained tasks. */
export interface AccuracyCell {
  /** Number of tasks trained so far; 0 is before any training. */
  readonly after: number;
  /** The task tested, from 1. */
  readonly task: number;
  readonly correct: number;
  readonly total: number;
}
