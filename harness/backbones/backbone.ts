import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import type { HostTensors } from '../engine/tensor.ts';
import type { Random } from '../random.ts';

/** A layer `xWᵀ + b` that a method may adapt. */
export interface LinearLayer {
  /** `blocks.0.attn.qkv`; its tensors are `<name>.weight` `[out, in]` and `<name>.bias` `[out]`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** Computes one linear layer: the single place where a method can step in. */
export type LinearFunction = (layer: LinearLayer, x: Tensor) => Tensor;

/** What a backbone gives for a batch. */
export interface BackboneOutputs {
  /** What the head reads, `[batch, width]`. */
  readonly features: Tensor;
  /** `[batch, outputs]` */
  readonly logits: Tensor;
}

/** A network as pure functions over named parameters. */
export interface Backbone {
  readonly name: string;
  /** Every linear layer in the order of computation; the last is the head. */
  readonly layers: readonly LinearLayer[];
  /** Whether each linear layer sees one row for each example (an MLP), not one for each token (a transformer). */
  readonly oneRowPerExample: boolean;
  /** SHA-256 of the file that the weights start from; left out where they start from random numbers. */
  readonly weightsDigest?: string;
  /** Fresh parameters by name, e.g. `head.weight`. */
  initialise(random: Random): HostTensors;
  /** @param x `[batch, …input shape]` */
  forward(x: Tensor, parameters: Tensors, linear: LinearFunction): BackboneOutputs;
}
