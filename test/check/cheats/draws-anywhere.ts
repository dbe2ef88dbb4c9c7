import { copyOf } from '../../../harness/engine/tensor.ts';
import { defineMethod } from '../../../harness/train/method.ts';

/** A fault, to be found out: its noise is not drawn from the seeds. */
export default defineMethod({
  name: 'draws-anywhere',
  version: 1,
  title: 'A cheat',
  summary: 'Adds noise to the head after each task.',
  settings: {},

  endTask(learner) {
    const bias = copyOf(learner.parameter('head.bias'));
    bias.data[0] = (bias.data[0] ?? 0) + 0.01 * Math.random();
    learner.setParameter('head.bias', bias);
  },
});
