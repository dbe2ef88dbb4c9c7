import { mean, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { defineMethod } from '../../../harness/train/method.ts';
import { classificationLoss } from '../../../harness/train/model-programs.ts';

/** A fault, to be found out: its loss takes the task of training examples for granted. */
export default defineMethod({
  name: 'needs-identity',
  version: 1,
  title: 'A cheat',
  summary: 'Weighs the loss by the task of each example.',
  settings: {},

  loss: (outputs, batch) => mul(classificationLoss(outputs, batch), mean(batch.tasks as Tensor)) as Scalar,
});
