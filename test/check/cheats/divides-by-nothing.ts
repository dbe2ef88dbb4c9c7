import { scalar } from '../../../harness/engine/tensor.ts';
import { defineMethod } from '../../../harness/train/method.ts';

/** A fault, to be found out: a statistic that it keeps is 0 divided by 0. */
export default defineMethod({
  name: 'divides-by-nothing',
  version: 1,
  title: 'A cheat',
  summary: 'Keeps an importance that is not a number.',
  settings: {},

  endTask(learner) {
    const largest = 0;
    learner.kept.importance = scalar(largest / largest);
  },
});
