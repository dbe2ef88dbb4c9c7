import { relu, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { type HostTensor, sizeOf, zeros } from '../engine/tensor.ts';
import type { Random } from '../random.ts';
import type { Backbone, LinearLayer } from './backbone.ts';
import { uniform, xavierUniform } from './initialisers.ts';

/** Settings of the multilayer perceptron. */
export interface MlpSettings {
  /** Widths of the hidden layers; `[400, 400]` for the networks of the Split MNIST literature. */
  readonly hidden: readonly number[];
  /** How weights and biases start; `uniform` when left out. */
  readonly initialisation?: MlpInitialisation;
}

/** The ways in which the weight `[out, in]` and the bias `[out]` of a layer can start. */
const initialisations = {
  /** Both uniform in ±1/√inputs, as PyTorch's `nn.Linear` does. */
  uniform: ({ inputs, outputs }: LinearLayer, random: Random): [HostTensor, HostTensor] => {
    const limit = 1 / Math.sqrt(inputs);
    return [uniform([outputs, inputs], limit, random), uniform([outputs], limit, random)];
  },
  /** Weights uniform in ±√(6 / (inputs + outputs)), biases 0; the networks of Buzzega et al. (2020). */
  'xavier-uniform': ({ inputs, outputs }: LinearLayer, random: Random): [HostTensor, HostTensor] => [
    xavierUniform(outputs, inputs, random),
    zeros([outputs]),
  ],
};

/** Name of a way to start. */
export type MlpInitialisation = keyof typeof initialisations;

/**
 * Fully connected layers with ReLU, then a linear head.
 */
export function mlp(
  { hidden, initialisation = 'uniform' }: MlpSettings,
  inputShape: readonly number[],
  outputs: number,
): Backbone {
  const inputs = sizeOf(inputShape);
  const widths = [inputs, ...hidden];
  const layers = hidden.map(
    (width, index): LinearLayer => ({
      name: `layers.${index}`,
      inputs: widths[index] as number,
      outputs: width,
    }),
  );
  const head: LinearLayer = { name: 'head', inputs: widths.at(-1) as number, outputs };
  const all = [...layers, head];
  return {
    name: 'mlp',
    layers: all,
    oneRowPerExample: true,
    initialise: (random) =>
      Object.fromEntries(
        all.flatMap((layer) => {
          const [weight, bias] = initialisations[initialisation](layer, random);
          return [
            [`${layer.name}.weight`, weight],
            [`${layer.name}.bias`, bias],
          ];
        }),
      ),
    forward(x, _parameters, linear) {
      const flat: Tensor = reshape(x, [-1, inputs]);
      const features = layers.reduce((hiddenState, layer) => relu(linear(layer, hiddenState)), flat);
      return { features, logits: linear(head, features) };
    },
  };
}
