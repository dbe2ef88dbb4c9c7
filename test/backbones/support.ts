import type { Tensor } from '@tensorflow/tfjs-core';
import type { Backbone } from '../../harness/backbones/backbone.ts';
import type { Tensors } from '../../harness/engine/program.ts';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../../harness/engine/tensor.ts';
import { linear } from '../../harness/nn/layers.ts';
import { Random } from '../../harness/random.ts';

/** Values of a unit normal distribution, the same for the same shape and label. */
export function drawn(shape: readonly number[], label: string): HostTensor {
  const random = new Random(21, label);
  return float32(
    Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
}

/**
 * Parameters that are larger than fresh ones, so that no part of the network is almost the identity,
 * and whose biases and shifts are not 0.
 */
export function strongParameters(backbone: Backbone): HostTensors {
  const fresh = Object.entries(backbone.initialise(new Random(1)));
  return Object.fromEntries(
    fresh.map(([name, { shape }]) => {
      const values = drawn(shape, name).data;
      return [
        name,
        float32(
          Float32Array.from(values, (value) => value * 0.4),
          shape,
        ),
      ];
    }),
  );
}

/** The backbone's outputs with plain linear layers. */
export function forward(
  backbone: Backbone,
  x: Tensor,
  parameters: Tensors,
): { features: Tensor; logits: Tensor } {
  const { features, logits } = backbone.forward(x, parameters, (layer, input) =>
    linear(input, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]),
  );
  return { features, logits };
}

/** The values of each tensor as a plain list. */
export function listsOf(tensors: HostTensors): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));
}
