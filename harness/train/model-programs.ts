import {
  argMax,
  cast,
  equal,
  fill,
  greater,
  logicalAnd,
  max,
  mul,
  notEqual,
  type Scalar,
  sum,
  type Tensor,
  where,
} from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import type { HostTensors, TensorSpec } from '../engine/tensor.ts';
import { linear } from '../nn/layers.ts';
import { crossEntropyPerExample, maskLogits, weightedMean } from '../nn/losses.ts';
import { logitsOf } from './hook-results.ts';
import type { Learner } from './learner.ts';
import type { Batch, LayerWatch, Outputs, Scope } from './method.ts';
import type { Protocol } from './protocol.ts';

/** Mean cross-entropy over the candidates: the loss of plain fine-tuning. */
export function classificationLoss(outputs: Outputs, batch: Batch): Scalar {
  return weightedMean(crossEntropyPerExample(outputs.logits, batch.labels), batch.weights);
}

/**
 * Runs the model with the method's way of computing linear layers.
 * @param watch is shown every linear layer; see {@link LayerWatch}
 */
export function runModel<Settings>(
  learner: Learner<Settings>,
  batch: Pick<Batch, 'inputs' | 'candidates' | 'tasks'>,
  scope: Scope<Settings>,
  watch?: LayerWatch,
): Outputs {
  const { backbone, method } = learner;
  if (method.withoutBackbone) return noOutputs(batch.candidates);
  const { parameters } = scope;
  const { tasks: _outer, ...others } = scope;
  const inner = { ...others, ...(batch.tasks && { tasks: batch.tasks }) };
  const { features, logits } = backbone.forward(batch.inputs, parameters, (layer, x) => {
    const base = (): Tensor =>
      linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]);
    const y = method.linear ? method.linear(layer, x, base, inner) : base();
    return watch?.(layer, x, y) ?? y;
  });
  return {
    features,
    rawLogits: logits,
    logits: maskLogits(logits, batch.candidates),
  };
}

/** What a method sees that has no use of the backbone. */
function noOutputs(candidates: Tensor): Outputs {
  const nothing = mul(candidates, 0);
  return { features: nothing, rawLogits: nothing, logits: nothing };
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

/** What the program's name of each scalar of {@link Method.numbers} begins with. */
export const numberPrefix = 'number.';

/** The same for {@link Method.extraInputs}. */
export const extraPrefix = 'extra.';

/**
 * The logits that an answer is chosen by, `[rows, outputs]`: the method's own, or the model's; −∞ where no candidate, so that
 * no method answers with what is none. Any number will do for the others: log-probabilities may be −∞ themselves.
 */
export function answerLogits<Settings>(learner: Learner<Settings>, tensors: Tensors): Tensor {
  const { method } = learner;
  const batch = tensors as unknown as Pick<Batch, 'inputs' | 'candidates' | 'tasks'>;
  const { candidates } = batch;
  const scope = scopeOf(learner, tensors, false);
  const outputs = runModel(learner, batch, scope);
  const logits = method.predict
    ? logitsOf(method.name, method.predict(outputs, batch, scope), candidates.shape)
    : outputs.rawLogits;
  return where(greater(candidates, 0), logits, fill(candidates.shape, Number.NEGATIVE_INFINITY));
}

/** Stands among predictions for a row whose logits are not numbers. */
export const noNumber = -2;

/**
 * Predictions. State: the trained parameters and what the method keeps; output: `predictions`, int32 `[rows]`, with
 * {@link noNumber} where a logit is NaN or all are −∞: the greatest of such a row would be any.
 */
export function predictionProgram<Settings>(learner: Learner<Settings>, rows: number): Program {
  const { method } = learner;
  return {
    name: `predict ${method.name}`,
    inputs: batchInputs(learner.protocol, rows, false),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run: (tensors) => {
      const logits = answerLogits(learner, tensors);
      // NaN alone is not equal to itself.
      const broken = sum(cast(notEqual(logits, logits), 'float32'), -1);
      const answered = logicalAnd(equal(broken, 0), greater(max(logits, -1), Number.NEGATIVE_INFINITY));
      const best = argMax(logits, -1);
      return { predictions: where(answered, best, fill(best.shape, noNumber, 'int32')) };
    },
  };
}

/** What a method's hooks see of the tensors of a program. */
export function scopeOf<Settings>(
  learner: Learner<Settings>,
  tensors: Tensors,
  training: boolean,
): Scope<Settings> {
  const { settings, protocol, parameters, kept, temporary } = learner;
  // Temporary tensors are there where the state has them: in training steps, not while predicting.
  const held = Object.keys(temporary).filter((name) => `temporary.${name}` in tensors);
  return withForward(learner, {
    settings,
    protocol,
    parameters: pick(tensors, Object.keys(parameters)),
    kept: pick(tensors, Object.keys(kept), 'kept.'),
    temporary: pick(tensors, held, 'temporary.'),
    numbers: withPrefix(tensors, numberPrefix),
    extra: withPrefix(tensors, extraPrefix),
    training,
  });
}

/** The scope with a `forward` of its own parameters. */
export function withForward<Settings>(
  learner: Learner<Settings>,
  scope: Omit<Scope<Settings>, 'forward'>,
): Scope<Settings> {
  return {
    ...scope,
    forward(batch, others, watch) {
      const inner = others ? { ...scope, parameters: { ...scope.parameters, ...others } } : scope;
      return runModel(learner, batch, withForward(learner, inner), watch);
    },
  };
}

/** The tensors whose names begin with the prefix, by the rest of their names. */
function withPrefix(tensors: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}

/** The tensors that programs of this learner hold as state. */
export function modelState<Settings>(learner: Learner<Settings>): HostTensors {
  return { ...learner.trained(), ...prefixed(learner.kept, 'kept.') };
}

/** The named tensors among those of a program, whose names there have the prefix. */
export function pick(tensors: Tensors, names: readonly string[], prefix = ''): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[prefix + name] as Tensor]));
}

/** Entries under their names with the prefix. */
export function prefixed<T>(tensors: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Signatures of tensors, under their names with the prefix. */
export function specsOf(tensors: HostTensors, prefix = ''): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [prefix + name, { shape, dtype }]),
  );
}
