import { relu, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../engine/tensor.ts';
import type { Backbone, LinearLayer } from './backbone.ts';
import { uniform } from './initialisers.ts';

/** Settings of the multilayer perceptron. */
export interface MlpSettings {
  /** Widths of the hidden layers; `[400, 400]` for the networks of the Split MNIST literature. */
  readonly hidden: readonly number[];
}

/**
 * Fully connected layers with ReLU, then a linear head.
 * Weights and biases start uniform in ±1/√inputs, as PyTorch's `nn.Linear` does.
 */
export function mlp({ hidden }: MlpSettings, inputShape: readonly number[], outputs: number): Backbone {
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
          const limit = 1 / Math.sqrt(layer.inputs);
          return [
            [`${layer.name}.weight`, uniform([layer.outputs, layer.inputs], limit, random)],
            [`${layer.name}.bias`, uniform([layer.outputs], limit, random)],
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
