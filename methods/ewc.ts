import { add, mul, type Scalar } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../harness/engine/tensor.ts';
import { UsageError } from '../harness/errors.ts';
import { diagonalFisher, type FisherEstimate, type FisherLabels } from '../harness/train/fisher.ts';
import { drawnRows } from '../harness/train/gradient-sums.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { quadraticPenalty } from '../harness/train/quadratic-penalty.ts';

interface Settings {
  readonly strength: number;
  readonly half: boolean;
  readonly form: 'offline' | 'online';
  readonly decay: number;
  readonly fisherLabels: FisherLabels;
  readonly fisherExamples: number;
  readonly fisherDivisor: FisherEstimate['divisor'];
  readonly fisherBatch: number;
  readonly fisherBatchWeight: 'once' | 'per-example';
}

/**
 * Elastic weight consolidation (Kirkpatrick et al. 2017, equation 3, one penalty for each past task k):
 *
 *     L(θ) = L_t(θ) + λ/2 · Σ_k Σ_i F_k,i (θ_i − θ_k,i)²
 *
 * F_k is the diagonal of the Fisher information after task k and θ_k the weights then. A sum of quadratics is one quadratic
 * and a constant, so however many tasks there were two tensors a parameter are kept:
 *
 *     precision P = Σ_k F_k,   anchor a = Σ_k F_k θ_k / P,   penalty = λ/2 · Σ_i P_i (θ_i − a_i)²  (+ constant)
 *
 * `online` (Schwarz et al. 2018, section 3.2): P ← γ P + F_t and a ← θ_t. The code of van de Ven multiplies the
 * penalty by γ, too: that is γ times the `strength`.
 *
 * Published numbers come from different estimates of F, and λ means nothing without knowing which:
 *
 * | | `fisherLabels` | divisor | gradients of | penalty |
 * | --- | --- | --- | --- | --- |
 * | van de Ven, Tuytelaars & Tolias 2022 | exact | N − 1 | each example | λ/2 |
 * | van de Ven & Tolias 2018, 2019 | predicted | N − 1 | each example | λ/2 |
 * | Hsu et al. 2018, split MNIST | predicted | N | each example | λ (`half=false`) |
 * | Hsu et al. 2018, permuted MNIST by domain | predicted | batches | batch means, `fisherBatchWeight=per-example` | λ |
 * | Buzzega et al. 2020 (online) | true-weighted | N | each example | λ |
 * | Avalanche | true | batches | batch means | λ |
 */
export default defineMethod<Settings>({
  name: 'ewc',
  version: 2,
  title: 'Elastic weight consolidation',
  summary: 'Holds each weight near its old value, the more firmly the more the old tasks depend on it.',
  paper: {
    title: 'Overcoming catastrophic forgetting in neural networks',
    authors:
      'Kirkpatrick, Pascanu, Rabinowitz, Veness, Desjardins, Rusu, Milan, Quan, Ramalho, Grabska-Barwinska, et al.',
    year: 2017,
    url: 'https://arxiv.org/abs/1612.00796',
  },
  settings: {
    strength: {
      type: 'number',
      default: 1000,
      minimum: 0,
      description: 'λ, the weight of the penalty.',
    },
    half: {
      type: 'boolean',
      default: true,
      description: 'Whether the penalty is λ/2 times the quadratic, as in the paper, or λ times.',
    },
    form: {
      type: 'string',
      enum: ['offline', 'online'],
      default: 'offline',
      description:
        'offline: a penalty for each past task. online: one that decays, around the latest weights.',
    },
    decay: {
      type: 'number',
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'γ of the online form.',
    },
    fisherLabels: {
      type: 'string',
      enum: ['exact', 'predicted', 'true', 'true-weighted'],
      default: 'exact',
      description:
        'Whose log-likelihood the Fisher takes: the expectation over labels, the predicted or the true label, or the true label weighted by its probability.',
    },
    fisherExamples: {
      type: 'integer',
      default: 1000,
      minimum: 0,
      description: 'Training examples that the Fisher is estimated on; 0 for all.',
    },
    fisherDivisor: {
      type: 'string',
      enum: ['count', 'count-minus-one'],
      default: 'count',
      description: 'What the sum over gradients is divided by: their number, or one less.',
    },
    fisherBatch: {
      type: 'integer',
      default: 1,
      minimum: 1,
      description:
        'Examples whose mean has one gradient that is squared; 1, the definition, for one of each example.',
    },
    fisherBatchWeight: {
      type: 'string',
      enum: ['once', 'per-example'],
      default: 'once',
      description: 'Whether the squared gradient of a batch counts once, or once for each of its examples.',
    },
  },

  search: { strength: [10, 100, 1000, 10_000, 100_000] },

  prepare({ settings: { fisherLabels, fisherBatch } }) {
    if (fisherLabels === 'exact' && fisherBatch > 1) {
      throw new UsageError(
        `The expectation over labels is taken for each example, but fisherBatch is ${fisherBatch}. ` +
          'Set fisherBatch=1, or fisherLabels to predicted or true.',
      );
    }
  },

  loss(outputs, batch, scope) {
    const { strength, half } = scope.settings;
    const penalty = quadraticPenalty(scope, (name) => scope.kept[`precision.${name}`]);
    const factor = half ? strength / 2 : strength;
    return add(classificationLoss(outputs, batch), mul(penalty, factor)) as Scalar;
  },

  async endTask(learner, task) {
    const { form, decay, fisherLabels, fisherExamples } = learner.settings;
    const { fisherDivisor, fisherBatch, fisherBatchWeight } = learner.settings;
    const rows = drawnRows(learner, task, fisherExamples, 'fisher');
    const fisher = await diagonalFisher(learner, task, rows, fisherLabels, {
      divisor: fisherDivisor,
      together: fisherBatch,
      perExample: fisherBatchWeight === 'per-example',
    });
    for (const [name, information] of Object.entries(fisher)) {
      const now = { precision: information, anchor: learner.parameter(name) };
      const past = pastOf(learner.kept, name);
      const combined = past ? (form === 'offline' ? sumOf(past, now) : decayed(past, now, decay)) : now;
      learner.kept[`precision.${name}`] = combined.precision;
      learner.kept[`anchor.${name}`] = combined.anchor;
    }
  },
});

/** `P (θ − a)²` of one parameter. */
export interface Quadratic {
  readonly precision: HostTensor;
  readonly anchor: HostTensor;
}

/** The quadratic whose derivative is the sum of the two derivatives. */
export function sumOf(past: Quadratic, now: Quadratic): Quadratic {
  const precision = now.precision.data.slice();
  const anchor = now.anchor.data.slice();
  precision.forEach((fisher, index) => {
    const before = past.precision.data[index] as number;
    const total = before + fisher;
    const pull = before * (past.anchor.data[index] as number) + fisher * (anchor[index] as number);
    precision[index] = total;
    if (total > 0) anchor[index] = pull / total;
  });
  return {
    precision: { ...now.precision, data: precision },
    anchor: { ...now.anchor, data: anchor },
  };
}

function decayed(past: Quadratic, now: Quadratic, decay: number): Quadratic {
  const data = now.precision.data.map(
    (fisher, index) => decay * (past.precision.data[index] as number) + fisher,
  );
  return { precision: { ...now.precision, data }, anchor: now.anchor };
}

function pastOf(kept: HostTensors, name: string): Quadratic | undefined {
  const precision = kept[`precision.${name}`];
  const anchor = kept[`anchor.${name}`];
  return precision && anchor && { precision, anchor };
}
