import {
  add,
  div,
  exp,
  fill,
  greater,
  log,
  max,
  maximum,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';
import type { Posterior } from './vae.ts';

/** Normals of diagonal variance over the latent space of an autoencoder, as many as there are modes. */
export interface MixturePrior {
  /** `[modes, latent]` */
  readonly mean: Tensor;
  /** `[modes, latent]` */
  readonly logVariance: Tensor;
}

/** The logarithm of a weight of 0: less than any density could make up for. */
const never = -1e30;

/**
 * `log N(z; μ, σ²)` of each row under each mode, but for the constant −½ log 2π a dimension,
 * which cancels in a divergence; `[rows, modes]`.
 * @param z `[rows, latent]`
 */
export function logDensities(z: Tensor, { mean, logVariance }: MixturePrior): Tensor {
  const [modes, latent] = mean.shape as [number, number];
  const distance = sub(reshape(z, [-1, 1, latent]), reshape(mean, [1, modes, latent]));
  const spread = reshape(logVariance, [1, modes, latent]);
  return mul(sum(add(spread, div(square(distance), exp(spread))), -1), -0.5);
}

/**
 * The log-density under the one mode that a row belongs to, `[rows]`.
 * @param chosen 1 for that mode, else 0; `[rows, modes]`
 */
export function densityOfMode(densities: Tensor, chosen: Tensor): Tensor {
  return sum(mul(densities, chosen), -1);
}

/** `log Σ_m w_m N_m(z)` of each row, `[rows]`. @param weights w, sums to 1 in each row; `[rows, modes]` */
export function densityOfMixture(densities: Tensor, weights: Tensor): Tensor {
  const logWeights = where(greater(weights, 0), log(maximum(weights, 1e-30)), fill(weights.shape, never));
  const terms = add(densities, logWeights);
  const largest = max(terms, -1, true);
  return add(log(sum(exp(sub(terms, largest)), -1)), reshape(largest, [-1]));
}

/**
 * An estimate of `KL(q(z|x) ‖ p(z))` from one sample of z: `log q(z|x) − log p(z)`, `[rows]`.
 * @param z drawn from q, `[rows, latent]`
 * @param logPrior log p(z) of each row without its constant, `[rows]`
 */
export function sampledDivergence(z: Tensor, { mean, logVariance }: Posterior, logPrior: Tensor): Tensor {
  const deviation = div(square(sub(z, mean)), exp(logVariance));
  return sub(mul(sum(add(logVariance, deviation), -1), -0.5), logPrior);
}
