import { add, div, maximum, mul, type Scalar, sum, type Tensor } from '@tensorflow/tfjs-core';
import { crossEntropyPerExample } from '../harness/nn/losses.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import {
  drawWithLogits,
  openStoredLogits,
  placesOfRows,
  storedLogitsSettings,
  writtenLogits,
} from '../harness/train/stored-logits.ts';
import { alphaSetting, type DerSettings, derPaper, logitDistance } from './der.ts';

interface Settings extends DerSettings {
  readonly beta: number;
}

/**
 * DER++ (Buzzega et al. 2020, equation 7): dark experience replay, and the labels of a second, independent draw M'':
 *
 *     L(θ) = mean over B of CE(f_θ(x), y) + α · mean over M' of ‖z − h_θ(x)‖² / outputs + β · mean over M'' of CE(f_θ(x), y)
 */
export default defineMethod<Settings>({
  name: 'der++',
  version: 1,
  title: 'DER++',
  summary: 'Dark experience replay that replays labels as well.',
  paper: derPaper,
  settings: {
    ...storedLogitsSettings,
    alpha: alphaSetting,
    beta: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      description: 'β, the weight of the cross-entropy of the second draw.',
    },
  },
  search: { alpha: [0.1, 0.2, 0.5, 1], beta: [0.5, 1] },

  prepare: openStoredLogits,
  addedRows: 'apart',
  extraRows: ({ settings }) => 2 * settings.replayBatch,
  extraInputs: (learner, _task, rows) => placesOfRows(learner, rows, 2),
  composeBatch: (rows, context) => drawWithLogits(rows, context, 2),
  loss(outputs, batch, scope) {
    const { added, extra, forward, settings } = scope;
    const loss = add(classificationLoss(outputs, batch), mul(logitDistance(scope), settings.alpha)) as Scalar;
    if (!added) return loss;
    const drawn = extra.draw1 as Tensor;
    const errors = crossEntropyPerExample(forward(added).logits, added.labels);
    return add(loss, mul(div(sum(mul(errors, drawn)), maximum(sum(drawn), 1)), settings.beta)) as Scalar;
  },
  afterStep: (_updated, scope) => ({ logits: writtenLogits(scope) }),
});
