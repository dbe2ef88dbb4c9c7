import { argMax, type Scalar, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import type { HostTensors, TensorSpec } from '../engine/tensor.ts';
import { linear } from '../nn/layers.ts';
import { crossEntropyPerExample, maskLogits, weightedMean } from '../nn/losses.ts';
import type { Optimiser } from '../nn/optimisers.ts';
import type { Learner } from './learner.ts';
import type { Batch, Method, Outputs, Scope } from './method.ts';
import type { Protocol } from './protocol.ts';

/** Mean cross-entropy over the candidates: the loss of plain fine-tuning. */
export function classificationLoss(outputs: Outputs, batch: Batch): Scalar {
  return weightedMean(crossEntropyPerExample(outputs.logits, batch.labels), batch.weights);
}

/**
 * Runs the model with the method's way of computing linear layers.
 * @param parameters every tensor of the model
 */
export function runModel<Settings>(
  learner: Learner<Settings>,
  batch: Pick<Batch, 'inputs' | 'candidates'>,
  scope: Scope<Settings>,
): Outputs {
  const { backbone, method } = learner;
  const { parameters } = scope;
  const { features, logits } = backbone.forward(batch.inputs, parameters, (layer, x) => {
    const base = (): Tensor =>
      linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]);
    return method.linear ? method.linear(layer, x, base, scope) : base();
  });
  return {
    features,
    rawLogits: logits,
    logits: maskLogits(logits, batch.candidates),
  };
}

/** Signatures of a batch of so many rows, as {@link Batch} has them. */
export function batchInputs(protocol: Protocol, rows: number, training: boolean): Record<string, TensorSpec> {
  const { outputs, inputShape, taskIdentity } = protocol;
  const known = training ? taskIdentity.train : taskIdentity.test;
  return {
    inputs: { shape: [rows, ...inputShape], dtype: 'float32' },
    candidates: { shape: [rows, outputs], dtype: 'float32' },
    ...(training && {
      labels: { shape: [rows], dtype: 'int32' as const },
      weights: { shape: [rows], dtype: 'float32' as const },
    }),
    ...(known && { tasks: { shape: [rows], dtype: 'int32' as const } }),
  };
}

/**
 * One optimiser step. State: the trained parameters, the optimiser's moments, and what the method keeps;
 * output: the loss before the step.
 */
export function trainingProgram<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  rows: number,
): Program {
  const trained = learner.trained();
  const numbers = Object.keys(optimiser.numbers(1, 1));
  return {
    name: `train ${learner.method.name}`,
    inputs: {
      ...batchInputs(learner.protocol, rows, true),
      ...Object.fromEntries(numbers.map((number) => [number, { shape: [], dtype: 'float32' as const }])),
    },
    state: {
      ...specsOf(trained),
      ...specsOf(learner.moments),
      ...specsOf(learner.kept, 'kept.'),
    },
    frozen: learner.frozen(),
    run: (tensors) => trainingStep(learner, optimiser, Object.keys(trained), tensors),
  };
}

/** @param names the trained parameters */
function trainingStep<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  names: readonly string[],
  tensors: Tensors,
): Tensors {
  const { method } = learner;
  const scope = scopeOf(learner, tensors, true);
  const batch = tensors as unknown as Batch;
  const loss = (...values: Tensor[]): Scalar => {
    const inner = {
      ...scope,
      parameters: { ...scope.parameters, ...zip(names, values) },
    };
    const outputs = runModel(learner, batch, inner);
    return method.loss ? method.loss(outputs, batch, inner) : classificationLoss(outputs, batch);
  };
  const { value, grads } = valueAndGrads(loss)(names.map((name) => tensors[name] as Tensor));
  const gradients = zip(names, grads);
  const changed = method.gradients ? method.gradients(gradients, scope) : gradients;
  const updates = applyOptimiser(optimiser, changed, tensors);
  const updated = pick({ ...tensors, ...updates }, names);
  return { loss: value, ...updates, ...afterStep(method, updated, scope) };
}

/** What the method's hook replaces, under the names of the state. */
function afterStep<Settings>(method: Method<Settings>, updated: Tensors, scope: Scope<Settings>): Tensors {
  const replaced = Object.entries(method.afterStep?.(updated, scope) ?? {});
  return Object.fromEntries(
    replaced.map(([name, tensor]) => {
      if (name in updated) return [name, tensor];
      if (name in scope.kept) return [`kept.${name}`, tensor];
      throw new Error(
        `afterStep of ${method.name} returns "${name}", which is neither a trained parameter nor a kept tensor.`,
      );
    }),
  );
}

/** Predictions. State: the trained parameters and what the method keeps; output: `predictions`, int32 `[rows]`. */
export function predictionProgram<Settings>(learner: Learner<Settings>, rows: number): Program {
  const { method } = learner;
  const run = (tensors: Tensors): Tensors => {
    const batch = tensors as unknown as Pick<Batch, 'inputs' | 'candidates' | 'tasks'>;
    const scope = scopeOf(learner, tensors, false);
    const outputs = runModel(learner, batch, scope);
    // The method's own logits are masked again: no method answers with what is not a candidate.
    const logits = method.predict
      ? maskLogits(method.predict(outputs, batch, scope), batch.candidates)
      : outputs.logits;
    return { predictions: argMax(logits, -1) };
  };
  return {
    name: `predict ${method.name}`,
    inputs: batchInputs(learner.protocol, rows, false),
    state: { ...specsOf(learner.trained()), ...specsOf(learner.kept, 'kept.') },
    frozen: learner.frozen(),
    run,
  };
}

/** What a method's hooks see of the tensors of a program. */
export function scopeOf<Settings>(
  { settings, parameters, kept }: Learner<Settings>,
  tensors: Tensors,
  training: boolean,
): Scope<Settings> {
  return {
    settings,
    parameters: pick(tensors, Object.keys(parameters)),
    kept: pick(tensors, Object.keys(kept), 'kept.'),
    training,
  };
}

/** The tensors that programs of this learner hold as state. */
export function modelState<Settings>(learner: Learner<Settings>): HostTensors {
  return { ...learner.trained(), ...prefixed(learner.kept, 'kept.') };
}

function applyOptimiser(optimiser: Optimiser, gradients: Tensors, tensors: Tensors): Tensors {
  const updates: Tensors = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const moments = zip(
      optimiser.moments,
      optimiser.moments.map((moment) => tensors[`${moment}.${name}`] as Tensor),
    );
    const update = optimiser.update(tensors[name] as Tensor, gradient, moments, tensors);
    updates[name] = update.parameter;
    for (const [moment, value] of Object.entries(update.moments)) updates[`${moment}.${name}`] = value;
  }
  return updates;
}

/** The named tensors among those of a program, whose names there have the prefix. */
export function pick(tensors: Tensors, names: readonly string[], prefix = ''): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[prefix + name] as Tensor]));
}

function zip(names: readonly string[], values: readonly Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
}

function prefixed(tensors: HostTensors, prefix: string): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Signatures of tensors, under their names with the prefix. */
export function specsOf(tensors: HostTensors, prefix = ''): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [prefix + name, { shape, dtype }]),
  );
}
