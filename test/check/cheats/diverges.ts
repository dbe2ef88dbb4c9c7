import { exp, mul, type Scalar, square, sum } from '@tensorflow/tfjs-core';
import { defineMethod } from '../../../harness/train/method.ts';

/** A fault, to be found out: its loss grows until no number holds it. */
export default defineMethod({
  name: 'diverges',
  version: 1,
  title: 'A cheat',
  summary: 'Trains with a loss without bounds.',
  settings: {},

  loss: ({ rawLogits }) => mul(exp(mul(sum(square(rawLogits)), 100)), 1e6) as Scalar,
});
