import { add, clipByValue, minimum, mul, type Scalar, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../harness/engine/program.ts';
import { float32, type HostTensor, zeros } from '../harness/engine/tensor.ts';
import { UsageError } from '../harness/errors.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod, type Scope } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import {
  type ImportanceOf,
  keepAnchors,
  quadraticPenalty,
  quadraticPenaltyGradients,
} from '../harness/train/quadratic-penalty.ts';

interface Settings {
  readonly strength: number;
  readonly damping: number;
  readonly contribution: 'path-integral' | 'squared-gradients';
  readonly pathGradient: 'total' | 'unregularised';
  readonly gradientLimit: number;
  readonly importanceLimit: number;
}

/**
 * Synaptic intelligence (Zenke, Poole & Ganguli 2017, equations 3 to 5). What each weight contributed to the fall of the
 * loss is added up along the path of training:
 *
 *     ω_i ← ω_i − g_i · Δθ_i                                  after each step; g the gradient, Δθ the step taken
 *     Ω_i ← Ω_i + ω_i / ((θ_i − θ̃_i)² + ξ),  ω ← 0,  θ̃ ← θ   after each task
 *     L(θ) = L_t(θ) + c · Σ_i Ω_i (θ_i − θ̃_i)²
 *
 * Δθ is what the optimiser did, so with Adam it is not −η g. ω may be negative, and Ω with it; no one clips it below.
 * Where codes differ:
 *
 * | | g | ω | Ω |
 * | --- | --- | --- | --- |
 * | van de Ven et al. 2018 to 2022 | of the whole loss | −g · Δθ | as it is |
 * | Hsu et al. 2018 | of the loss without the penalty (`pathGradient=unregularised`) | −g · Δθ | as it is |
 * | Buzzega et al. 2020 | of the whole loss, each value clipped to ±1 (`gradientLimit=1`), also for the step | η g² (`contribution=squared-gradients`) | as it is |
 * | Avalanche | of the whole loss | −g · Δθ | at most 0.001 in the penalty (`importanceLimit=0.001`), which is λ/2: c = λ/2 |
 */
export default defineMethod<Settings>({
  name: 'si',
  version: 1,
  title: 'Synaptic intelligence',
  summary: 'Holds each weight near its old value, the more firmly the more it once lowered the loss.',
  paper: {
    title: 'Continual Learning Through Synaptic Intelligence',
    authors: 'Zenke, Poole, Ganguli',
    year: 2017,
    url: 'https://arxiv.org/abs/1703.04200',
  },
  settings: {
    strength: {
      type: 'number',
      default: 1,
      minimum: 0,
      description: 'c, the weight of the penalty.',
    },
    damping: {
      type: 'number',
      default: 0.1,
      exclusiveMinimum: 0,
      description: 'ξ (ε in some codes), which bounds the importance of weights that hardly moved.',
    },
    contribution: {
      type: 'string',
      enum: ['path-integral', 'squared-gradients'],
      default: 'path-integral',
      description:
        'What a step adds to ω: minus gradient times step taken, or learning rate times squared gradient.',
    },
    pathGradient: {
      type: 'string',
      enum: ['total', 'unregularised'],
      default: 'total',
      description: 'Whether the gradient in ω is that of the whole loss or of the loss without the penalty.',
    },
    gradientLimit: {
      type: 'number',
      default: 0,
      minimum: 0,
      description: 'Each value of the gradient is clipped to this size before the step; 0 for no clipping.',
    },
    importanceLimit: {
      type: 'number',
      default: 0,
      minimum: 0,
      description: 'Largest importance in the penalty; 0 for no limit.',
    },
  },

  search: { strength: [0.01, 0.1, 1, 10, 100] },

  prepare({ settings: { pathGradient, gradientLimit } }) {
    if (pathGradient === 'unregularised' && gradientLimit > 0) {
      throw new UsageError(
        'Of a clipped gradient the part without the penalty is not known. ' +
          'Set gradientLimit=0 or pathGradient=total.',
      );
    }
  },

  beginTask(learner) {
    // Of the first task: the path begins at the initial weights.
    if (!anchored(learner)) keepAnchors(learner);
    for (const [name, { shape }] of Object.entries(learner.trained())) {
      learner.kept[`path.${name}`] = zeros(shape);
    }
  },

  numbers: ({ contribution }, { learningRate }): Record<string, number> =>
    contribution === 'squared-gradients' ? { learningRate } : {},

  loss(outputs, batch, scope) {
    const penalty = quadraticPenalty(scope, importanceIn(scope));
    return add(classificationLoss(outputs, batch), mul(penalty, scope.settings.strength)) as Scalar;
  },

  gradients(gradients, { settings: { gradientLimit } }) {
    if (gradientLimit === 0) return gradients;
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [
        name,
        clipByValue(gradient, -gradientLimit, gradientLimit),
      ]),
    );
  },

  afterStep(updated, scope, gradients) {
    const along = pathGradients(scope, gradients);
    return Object.fromEntries(
      Object.entries(updated).map(([name, value]) => {
        const path = scope.kept[`path.${name}`] as Tensor;
        const gradient = along[name] as Tensor;
        const step = sub(value, scope.parameters[name] as Tensor);
        const learningRate = scope.numbers.learningRate;
        const contributed = learningRate
          ? add(path, mul(square(gradient), learningRate))
          : sub(path, mul(gradient, step));
        return [`path.${name}`, contributed];
      }),
    );
  },

  endTask(learner) {
    const { kept, settings } = learner;
    for (const name of learner.trainable) {
      const added = importanceOfPath(
        kept[`path.${name}`] as HostTensor,
        learner.parameter(name),
        kept[`anchor.${name}`] as HostTensor,
        settings.damping,
      );
      const past = kept[`importance.${name}`];
      const total = added.data.map((value, index) => value + (past?.data[index] ?? 0));
      kept[`importance.${name}`] = { ...added, data: total };
      delete kept[`path.${name}`];
    }
    keepAnchors(learner);
  },
});

/** `ω / ((θ − θ̃)² + ξ)` of one parameter. */
export function importanceOfPath(
  path: HostTensor,
  now: HostTensor,
  before: HostTensor,
  damping: number,
): HostTensor {
  const data = Float32Array.from(path.data, (contributed, index) => {
    const moved = (now.data[index] as number) - (before.data[index] as number);
    return contributed / (moved ** 2 + damping);
  });
  return float32(data, path.shape);
}

function anchored({ kept, trainable }: Learner<Settings>): boolean {
  return [...trainable].every((name) => `anchor.${name}` in kept);
}

function importanceIn({ kept, settings: { importanceLimit } }: Scope<Settings>): ImportanceOf {
  return (name) => {
    const importance = kept[`importance.${name}`];
    return importance && importanceLimit > 0 ? minimum(importance, importanceLimit) : importance;
  };
}

/** The gradients that ω is made of, by parameter name. */
function pathGradients(scope: Scope<Settings>, gradients: Tensors): Tensors {
  const { strength, pathGradient } = scope.settings;
  if (pathGradient === 'total') return gradients;
  const penalty = quadraticPenaltyGradients(scope, importanceIn(scope));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const pull = penalty[name];
      return [name, pull ? sub(gradient, mul(pull, strength)) : gradient];
    }),
  );
}
