import {
  abs,
  add,
  grads as gradientsOf,
  matMul,
  mul,
  reshape,
  square,
  sum,
  type Tensor,
  zeros as zeroTensor,
} from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import { linear } from '../nn/layers.ts';
import { weightedMean } from '../nn/losses.ts';
import type { Learner } from './learner.ts';
import type { Batch, Scope } from './method.ts';
import { batchInputs, modelState, runModel, scopeOf, specsOf } from './model-programs.ts';

/** A function of an example's logits whose gradient is measured. */
export interface Term {
  /** From logits as the head gives them, `[rows, outputs]`, to `[rows]`. */
  readonly value: (rawLogits: Tensor) => Tensor;
  /** What the size of the gradient is multiplied with, `[rows]`; a constant. */
  readonly weight: Tensor;
}

/** `Σ_n Σ_terms w_n · size(∂v_n/∂θ)` over examples n, with v and w of each term. */
export interface GradientSum {
  /** Tells programs of different sums apart. */
  readonly name: string;
  readonly size: 'square' | 'absolute';
  /** *Program.* The terms of a batch. @param rawLogits of the model as it is, `[rows, outputs]` */
  terms(rawLogits: Tensor, batch: Batch): Term[];
}

/** How examples are taken together before the size of a gradient is taken. */
export interface Grouping {
  /** Examples whose mean has one gradient; 1 for a gradient of each example. */
  readonly together: number;
  /** Whether a gradient counts as often as there are examples in its mean, or once. */
  readonly perExample: boolean;
}

/**
 * A gradient of each example, many examples in one program. In a linear layer that sees one row an example the gradient
 * is `δ ⊗ a` (δ the gradient at the layer's output, a its input), and both sizes are of products:
 * `Σ_n w_n size(δ_n) ⊗ size(a_n)` is one matrix product.
 */
export function eachExampleProgram<Settings>(
  learner: Learner<Settings>,
  measured: GradientSum,
  rows: number,
): Program {
  const { backbone } = learner;
  const size = sizeFunction(measured);
  return sumProgram(learner, `${measured.name} of each`, rows, (batch, { parameters }) => {
    const inputs = new Map<string, Tensor>();
    const probes = backbone.layers.map(({ outputs }) => zeroTensor([rows, outputs]));
    const forward = (...added: Tensor[]): Tensor =>
      backbone.forward(batch.inputs, parameters, (layer, x) => {
        // Of the first pass only: what is computed while differentiating does not outlive it.
        if (!inputs.has(layer.name)) inputs.set(layer.name, x);
        const own = linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]);
        return add(own, added[backbone.layers.indexOf(layer)] as Tensor);
      }).logits;
    const totals: Tensors = {};
    for (const { value, weight } of measured.terms(forward(...probes), batch)) {
      const deltas = gradientsOf((...added: Tensor[]) => sum(value(forward(...added))))(probes);
      const weights = reshape(mul(weight, batch.weights), [rows, 1]);
      backbone.layers.forEach(({ name }, index) => {
        const sizes = mul(size(deltas[index] as Tensor), weights);
        accumulate(totals, `${name}.bias`, sum(sizes, 0));
        accumulate(totals, `${name}.weight`, matMul(sizes, size(inputs.get(name) as Tensor), true, false));
      });
    }
    return totals;
  });
}

/** One gradient of a batch's mean, from the parameters themselves: for any model, any method, and any number of rows. */
export function meanGradientProgram<Settings>(
  learner: Learner<Settings>,
  measured: GradientSum,
  { together, perExample }: Grouping,
): Program {
  const names = [...learner.trainable];
  const size = sizeFunction(measured);
  const name = `${measured.name} of ${perExample ? 'weighted ' : ''}means`;
  return sumProgram(learner, name, together, (batch, scope) => {
    const { parameters } = scope;
    const forward = (...values: Tensor[]): Tensor => {
      const trained = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
      return runModel(learner, batch, { ...scope, parameters: { ...parameters, ...trained } }).rawLogits;
    };
    const values = names.map((name) => parameters[name] as Tensor);
    const totals: Tensors = {};
    for (const { value, weight } of measured.terms(forward(...values), batch)) {
      const gradients = gradientsOf((...given: Tensor[]) =>
        weightedMean(value(forward(...given)), batch.weights),
      )(values);
      const mean = weightedMean(weight, batch.weights);
      const factor = perExample ? mul(mean, sum(batch.weights)) : mean;
      names.forEach((name, index) => {
        accumulate(totals, name, mul(size(gradients[index] as Tensor), factor));
      });
    }
    return totals;
  });
}

/** Adds what a batch gives by parameter name to the tensors `total.<parameter>` of the state. */
function sumProgram<Settings>(
  learner: Learner<Settings>,
  name: string,
  rows: number,
  sizesOf: (batch: Batch, scope: Scope<Settings>) => Tensors,
): Program {
  const trained = learner.trained();
  const run = (tensors: Tensors): Tensors => {
    const found = sizesOf(tensors as unknown as Batch, scopeOf(learner, tensors, true));
    return Object.fromEntries(
      Object.keys(trained).map((name) => {
        const total = tensors[`total.${name}`] as Tensor;
        return [`total.${name}`, add(total, found[name] as Tensor)];
      }),
    );
  };
  return {
    name: `${name} ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, rows, true),
    state: { ...specsOf(modelState(learner)), ...specsOf(trained, 'total.') },
    frozen: learner.frozen(),
    run,
  };
}

function sizeFunction({ size }: GradientSum): (tensor: Tensor) => Tensor {
  return size === 'square' ? square : abs;
}

function accumulate(totals: Tensors, name: string, term: Tensor): void {
  const sofar = totals[name];
  totals[name] = sofar ? add(sofar, term) : term;
}
