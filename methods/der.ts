import {
  add,
  div,
  gather,
  maximum,
  mean,
  mul,
  type Scalar,
  squaredDifference,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { defineMethod, type Scope } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import {
  drawWithLogits,
  openStoredLogits,
  placesOfRows,
  type StoredLogitsSettings,
  storedLogitsSettings,
  writtenLogits,
} from '../harness/train/stored-logits.ts';

export interface DerSettings extends StoredLogitsSettings {
  readonly alpha: number;
}

export const derPaper = {
  title: 'Dark Experience for General Continual Learning: a Strong, Simple Baseline',
  authors: 'Buzzega, Boschini, Porrello, Abati, Calderara',
  year: 2020,
  url: 'https://arxiv.org/abs/2004.07211',
} as const;

export const alphaSetting = {
  type: 'number',
  default: 0.5,
  minimum: 0,
  description: 'α, the weight of the distance to the stored logits.',
} as const;

/**
 * Dark experience replay (Buzzega et al. 2020, equation 6). A reservoir holds examples and the logits z that the model had for
 * them when they were stored:
 *
 *     L(θ) = mean over B of CE(f_θ(x), y) + α · mean over M' of ‖z − h_θ(x)‖² / outputs
 *
 * with h the logits of all outputs. Logits are those before the update of the step in which the example came; each example is
 * offered once, in the first pass over its task and after the step's draw. (Mean over samples and logits, as in the
 * authors' code.)
 */
export default defineMethod<DerSettings>({
  name: 'der',
  version: 1,
  title: 'Dark experience replay',
  summary: 'Holds the logits of stored examples at what they were.',
  paper: derPaper,
  settings: { ...storedLogitsSettings, alpha: alphaSetting },
  search: { alpha: [0.1, 0.2, 0.5, 1] },

  prepare: openStoredLogits,
  addedRows: 'apart',
  extraRows: ({ settings }) => settings.replayBatch,
  extraInputs: (learner, _task, rows) => placesOfRows(learner, rows, 1),
  composeBatch: (rows, context) => drawWithLogits(rows, context, 1),
  loss: (outputs, batch, scope) =>
    add(classificationLoss(outputs, batch), mul(logitDistance(scope), scope.settings.alpha)) as Scalar,
  afterStep: (_updated, scope) => ({ logits: writtenLogits(scope) }),
});

/** Mean squared distance of the first draw's logits to the stored ones; 0 while there are none. */
export function logitDistance({ added, forward, kept, extra }: Scope<DerSettings>): Tensor {
  const drawn = extra.draw0 as Tensor;
  if (!added) return sum(mul(drawn, 0));
  const stored = gather(kept.logits as Tensor, extra.read as Tensor1D);
  const distances = mean(squaredDifference(forward(added).rawLogits, stored), -1);
  return div(sum(mul(distances, drawn)), maximum(sum(drawn), 1));
}
