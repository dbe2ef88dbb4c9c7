import {
  add,
  argMax,
  cast,
  fill,
  grads as gradientsOf,
  logSoftmax,
  matMul,
  mul,
  oneHot,
  reshape,
  softmax,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  zeros as zeroTensor,
} from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import { float32, type HostTensors, type TensorSpec, zeros } from '../engine/tensor.ts';
import { linear } from '../nn/layers.ts';
import { maskLogits } from '../nn/losses.ts';
import type { Task } from '../stream/stream.ts';
import { emptyFeeds, writeBatch } from './batch-rows.ts';
import type { Learner } from './learner.ts';
import { batchInputs, modelState, runModel } from './model-programs.ts';
import type { Batch, Scope } from './method.ts';

/**
 * Which labels the log-likelihood is taken of: all, weighted by the model's own probabilities (the Fisher information itself);
 * the one the model predicts; or the true one (the "empirical Fisher").
 */
export type FisherLabels = 'exact' | 'predicted' | 'true';

/**
 * Diagonal of the Fisher information of the trained parameters on examples of a task,
 * `F_i = mean over x of Σ_y q(y|x) (∂ log p(y|x) / ∂θ_i)²`, with q as {@link FisherLabels} says and p over the candidates.
 *
 * Where every trained tensor belongs to a linear layer that sees one row an example, the squared gradient of a row is
 * `δ² ⊗ a²` (δ the gradient at the layer's output, a its input), so a whole batch is one matrix product.
 * Otherwise examples are taken one by one; both give the same numbers.
 *
 * @param rows which training examples of the task
 */
export async function diagonalFisher<Settings>(
  learner: Learner<Settings>,
  task: Task,
  rows: ArrayLike<number>,
  labels: FisherLabels,
): Promise<HostTensors> {
  const batched = isBatched(learner);
  const size = batched ? Math.min(128, rows.length) : 1;
  const program = batched ? batchedProgram(learner, labels, size) : singleProgram(learner, labels);
  const compiled = await learner.compile(program);
  const totals = Object.fromEntries(
    Object.entries(learner.trained()).map(([name, { shape }]) => [`total.${name}`, zeros(shape)]),
  );
  const state = learner.createState({ ...modelState(learner), ...totals });
  const candidates = learner.protocol.candidates('train', task.index, task.index);
  try {
    for (let first = 0; first < rows.length; first += size) {
      const chosen = Array.from({ length: Math.min(size, rows.length - first) }, (_, index) => rows[first + index] as number);
      const feeds = emptyFeeds(program.inputs);
      const one = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, { ...feed, shape: [1, ...feed.shape] }]));
      writeBatch(chosen.map((row) => ({ examples: task.train, row, task: task.index })), () => candidates, one);
      await compiled.run(feeds, state);
    }
    const sums = await state.read(Object.keys(totals));
    return Object.fromEntries(
      Object.entries(sums).map(([name, { data, shape }]) => [
        name.slice('total.'.length),
        float32(Float32Array.from(data, (value) => value / rows.length), shape),
      ]),
    );
  } finally {
    state.dispose();
  }
}

function isBatched<Settings>(learner: Learner<Settings>): boolean {
  const { backbone, method, trainable } = learner;
  const tensors = new Set(backbone.layers.flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]));
  return backbone.oneRowPerExample && !method.linear && [...trainable].every((name) => tensors.has(name));
}

/** `Σ over the batch of Σ_y q(y) ∂²` from each layer's inputs and the gradients at its outputs. */
function batchedProgram<Settings>(learner: Learner<Settings>, labels: FisherLabels, rows: number): Program {
  const { backbone } = learner;
  return fisherProgram(learner, labels, rows, (parameters, batch, likelihoods) => {
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
        accumulate(totals, `${name}.weight`, matMul(squared, square(inputs.get(name) as Tensor), true, false));
      });
    }
    return totals;
  });
}

/** The same for a batch of one, from the gradients themselves: for any model and any method. */
function singleProgram<Settings>(learner: Learner<Settings>, labels: FisherLabels): Program {
  const names = [...learner.trainable];
  return fisherProgram(learner, labels, 1, (parameters, batch, likelihoods, scope) => {
    const forward = (...values: Tensor[]): Tensor => {
      const trained = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
      return runModel(learner, batch, { ...scope, parameters: { ...parameters, ...trained } }).logits;
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

/** One label's part of the expectation: its log-likelihood given logits, and q of it, both `[rows]`. */
interface Likelihood {
  readonly likelihood: (logits: Tensor) => Tensor;
  readonly weight: Tensor;
}

type SquaredGradients<Settings> = (
  parameters: Tensors,
  batch: Batch,
  likelihoods: (logits: Tensor) => Likelihood[],
  scope: Scope<Settings>,
) => Tensors;

function fisherProgram<Settings>(
  learner: Learner<Settings>,
  labels: FisherLabels,
  rows: number,
  squaredGradients: SquaredGradients<Settings>,
): Program {
  const trained = learner.trained();
  const state: Record<string, TensorSpec> = {};
  for (const [name, { shape, dtype }] of Object.entries(modelState(learner))) state[name] = { shape, dtype };
  for (const [name, { shape, dtype }] of Object.entries(trained)) state[`total.${name}`] = { shape, dtype };
  const run = (tensors: Tensors): Tensors => {
    const parameters = Object.fromEntries(
      Object.keys(learner.parameters).map((name) => [name, tensors[name] as Tensor]),
    );
    const kept = Object.fromEntries(Object.keys(learner.kept).map((name) => [name, tensors[`kept.${name}`] as Tensor]));
    const batch = tensors as unknown as Batch;
    const scope: Scope<Settings> = { settings: learner.settings, parameters, kept, training: true };
    const found = squaredGradients(parameters, batch, (logits) => likelihoodsOf(labels, logits, batch), scope);
    return Object.fromEntries(
      Object.keys(trained).map((name) => [
        `total.${name}`,
        add(tensors[`total.${name}`] as Tensor, found[name] as Tensor),
      ]),
    );
  };
  return {
    name: `fisher ${labels} ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, rows, true),
    state,
    frozen: learner.frozen(),
    run,
  };
}

function likelihoodsOf(labels: FisherLabels, logits: Tensor, batch: Batch): Likelihood[] {
  const [rows, outputs] = logits.shape as [number, number];
  const picked = (target: Tensor): Likelihood['likelihood'] => (given) => sum(mul(logSoftmax(given, -1), target), -1);
  if (labels === 'exact') {
    const probabilities = softmax(logits);
    return Array.from({ length: outputs }, (_, output) => {
      const target = oneHotRows(fill([rows], output, 'int32'), outputs);
      return { likelihood: picked(target), weight: sum(mul(probabilities, target), -1) };
    });
  }
  const target = oneHotRows(labels === 'true' ? batch.labels : argMax(logits, -1), outputs);
  return [{ likelihood: picked(target), weight: sum(target, -1) }];
}

function oneHotRows(labels: Tensor, outputs: number): Tensor {
  return cast(oneHot(labels as Tensor1D, outputs), 'float32');
}

function accumulate(totals: Tensors, name: string, term: Tensor): void {
  const sofar = totals[name];
  totals[name] = sofar ? add(sofar, term) : term;
}
