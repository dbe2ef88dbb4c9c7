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
  /** The class at each position of the order, where the scenario's file lists one. */
  readonly listedOrder?: readonly number[] | null;
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

/** The filter that takes every row and answers with its class, counted from `first`. */
export function everyClass(classes: readonly string[], domain: number | null = null, first = 0): RowFilter {
  return { outputOf: Int32Array.from(classes, (_, index) => first + index), domain };
}

/**
 * The filters of tasks that hold all classes: one for all of them where a class has one output, and one for each task
 * with labels `class-of-task`, where class c of the k-th of n tasks has output (k − 1) · classes + c.
 */
export function repeatedClasses({ scenario, classes }: SplitInput, tasks: number): RepeatedClasses {
  if (scenario.labels !== 'class-of-task') {
    const shared = everyClass(classes);
    return { outputs: classes.length, filterOf: () => shared };
  }
  const filters = Array.from({ length: tasks }, (_, index) =>
    everyClass(classes, null, index * classes.length),
  );
  return { outputs: tasks * classes.length, filterOf: (index) => filters[index] as RowFilter };
}

/** What {@link repeatedClasses} gives. */
export interface RepeatedClasses {
  /** Number of outputs of the model. */
  readonly outputs: number;
  /** @param index of the task, from 0 */
  filterOf(index: number): RowFilter;
}
