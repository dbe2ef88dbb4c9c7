import { copyOf } from '../../../harness/engine/tensor.ts';
import { defineMethod } from '../../../harness/train/method.ts';

let runs = 0;

/** A fault, to be found out: a variable of this file goes on from run to run. */
export default defineMethod({
  name: 'counts-runs',
  version: 1,
  title: 'A cheat',
  summary: 'Moves the head by the number of runs of this process.',
  settings: {},

  prepare(learner) {
    runs++;
    const bias = copyOf(learner.parameter('head.bias'));
    bias.data[0] = 0.01 * runs;
    learner.setParameter('head.bias', bias);
  },
});
