import { copyOf } from '../../../harness/engine/tensor.ts';
import { defineMethod } from '../../../harness/train/method.ts';

/** A cheat, to be found out: it keeps a tensor on the learner where no column counts it. */
export default defineMethod({
  name: 'hides-property',
  version: 1,
  title: 'A cheat',
  summary: 'Keeps the weights of past tasks in a property of its own.',
  settings: {},

  endTask(learner) {
    Object.assign(learner, { formerWeights: copyOf(learner.parameter('head.weight')) });
  },
});
