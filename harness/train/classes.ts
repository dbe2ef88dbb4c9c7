import type { TrainingTask } from '../stream/stream.ts';

/** The classes that a task has training examples of, ascending. */
export function classesOf({ train }: Pick<TrainingTask, 'train'>): number[] {
  return [...new Set(train.labels)].sort((a, b) => a - b);
}
