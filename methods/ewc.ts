import { add, mul, type Scalar, square, sub, sum } from '@tensorflow/tfjs-core';
import type { HostTensor, HostTensors } from '../harness/engine/tensor.ts';
import { diagonalFisher, type FisherLabels } from '../harness/train/fisher.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';

interface Settings {
  readonly strength: number;
  readonly form: 'offline' | 'online';
  readonly decay: number;
  readonly fisherLabels: FisherLabels;
  readonly fisherExamples: number;
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
 * `online` (Schwarz et al. 2018, section 3.2): P ← γ P + F_t and a ← θ_t.
 */
export default defineMethod<Settings>({
  name: 'ewc',
  version: 1,
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
      enum: ['exact', 'predicted', 'true'],
      default: 'exact',
      description:
        'Whose log-likelihood the Fisher takes: the expectation over labels, the predicted or the true label.',
    },
    fisherExamples: {
      type: 'integer',
      default: 1000,
      minimum: 0,
      description: 'Training examples that the Fisher is estimated on; 0 for all.',
    },
  },

  search: { strength: [10, 100, 1000, 10_000, 100_000] },

  loss(outputs, batch, { parameters, kept, settings }) {
    const loss = classificationLoss(outputs, batch);
    const penalties = Object.entries(parameters).flatMap(([name, value]) => {
      const precision = kept[`precision.${name}`];
      const anchor = kept[`anchor.${name}`];
      return precision && anchor ? [sum(mul(precision, square(sub(value, anchor))))] : [];
    });
    return penalties.reduce<Scalar>(
      (total, penalty) => add(total, mul(penalty, settings.strength / 2)) as Scalar,
      loss,
    );
  },

  async endTask(learner, task) {
    const { form, decay, fisherLabels, fisherExamples } = learner.settings;
    const random = learner.random('memorySampling', 'fisher', task.index);
    const rows = random.sample(task.train.count, fisherExamples || task.train.count);
    const fisher = await diagonalFisher(learner, task, rows, fisherLabels);
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
