import { add, div, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import { type HostTensors, zeros } from '../engine/tensor.ts';

/** The numbers of one step, worked out on the host in float64. Each is fed as a scalar. */
export type StepNumbers = Readonly<Record<string, number>>;

/** What an optimiser is told besides gradients. */
export interface OptimiserSettings {
  /** SGD only: 0 for none. */
  readonly momentum: number;
  /** SGD, Adam and Adagrad: added to the gradient (L2). AdamW: decoupled. */
  readonly weightDecay: number;
  /** Adam and AdamW: decay of the first moment. */
  readonly beta1?: number;
  /** Adam and AdamW: decay of the second moment. */
  readonly beta2?: number;
}

/** A parameter's new value and what the optimiser remembers of it. */
export interface Update {
  readonly parameter: Tensor;
  readonly moments: Tensors;
}

/** A first-order optimiser as pure functions. */
export interface Optimiser {
  /** Names of the tensors of a parameter's own shape that it carries from step to step. */
  readonly moments: readonly string[];
  /**
   * Scalars of one step.
   * @param step counts from 1
   */
  numbers(step: number, learningRate: number): StepNumbers;
  /** One parameter's step. `numbers` has the scalars of {@link Optimiser.numbers} under their names. */
  update(parameter: Tensor, gradient: Tensor, moments: Tensors, numbers: Tensors): Update;
}

/** All moments of all parameters at 0, named `<moment>.<parameter>`. */
export function initialMoments(optimiser: Optimiser, parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { shape }]) =>
      optimiser.moments.map((moment) => [`${moment}.${name}`, zeros(shape)]),
    ),
  );
}

/** `g ← g + λθ; m ← μm + g; θ ← θ − η m`, as PyTorch's SGD (no dampening, no Nesterov). */
export function sgd({ momentum, weightDecay }: OptimiserSettings): Optimiser {
  return {
    moments: momentum === 0 ? [] : ['momentum'],
    numbers: (_step, learningRate) => ({ learningRate }),
    update(parameter, gradient, moments, { learningRate }) {
      const decayed = withDecay(gradient, parameter, weightDecay);
      if (momentum === 0) return { parameter: descend(parameter, decayed, learningRate), moments: {} };
      const velocity = add(mul(moments.momentum as Tensor, momentum), decayed);
      return { parameter: descend(parameter, velocity, learningRate), moments: { momentum: velocity } };
    },
  };
}

/**
 * Adam (Kingma & Ba 2015, Algorithm 1), or AdamW (Loshchilov & Hutter 2019) when `decoupled`.
 *
 * The bias corrections of both moments are folded into two numbers worked out on the host,
 * `η_t = η √(1 − β₂ᵗ) / (1 − β₁ᵗ)` and `ε_t = ε √(1 − β₂ᵗ)`, which leaves `θ ← θ − η_t m / (√v + ε_t)`:
 * the same step, with fewer passes over the parameters.
 */
export function adam(
  { weightDecay, beta1 = 0.9, beta2 = 0.999 }: OptimiserSettings,
  { decoupled = false, epsilon = 1e-8 } = {},
): Optimiser {
  return {
    moments: ['firstMoment', 'secondMoment'],
    numbers(step, learningRate) {
      const secondCorrection = Math.sqrt(1 - beta2 ** step);
      return {
        stepSize: (learningRate * secondCorrection) / (1 - beta1 ** step),
        epsilon: epsilon * secondCorrection,
        decay: decoupled ? learningRate * weightDecay : 0,
      };
    },
    update(parameter, gradient, moments, numbers) {
      const decayed = decoupled ? gradient : withDecay(gradient, parameter, weightDecay);
      const first = add(mul(moments.firstMoment as Tensor, beta1), mul(decayed, 1 - beta1));
      const second = add(mul(moments.secondMoment as Tensor, beta2), mul(square(decayed), 1 - beta2));
      const direction = div(first, add(sqrt(second), numbers.epsilon as Tensor));
      const shrunk =
        decoupled && weightDecay !== 0 ? sub(parameter, mul(parameter, numbers.decay as Tensor)) : parameter;
      return {
        parameter: descend(shrunk, direction, numbers.stepSize),
        moments: { firstMoment: first, secondMoment: second },
      };
    },
  };
}

/** `g ← g + λθ; s ← s + g²; θ ← θ − η g / (√s + 10⁻¹⁰)`, as PyTorch's Adagrad (Duchi et al. 2011; no decay of η). */
export function adagrad({ weightDecay }: OptimiserSettings): Optimiser {
  return {
    moments: ['squareSum'],
    numbers: (_step, learningRate) => ({ learningRate }),
    update(parameter, gradient, moments, { learningRate }) {
      const decayed = withDecay(gradient, parameter, weightDecay);
      const squareSum = add(moments.squareSum as Tensor, square(decayed));
      const direction = div(decayed, add(sqrt(squareSum), 1e-10));
      return { parameter: descend(parameter, direction, learningRate), moments: { squareSum } };
    },
  };
}

/** The optimiser of a name that scenarios and methods use. */
export function optimiserOf(
  name: 'sgd' | 'adam' | 'adamw' | 'adagrad',
  settings: OptimiserSettings,
): Optimiser {
  if (name === 'adagrad') return adagrad(settings);
  return name === 'sgd' ? sgd(settings) : adam(settings, { decoupled: name === 'adamw' });
}

function withDecay(gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor {
  return weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
}

function descend(parameter: Tensor, direction: Tensor, stepSize: Tensor | undefined): Tensor {
  return sub(parameter, mul(direction, stepSize as Tensor));
}
