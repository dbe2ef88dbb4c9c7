import { add, mul, type Scalar } from '@tensorflow/tfjs-core';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { keepAnchors, quadraticPenalty } from '../harness/train/quadratic-penalty.ts';

interface Settings {
  readonly strength: number;
}

/**
 * L2 regularisation towards the weights after the last task (the baseline of Kirkpatrick et al. 2017; settings of
 * Hsu et al. 2018, whose code has one term, the last task's, and no ½):
 *
 *     L(θ) = L_t(θ) + c · Σ_i (θ_i − θ*_i)²
 *
 * What remains of the importance-weighted penalties when every weight is as important as every other.
 */
export default defineMethod<Settings>({
  name: 'l2',
  version: 1,
  title: 'L2 towards the last weights',
  summary: 'Holds all weights near their values after the last task, all alike.',
  paper: {
    title: 'Re-evaluating Continual Learning Scenarios: A Categorization and Case for Strong Baselines',
    authors: 'Hsu, Liu, Ramasamy, Kira',
    year: 2018,
    url: 'https://arxiv.org/abs/1810.12488',
  },
  settings: {
    strength: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      description: 'c, the weight of the penalty.',
    },
  },

  search: { strength: [0.001, 0.01, 0.1, 1, 10] },

  loss(outputs, batch, scope) {
    const penalty = mul(quadraticPenalty(scope), scope.settings.strength);
    return add(classificationLoss(outputs, batch), penalty) as Scalar;
  },

  endTask: keepAnchors,
});
