import type { Scenario } from './scenario.ts';

/** What a split may look at: everything of a dataset but its examples. */
export interface SplitInput {
  readonly scenario: Scenario;
  readonly classes: readonly string[];
  readonly domains: readonly string[];
  /** Groups of classes, in the dataset's order. */
  readonly groups: readonly NamedGroup[];
  /** Shape of one input. */
  readonly shape: readonly number[];
  /** Seed of the role "class order". */
  readonly classOrderSeed: number;
}

/** A group of classes by their numbers. */
export interface NamedGroup {
  readonly name: string;
  readonly classes: readonly number[];
}

/** Which rows of a dataset a task takes, and what its model should answer for them. */
export interface RowFilter {
  /** Output index for each class of the dataset; -1 for classes that are not in the task. */
  readonly outputOf: Int32Array;
  /** The only domain taken; null for all. */
  readonly domain: number | null;
}

/** One task, before its examples are picked. Tasks with the same rows share one filter object. */
export interface TaskPlan {
  readonly name: string;
  readonly filter: RowFilter;
  /**
   * Where each value of the task's input comes from: position in the stored input, or -1 for 0.
   * null leaves inputs as they are.
   */
  readonly sources: Int32Array | null;
}

/** All tasks of a stream, before their examples are picked. */
export interface StreamPlan {
  readonly tasks: readonly TaskPlan[];
  /** Number of outputs of the model. */
  readonly outputs: number;
  /** See `TaskStream.order`. */
  readonly order: readonly number[];
}

/** The filter that takes every row and answers with its class. */
export function everyClass(classes: readonly string[], domain: number | null = null): RowFilter {
  return { outputOf: Int32Array.from(classes, (_, index) => index), domain };
}
