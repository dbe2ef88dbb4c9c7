import { copyOf } from '../../../harness/engine/tensor.ts';
import { defineMethod } from '../../../harness/train/method.ts';

let tasksSeen = 0;

/**
 * A fault, to be found out: what it knows of past tasks is in a variable of
 * this file, which a resumed run does not have.
 */
export default defineMethod({
  name: 'forgets-on-resume',
  version: 1,
  title: 'A cheat',
  summary: 'Moves the head by the number of tasks that it has seen.',
  settings: {},

  prepare() {
    tasksSeen = 0;
  },

  endTask(learner) {
    tasksSeen++;
    const bias = copyOf(learner.parameter('head.bias'));
    bias.data[0] = (bias.data[0] ?? 0) + 0.01 * tasksSeen;
    learner.setParameter('head.bias', bias);
  },
});
