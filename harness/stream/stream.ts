import type { Examples } from './examples.ts';
import type { Scenario } from './scenario.ts';

/** One task of a stream, with its three disjoint sets of examples. */
export interface Task {
  /** 1 for the first task. */
  readonly index: number;
  /** For people: "digits 0, 1", "rotation 36°". */
  readonly name: string;
  /** Output indices that occur in this task, ascending. */
  readonly outputs: readonly number[];
  readonly train: Examples;
  /** The dataset's own, or cut from the training data by the scenario's rule; may be empty. */
  readonly validation: Examples;
  readonly test: Examples;
}

/** A task as methods and the training loop see it: without its test set. */
export type TrainingTask = Omit<Task, 'test'>;

/** What methods may see of a task. */
export function withoutTest({ test: _hidden, ...visible }: Task): TrainingTask {
  return visible;
}

/** The sequence of tasks that a scenario makes of a dataset for one class order. */
export interface TaskStream {
  readonly scenario: Scenario;
  /** Shape of one input. */
  readonly inputShape: readonly number[];
  /** Number of outputs of the model's head over the whole stream. */
  readonly outputs: number;
  readonly tasks: readonly Task[];
  /** How many tasks there were before the stream was cut short; left out where it was not. */
  readonly wholeLength?: number;
  /** The dataset's identity as it goes into the run record. */
  readonly dataset: DatasetIdentity;
  /**
   * What the tasks are made of, in the order they come: classes, groups, domains or rotations by their number in
   * natural order, permutations by a number that tells them apart.
   */
  readonly order: readonly number[];
  /** Closes files that hold rows too many for memory; the examples cannot be read afterwards. */
  readonly close?: () => void;
}

/** What a result must say about its data so that another can trust it. */
export interface DatasetIdentity {
  readonly name: string;
  readonly revision: string;
  readonly licence: string;
  readonly source: string;
  /** SHA-256 over the checksums of all files, in the definition's order, and over how a named table or folder is read. */
  readonly sha256: string;
}
