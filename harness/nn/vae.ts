import {
  abs,
  add,
  div,
  exp,
  log,
  matMul,
  max,
  mean,
  mul,
  relu,
  reshape,
  sigmoid,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { uniform } from '../backbones/initialisers.ts';
import type { Tensors } from '../engine/program.ts';
import type { HostTensors } from '../engine/tensor.ts';
import type { Random } from '../random.ts';
import { linear } from './layers.ts';

/**
 * A variational autoencoder of fully connected layers with ReLU (Kingma & Welling 2014): inputs → hidden → mean and
 * log-variance of z → hidden in reverse → inputs; the prior of z is standard normal.
 */
export interface VaeShape {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly latent: number;
  /** Distribution of an input's values: shares in [0, 1], or a normal of variance 1 around what the decoder gives. */
  readonly values: 'bernoulli' | 'gaussian';
}

/** A layer of the autoencoder: its name, its inputs and its outputs. */
type LayerSize = readonly [name: string, from: number, to: number];

/**
 * Fresh weights and biases, uniform in ±1/√inputs; names are `encoder.0.weight`, `mean.weight`, `decoder.0.weight`,
 * `output.weight`. Log-variances have no bias, as in the code of van de Ven et al. (`fc_layer_split`).
 */
export function initialiseVae(shape: VaeShape, random: Random): HostTensors {
  const { inputs, hidden } = shape;
  const encoder = hidden.map((width, at): LayerSize => [`encoder.${at}`, hidden[at - 1] ?? inputs, width]);
  return {
    ...initialiseLayers(encoder, random),
    ...initialiseFeedback(shape, hidden.at(-1) ?? inputs, random),
  };
}

/**
 * The same without an encoder of its own: q(z|x) is read from features that another network makes.
 * @param width of the features
 */
export function initialiseFeedback(shape: VaeShape, width: number, random: Random): HostTensors {
  const { inputs, hidden, latent } = shape;
  const mirrored = [...hidden].reverse();
  const decoder = mirrored.map((to, at): LayerSize => [`decoder.${at}`, mirrored[at - 1] ?? latent, to]);
  return initialiseLayers(
    [
      ['mean', width, latent],
      ['logVariance', width, latent],
      ...decoder,
      ['output', mirrored.at(-1) ?? latent, inputs],
    ],
    random,
  );
}

function initialiseLayers(layers: readonly LayerSize[], random: Random): HostTensors {
  return Object.fromEntries(
    layers.flatMap(([name, from, to]) => {
      const limit = 1 / Math.sqrt(from);
      const weight = [`${name}.weight`, uniform([to, from], limit, random)];
      return name === 'logVariance' ? [weight] : [weight, [`${name}.bias`, uniform([to], limit, random)]];
    }),
  );
}

function layer(name: string, x: Tensor, parameters: Tensors): Tensor {
  return linear(x, parameters[`${name}.weight`] as Tensor, parameters[`${name}.bias`]);
}

/** q(z|x) of each row, a normal of diagonal variance. */
export interface Posterior {
  /** `[rows, latent]` */
  readonly mean: Tensor;
  /** `[rows, latent]` */
  readonly logVariance: Tensor;
}

/** q(z|x) from what the last hidden layer gives. @param features `[rows, width of that layer]` */
export function posteriorOf(features: Tensor, parameters: Tensors): Posterior {
  return {
    mean: layer('mean', features, parameters),
    logVariance: layer('logVariance', features, parameters),
  };
}

/** q(z|x). @param x `[rows, inputs]` */
export function encode({ hidden }: VaeShape, x: Tensor, parameters: Tensors): Posterior {
  const read = hidden.reduce((state, _, at) => relu(layer(`encoder.${at}`, state, parameters)), x);
  return posteriorOf(read, parameters);
}

/** z drawn from q(z|x), `[rows, latent]`. @param noise standard normal, `[rows, latent]` */
export function drawLatent({ mean: centre, logVariance }: Posterior, noise: Tensor): Tensor {
  return add(centre, mul(noise, exp(mul(logVariance, 0.5))));
}

/**
 * What the decoder gives before its last non-linearity: logits of shares, or means; `[rows, inputs]`.
 * @param gates what the hidden layers' units are multiplied with before their non-linearity, in the decoder's order,
 *   `[rows, width]` each; nothing when left out
 */
export function decode(
  { hidden }: VaeShape,
  z: Tensor,
  parameters: Tensors,
  gates: readonly Tensor[] = [],
): Tensor {
  const through = (state: Tensor, at: number): Tensor => {
    const units = layer(`decoder.${at}`, state, parameters);
    const gate = gates[at];
    return relu(gate ? mul(units, gate) : units);
  };
  return layer(
    'output',
    hidden.reduce((state, _, at) => through(state, at), z),
    parameters,
  );
}

/** Made-up inputs: the mean of p(x|z), `[rows, inputs]`. @param z drawn from the prior @param gates as of {@link decode} */
export function generate(
  shape: VaeShape,
  z: Tensor,
  parameters: Tensors,
  gates: readonly Tensor[] = [],
): Tensor {
  const output = decode(shape, z, parameters, gates);
  return shape.values === 'bernoulli' ? sigmoid(output) : output;
}

/**
 * `−log p(x|z)` of each row, `[rows]`. For shares, the cross-entropy `Σ log(1 + eˡ) − x l` of logits l.
 */
export function reconstructionLoss({ values }: VaeShape, x: Tensor, output: Tensor): Tensor {
  if (values === 'bernoulli') return sum(sub(softplus(output), mul(x, output)), -1);
  return sum(add(mul(square(sub(x, output)), 0.5), 0.5 * Math.log(2 * Math.PI)), -1);
}

/**
 * The negative evidence bound of each row over the number of inputs, by one sample of z:
 * `(−log p(x|z) + KL(q(z|x) ‖ N(0, I))) / inputs`, `[rows]`.
 * @param noise standard normal, `[rows, latent]`
 */
export function vaeLoss(shape: VaeShape, x: Tensor, noise: Tensor, parameters: Tensors): Tensor {
  const posterior = encode(shape, x, parameters);
  const output = decode(shape, drawLatent(posterior, noise), parameters);
  return div(add(reconstructionLoss(shape, x, output), standardDivergence(posterior)), shape.inputs);
}

/** `KL(q(z|x) ‖ N(0, I))` of each row, `[rows]` (Kingma & Welling 2014, appendix B). */
export function standardDivergence({ mean: centre, logVariance }: Posterior): Tensor {
  return mul(sum(sub(add(square(centre), exp(logVariance)), add(logVariance, 1)), -1), 0.5);
}

/**
 * `log p(x)` of each row by importance sampling with q(z|x): the logarithm of the mean over samples of `p(x|z) p(z) /
 * q(z|x)` (Burda et al. 2016, equation 8); `[rows]`.
 * @param noise standard normal, `[samples, latent]`, the same for every row
 * @param given the distribution p(x|z) that counts, if it is not that of training:
 *   around the shares, too, there can be a normal
 */
export function logLikelihood(
  shape: VaeShape,
  x: Tensor,
  noise: Tensor,
  parameters: Tensors,
  given: VaeShape['values'] = shape.values,
): Tensor {
  const [rows, inputs] = x.shape as [number, number];
  const [samples, latent] = noise.shape as [number, number];
  const { mean: centre, logVariance } = encode(shape, x, parameters);
  const spread = exp(mul(logVariance, 0.5));
  // [rows, samples, latent]
  const z = add(
    reshape(centre, [rows, 1, latent]),
    mul(reshape(spread, [rows, 1, latent]), reshape(noise, [1, samples, latent])),
  );
  const every = reshape(z, [rows * samples, latent]);
  const output = given === 'gaussian' ? generate(shape, every, parameters) : decode(shape, every, parameters);
  const likely = logGiven(given, x, reshape(output, [rows, samples, inputs]));
  // log p(z) − log q(z|x); the constants cancel, and (z − μ) / σ is the noise.
  const prior = mul(sum(square(z), -1), -0.5);
  const proposal = sub(
    reshape(mul(sum(square(noise), -1), -0.5), [1, samples]),
    reshape(mul(sum(logVariance, -1), 0.5), [rows, 1]),
  );
  const ratios = sub(add(likely, prior), proposal);
  const largest = max(ratios, -1, true);
  return add(log(mean(exp(sub(ratios, largest)), -1)), reshape(largest, [rows]));
}

/**
 * `log p(x|z)` of each row and sample, `[rows, samples]`. As {@link reconstructionLoss}, but made for many samples: x
 * is not repeated, `Σ (x − m)²` is `Σ x² − 2 x·m + Σ m²`, and `log(1 + eˡ)` is `max(l, 0) − log σ(|l|)`, whose parts
 * are vectorised where softplus is not.
 * @param x `[rows, inputs]`
 * @param output logits of shares, or means; `[rows, samples, inputs]`
 */
function logGiven(values: VaeShape['values'], x: Tensor, output: Tensor): Tensor {
  const [rows, samples, inputs] = output.shape as [number, number, number];
  const along = reshape(matMul(output, reshape(x, [rows, inputs, 1])), [rows, samples]);
  if (values === 'bernoulli')
    return add(sub(along, sum(relu(output), -1)), sum(log(sigmoid(abs(output))), -1));
  const lengths = add(reshape(sum(square(x), -1), [rows, 1]), sum(square(output), -1));
  return sub(sub(along, mul(lengths, 0.5)), 0.5 * inputs * Math.log(2 * Math.PI));
}
