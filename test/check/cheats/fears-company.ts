import { abs, div, mul, slice, sum } from '@tensorflow/tfjs-core';
import { defineMethod } from '../../../harness/train/method.ts';

/** A cheat, to be found out: it has no answer for an example that comes alone. */
export default defineMethod({
  name: 'fears-company',
  version: 1,
  title: 'A cheat',
  summary: 'Divides by the second row of a batch, which is 0 where there is one example.',
  settings: {},

  predict({ rawLogits }, { inputs }) {
    const mate = sum(abs(slice(inputs, [1], [1])));
    return mul(rawLogits, div(mate, mate));
  },
});
