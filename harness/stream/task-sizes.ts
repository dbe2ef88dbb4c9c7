import type { Task } from './stream.ts';

/** How large a task is. */
export interface TaskSizes {
  /** For people, as {@link Task.name}. */
  readonly name: string;
  /** How many outputs occur in it. */
  readonly outputs: number;
  /** Numbers of examples. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Counts a task's outputs and examples. */
export function taskSizes({ name, outputs, train, validation, test }: Task): TaskSizes {
  const examples = { train: train.count, validation: validation.count, test: test.count };
  return { name, outputs: outputs.length, ...examples };
}
