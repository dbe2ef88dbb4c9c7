import { add, div, mul, onesLike, type Scalar, square, sum } from '@tensorflow/tfjs-core';
import { float32 } from '../harness/engine/tensor.ts';
import { drawnRows, type GradientSum, sumGradients } from '../harness/train/gradient-sums.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { keepAnchors, quadraticPenalty } from '../harness/train/quadratic-penalty.ts';

interface Settings {
  readonly strength: number;
  readonly sensitivityOf: 'squared-norm' | 'mean-square';
  readonly importanceBatch: number;
  readonly importanceExamples: number;
}

/**
 * Memory aware synapses (Aljundi et al. 2018, equations 3 to 5): a weight is important if the outputs depend on it,
 * whatever the labels are.
 *
 *     Ω_i ← Ω_i + 1/N · Σ_n |∂ ‖f_θ(x_n)‖² / ∂θ_i|      after each task
 *     L(θ) = L_t(θ) + λ · Σ_i Ω_i (θ_i − θ*_i)²          θ* the weights after the last task
 *
 * f has the logits of the candidates: those of the task's head, of the classes seen so far, or all, as the scenario says.
 * The paper takes the gradient of each example (`importanceBatch=1`). Hsu et al. 2018 take that of a batch of 128, in
 * which gradients of opposite signs cancel, and of the mean over outputs (`sensitivityOf=mean-square`).
 */
export default defineMethod<Settings>({
  name: 'mas',
  version: 1,
  title: 'Memory aware synapses',
  summary: 'Holds each weight near its old value, the more firmly the more the outputs change with it.',
  paper: {
    title: 'Memory Aware Synapses: Learning what (not) to forget',
    authors: 'Aljundi, Babiloni, Elhoseiny, Rohrbach, Tuytelaars',
    year: 2018,
    url: 'https://arxiv.org/abs/1711.09601',
  },
  settings: {
    strength: {
      type: 'number',
      default: 1,
      minimum: 0,
      description: 'λ, the weight of the penalty.',
    },
    sensitivityOf: {
      type: 'string',
      enum: ['squared-norm', 'mean-square'],
      default: 'squared-norm',
      description: 'Whether the squared outputs of an example are summed or averaged.',
    },
    importanceBatch: {
      type: 'integer',
      default: 1,
      minimum: 1,
      description: 'Examples whose mean has one gradient; 1 for one of each example.',
    },
    importanceExamples: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description: 'Training examples that the importance is estimated on; 0 for all.',
    },
  },

  search: { strength: [0.01, 0.1, 1, 10, 100] },

  loss(outputs, batch, scope) {
    const penalty = quadraticPenalty(scope, (name) => scope.kept[`importance.${name}`]);
    return add(classificationLoss(outputs, batch), mul(penalty, scope.settings.strength)) as Scalar;
  },

  async endTask(learner, task) {
    const { sensitivityOf, importanceBatch, importanceExamples } = learner.settings;
    const rows = drawnRows(learner, task, importanceExamples, 'importance');
    const { sums, gradients } = await sumGradients(learner, task, rows, sensitivity(sensitivityOf), {
      together: importanceBatch,
      perExample: false,
    });
    for (const [name, { data, shape }] of Object.entries(sums)) {
      const past = learner.kept[`importance.${name}`]?.data;
      const total = Float32Array.from(data, (sum, index) => (past?.[index] ?? 0) + sum / gradients);
      learner.kept[`importance.${name}`] = float32(total, shape);
    }
    keepAnchors(learner);
  },
});

/** `|∂ Σ_o f_o(x)²/∂θ|` over the candidate outputs o, or the mean over them. */
function sensitivity(of: Settings['sensitivityOf']): GradientSum {
  return {
    name: `sensitivity ${of}`,
    size: 'absolute',
    terms: (_rawLogits, { candidates, weights }) => [
      {
        value(rawLogits) {
          const squares = sum(square(mul(rawLogits, candidates)), -1);
          return of === 'squared-norm' ? squares : div(squares, sum(candidates, -1));
        },
        weight: onesLike(weights),
      },
    ],
  };
}
