import {
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
import { maskLogits } from '../nn/losses.ts';
import type { Learner } from './learner.ts';
import { type FisherLabels, type Likelihood, likelihoodsOf } from './likelihoods.ts';
import type { Batch, Scope } from './method.ts';
import { batchInputs, modelState, runModel, scopeOf, specsOf } from './model-programs.ts';

export type { FisherLabels };

/** `Σ over the batch of Σ_y q(y) ∂²` from each layer's inputs and the gradients at its outputs. */
export function batchedFisherProgram<Settings>(
  learner: Learner<Settings>,
  labels: FisherLabels,
  rows: number,
): Program {
  const { backbone } = learner;
  return fisherProgram(learner, labels, rows, (batch, likelihoods, { parameters }) => {
    const inputs = new Map<string, Tensor>();
    const probes = backbone.layers.map(({ outputs }) => zeroTensor([rows, outputs]));
    const forward = (...added: Tensor[]): Tensor => {
      const { logits } = backbone.forward(batch.inputs, parameters, (layer, x) => {
        // Of the first pass only: what is computed while differentiating does not outlive it.
        if (!inputs.has(layer.name)) inputs.set(layer.name, x);
        const own = linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]);
        return add(own, added[backbone.layers.indexOf(layer)] as Tensor);
      });
      return maskLogits(logits, batch.candidates);
    };
    const totals: Tensors = {};
    for (const { likelihood, weight } of likelihoods(forward(...probes))) {
      const deltas = gradientsOf((...added: Tensor[]) => sum(likelihood(forward(...added))))(probes);
      backbone.layers.forEach(({ name }, index) => {
        const squared = mul(square(deltas[index] as Tensor), reshape(mul(weight, batch.weights), [rows, 1]));
        accumulate(totals, `${name}.bias`, sum(squared, 0));
        accumulate(
          totals,
          `${name}.weight`,
          matMul(squared, square(inputs.get(name) as Tensor), true, false),
        );
      });
    }
    return totals;
  });
}

/** The same for a batch of one, from the gradients themselves: for any model and any method. */
export function singleFisherProgram<Settings>(learner: Learner<Settings>, labels: FisherLabels): Program {
  const names = [...learner.trainable];
  return fisherProgram(learner, labels, 1, (batch, likelihoods, scope) => {
    const { parameters } = scope;
    const forward = (...values: Tensor[]): Tensor => {
      const trained = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
      return runModel(learner, batch, {
        ...scope,
        parameters: { ...parameters, ...trained },
      }).logits;
    };
    const values = names.map((name) => parameters[name] as Tensor);
    const totals: Tensors = {};
    for (const { likelihood, weight } of likelihoods(forward(...values))) {
      const gradients = gradientsOf((...given: Tensor[]) => sum(likelihood(forward(...given))))(values);
      const factor = reshape(mul(weight, batch.weights), []);
      names.forEach((name, index) => {
        accumulate(totals, name, mul(square(gradients[index] as Tensor), factor));
      });
    }
    return totals;
  });
}

/** `Σ over the batch of Σ_y q(y) ∂²` by parameter name. */
type SquaredGradients<Settings> = (
  batch: Batch,
  likelihoods: (logits: Tensor) => Likelihood[],
  scope: Scope<Settings>,
) => Tensors;

/** Adds a batch's squared gradients to the tensors `total.<parameter>` of the state. */
function fisherProgram<Settings>(
  learner: Learner<Settings>,
  labels: FisherLabels,
  rows: number,
  squaredGradients: SquaredGradients<Settings>,
): Program {
  const trained = learner.trained();
  const run = (tensors: Tensors): Tensors => {
    const batch = tensors as unknown as Batch;
    const scope = scopeOf(learner, tensors, true);
    const found = squaredGradients(batch, (logits) => likelihoodsOf(labels, logits, batch.labels), scope);
    return Object.fromEntries(
      Object.keys(trained).map((name) => {
        const total = tensors[`total.${name}`] as Tensor;
        return [`total.${name}`, add(total, found[name] as Tensor)];
      }),
    );
  };
  return {
    name: `fisher ${labels} ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, rows, true),
    state: { ...specsOf(modelState(learner)), ...specsOf(trained, 'total.') },
    frozen: learner.frozen(),
    run,
  };
}

function accumulate(totals: Tensors, name: string, term: Tensor): void {
  const sofar = totals[name];
  totals[name] = sofar ? add(sofar, term) : term;
}
