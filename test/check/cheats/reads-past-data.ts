import type { TrainingTask } from '../../../harness/stream/stream.ts';
import { defineMethod } from '../../../harness/train/method.ts';

const past: TrainingTask[] = [];

/**
 * A cheat, to be found out: it holds on to past tasks and looks at their data
 * again, which is a memory that costs it nothing.
 */
export default defineMethod({
  name: 'reads-past-data',
  version: 1,
  title: 'A cheat',
  summary: 'Reads the data of past tasks.',
  settings: {},

  prepare() {
    past.length = 0;
  },

  beginTask(learner, task) {
    for (const { train } of past) learner.log({ kind: 'looked', labels: train.labels.length });
    past.push(task);
  },
});
