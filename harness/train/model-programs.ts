import { argMax, type Scalar, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import type { HostTensors, TensorSpec } from '../engine/tensor.ts';
import { linear } from '../nn/layers.ts';
import { crossEntropyPerExample, maskLogits, weightedMean } from '../nn/losses.ts';
import type { Optimiser } from '../nn/optimisers.ts';
import type { Learner } from './learner.ts';
import type { Batch, Outputs, Scope } from './method.ts';
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
  return { features, rawLogits: logits, logits: maskLogits(logits, batch.candidates) };
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
export function trainingProgram<Settings>(learner: Learner<Settings>, optimiser: Optimiser, rows: number): Program {
  const { method, settings } = learner;
  const trained = learner.trained();
  const names = Object.keys(trained);
  const numbers = Object.keys(optimiser.numbers(1, 1));
  const run = (tensors: Tensors): Tensors => {
    const batch = tensors as unknown as Batch;
    const kept = pick(tensors, Object.keys(learner.kept), 'kept.');
    const fixed = pick(tensors, Object.keys(learner.parameters));
    const scopeOf = (parameters: Tensors): Scope<Settings> => ({ settings, parameters, kept, training: true });
    const loss = (...values: Tensor[]): Scalar => {
      const scope = scopeOf({ ...fixed, ...zip(names, values) });
      const outputs = runModel(learner, batch, scope);
      return method.loss ? method.loss(outputs, batch, scope) : classificationLoss(outputs, batch);
    };
    const { value, grads } = valueAndGrads(loss)(names.map((name) => tensors[name] as Tensor));
    const raw = zip(names, grads);
    const gradients = method.gradients ? method.gradients(raw, scopeOf(fixed)) : raw;
    const updates = applyOptimiser(optimiser, gradients, tensors);
    const after = method.afterStep?.(pick(updates, names), scopeOf(fixed)) ?? {};
    const replaced = Object.entries(after).map(([name, tensor]) => [name in kept ? `kept.${name}` : name, tensor]);
    return { loss: value, ...updates, ...Object.fromEntries(replaced) };
  };
  return {
    name: `train ${method.name}`,
    inputs: {
      ...batchInputs(learner.protocol, rows, true),
      ...Object.fromEntries(numbers.map((number) => [number, { shape: [], dtype: 'float32' as const }])),
    },
    state: { ...specsOf(trained), ...specsOf(learner.moments), ...specsOf(learner.kept, 'kept.') },
    frozen: learner.frozen(),
    run,
  };
}

/** Predictions. State: the trained parameters and what the method keeps; output: `predictions`, int32 `[rows]`. */
export function predictionProgram<Settings>(learner: Learner<Settings>, rows: number): Program {
  const { method, settings } = learner;
  const run = (tensors: Tensors): Tensors => {
    const batch = tensors as unknown as Pick<Batch, 'inputs' | 'candidates' | 'tasks'>;
    const scope: Scope<Settings> = {
      settings,
      parameters: pick(tensors, Object.keys(learner.parameters)),
      kept: pick(tensors, Object.keys(learner.kept), 'kept.'),
      training: false,
    };
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

function pick(tensors: Tensors, names: readonly string[], prefix = ''): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[prefix + name] as Tensor]));
}

function zip(names: readonly string[], values: readonly Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
}

function prefixed(tensors: HostTensors, prefix: string): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function specsOf(tensors: HostTensors, prefix = ''): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [prefix + name, { shape, dtype }]),
  );
}
