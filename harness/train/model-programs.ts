import { argMax, mul, type Scalar, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import type { LinearLayer } from '../backbones/backbone.ts';
import type { Program, Tensors } from '../engine/program.ts';
import type { HostTensors, TensorSpec } from '../engine/tensor.ts';
import { linear } from '../nn/layers.ts';
import { crossEntropyPerExample, maskLogits, weightedMean } from '../nn/losses.ts';
import type { Optimiser } from '../nn/optimisers.ts';
import type { Learner } from './learner.ts';
import type { Batch, Outputs, Scope, StepMoment } from './method.ts';
import type { Protocol } from './protocol.ts';

/** Mean cross-entropy over the candidates: the loss of plain fine-tuning. */
export function classificationLoss(outputs: Outputs, batch: Batch): Scalar {
  return weightedMean(crossEntropyPerExample(outputs.logits, batch.labels), batch.weights);
}

/**
 * Runs the model with the method's way of computing linear layers.
 * @param watch is shown what each linear layer reads and gives
 */
export function runModel<Settings>(
  learner: Learner<Settings>,
  batch: Pick<Batch, 'inputs' | 'candidates'>,
  scope: Scope<Settings>,
  watch?: (layer: LinearLayer, x: Tensor, y: Tensor) => void,
): Outputs {
  const { backbone, method } = learner;
  const { parameters } = scope;
  const { features, logits } = backbone.forward(batch.inputs, parameters, (layer, x) => {
    const base = (): Tensor =>
      linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]);
    const y = method.linear ? method.linear(layer, x, base, scope) : base();
    watch?.(layer, x, y);
    return y;
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

/** The scalars of one step: the optimiser's, and the method's under `number.<name>`. */
export function stepNumbers<Settings>(
  { method, settings, step }: Pick<Learner<Settings>, 'method' | 'settings' | 'step'>,
  optimiser: Optimiser,
  moment: StepMoment,
): Record<string, number> {
  const own = Object.entries(method.numbers?.(settings, moment) ?? {});
  return {
    ...optimiser.numbers(step, moment.learningRate),
    ...Object.fromEntries(own.map(([name, value]) => [numberPrefix + name, value])),
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
  return {
    name: `train ${learner.method.name}`,
    inputs: { ...batchInputs(learner.protocol, rows, true), ...numberInputs(learner, optimiser) },
    state: stateOf(learner),
    frozen: learner.frozen(),
    run(tensors) {
      const { loss, gradients } = lossAndGradients(learner, tensors);
      return { loss, ...updatesOf(learner, optimiser, gradients, tensors) };
    },
  };
}

/**
 * The first half of a step that the host steps into. State: as in {@link trainingProgram}, and each gradient under
 * `gradient.<parameter>`; outputs: the loss, and the gradients that the host looks at under `seen.<parameter>`.
 */
export function gradientProgram<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  rows: number,
  looked: readonly string[],
): Program {
  return {
    name: `gradients ${learner.method.name}`,
    inputs: { ...batchInputs(learner.protocol, rows, true), ...numberInputs(learner, optimiser) },
    state: { ...stateOf(learner), ...specsOf(learner.trained(), 'gradient.') },
    frozen: learner.frozen(),
    run(tensors) {
      const { loss, gradients } = lossAndGradients(learner, tensors);
      return {
        loss,
        ...prefixed(gradients, 'gradient.'),
        // A copy: one tensor cannot be both held and given out.
        ...prefixed(
          mapTensors(pick(gradients, looked), (gradient) => mul(gradient, 1)),
          'seen.',
        ),
      };
    },
  };
}

/** The second half: the update from the gradients that the first half left in the state. */
export function updateProgram<Settings>(learner: Learner<Settings>, optimiser: Optimiser): Program {
  const names = Object.keys(learner.trained());
  return {
    name: `update ${learner.method.name}`,
    inputs: numberInputs(learner, optimiser),
    state: { ...stateOf(learner), ...specsOf(learner.trained(), 'gradient.') },
    frozen: learner.frozen(),
    run: (tensors) => updatesOf(learner, optimiser, pick(tensors, names, 'gradient.'), tensors),
  };
}

const numberPrefix = 'number.';

function numberInputs<Settings>(
  { method, settings }: Learner<Settings>,
  optimiser: Optimiser,
): Record<string, TensorSpec> {
  // Only the names count here; any moment gives them.
  const moment = { iteration: 0, iterations: 1, epoch: 0, epochs: 1, learningRate: 1 };
  const names = Object.keys(stepNumbers({ method, settings, step: 1 }, optimiser, moment));
  return Object.fromEntries(names.map((name) => [name, { shape: [], dtype: 'float32' as const }]));
}

function stateOf<Settings>(learner: Learner<Settings>): Record<string, TensorSpec> {
  return {
    ...specsOf(learner.trained()),
    ...specsOf(learner.moments),
    ...specsOf(learner.kept, 'kept.'),
  };
}

/** The loss of a batch, and its gradients by trained parameter as the method changes them. */
function lossAndGradients<Settings>(
  learner: Learner<Settings>,
  tensors: Tensors,
): { loss: Scalar; gradients: Tensors } {
  const { method } = learner;
  const names = Object.keys(learner.trained());
  const scope = scopeOf(learner, tensors, true);
  const batch = tensors as unknown as Batch;
  const lossOf = (...values: Tensor[]): Scalar => {
    const inner = { ...scope, parameters: { ...scope.parameters, ...zip(names, values) } };
    const outputs = runModel(learner, batch, inner);
    return method.loss ? method.loss(outputs, batch, inner) : classificationLoss(outputs, batch);
  };
  const { value, grads } = valueAndGrads(lossOf)(names.map((name) => tensors[name] as Tensor));
  const gradients = zip(names, grads);
  return { loss: value, gradients: method.gradients ? method.gradients(gradients, scope) : gradients };
}

/** What a step changes, under the names of the state. */
function updatesOf<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  gradients: Tensors,
  tensors: Tensors,
): Tensors {
  const { method, ownSteps } = learner;
  const names = Object.keys(learner.trained());
  const scope = scopeOf(learner, tensors, true);
  const ordinary = Object.fromEntries(Object.entries(gradients).filter(([name]) => !ownSteps.has(name)));
  const updates = {
    ...applyOptimiser(optimiser, ordinary, tensors),
    ...stateNames(learner, 'step', method.step?.(gradients, scope)),
  };
  const updated = pick({ ...tensors, ...updates }, names);
  const replaced = stateNames(learner, 'afterStep', method.afterStep?.(updated, scope));
  return { ...updates, ...replaced };
}

/** What a method's hook replaces, under the names of the state. */
function stateNames<Settings>(
  { method, trainable, kept }: Learner<Settings>,
  hook: string,
  replaced: Tensors = {},
): Tensors {
  return Object.fromEntries(
    Object.entries(replaced).map(([name, tensor]) => {
      if (trainable.has(name)) return [name, tensor];
      if (name in kept) return [`kept.${name}`, tensor];
      throw new Error(
        `${hook} of ${method.name} returns "${name}", which is neither a trained parameter nor a kept tensor.`,
      );
    }),
  );
}

/** The logits that an answer is chosen by, `[rows, outputs]`: the method's own, or the model's; −10⁹ where no candidate. */
export function answerLogits<Settings>(learner: Learner<Settings>, tensors: Tensors): Tensor {
  const { method } = learner;
  const batch = tensors as unknown as Pick<Batch, 'inputs' | 'candidates' | 'tasks'>;
  const scope = scopeOf(learner, tensors, false);
  const outputs = runModel(learner, batch, scope);
  // The method's own logits are masked again: no method answers with what is not a candidate.
  return method.predict
    ? maskLogits(method.predict(outputs, batch, scope), batch.candidates)
    : outputs.logits;
}

/** Predictions. State: the trained parameters and what the method keeps; output: `predictions`, int32 `[rows]`. */
export function predictionProgram<Settings>(learner: Learner<Settings>, rows: number): Program {
  const { method } = learner;
  return {
    name: `predict ${method.name}`,
    inputs: batchInputs(learner.protocol, rows, false),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run: (tensors) => ({ predictions: argMax(answerLogits(learner, tensors), -1) }),
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
    numbers: Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) =>
        name.startsWith(numberPrefix) ? [[name.slice(numberPrefix.length), tensor]] : [],
      ),
    ),
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

function prefixed<T>(tensors: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function mapTensors(tensors: Tensors, change: (tensor: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor)]));
}

/** Signatures of tensors, under their names with the prefix. */
export function specsOf(tensors: HostTensors, prefix = ''): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [prefix + name, { shape, dtype }]),
  );
}
