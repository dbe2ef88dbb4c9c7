import { add, div, matMul, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';

/** On which side of the gradient of W `[out, in]` the bases stand. */
export type Side = 'output' | 'input';

/** β₁, β₂ and ε of Adam in a subspace. */
export interface AdamConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** As CoSO's authors released them. */
const officialAdam: AdamConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6 };

/** A parameter with Adam's moments: of its own shape, or in the coordinates of a projector. */
export interface Stepped {
  readonly parameter: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * One step of Adam, in a subspace or, without one, plain. With P the projector, G the gradient of W `[out, in]` and
 * η' the step size, on the output side: R = Pᵀ G, m ← β₁ m + (1 − β₁) R, v ← β₂ v + (1 − β₂) R², W ← W − η' P (m /
 * (√v + ε)). Source: CoSO, arXiv 2505.11816, section 4; `coso/adamw.py` of quinn-ch/CoSO.
 * @param gradient of the parameter's shape
 * @param stepSize the learning rate with both bias corrections, a scalar
 * @param subspace its projector is `[out, r1]` or, on the input side, `[in,
 *   r1]`; moments are then `[r1, in]` or `[out, r1]`
 */
export function adamStep(
  { parameter, first, second }: Stepped,
  gradient: Tensor,
  stepSize: Tensor,
  subspace?: { readonly projector: Tensor; readonly side: Side } | undefined,
  { beta1, beta2, epsilon } = officialAdam,
): Stepped {
  const { projector: P, side } = subspace ?? {};
  const inside = !P ? gradient : side === 'output' ? matMul(P, gradient, true) : matMul(gradient, P);
  const moved = add(mul(first, beta1), mul(inside, 1 - beta1));
  const squared = add(mul(second, beta2), mul(square(inside), 1 - beta2));
  const direction = mul(div(moved, add(sqrt(squared), epsilon)), stepSize);
  const change = !P
    ? direction
    : side === 'output'
      ? matMul(P, direction)
      : matMul(direction, P, false, true);
  return { parameter: sub(parameter, change), first: moved, second: squared };
}

/**
 * `η √(1 − β₂ᵗ) / (1 − β₁ᵗ)`
 * @param step t, from 1
 */
export function stepSizeOf(learningRate: number, step: number, { beta1, beta2 } = officialAdam): number {
  return (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
}
