import { type Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import { messageOf, UserError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import type { Pooling } from './method.ts';

// TF.js broadcasts what does not fit, so that a mistake in a hook would end as a number.

/** What `loss` of a method returned. @throws UserError when it is no scalar */
export function scalarLoss(method: string, returned: unknown): Scalar {
  if (returned instanceof Tensor && returned.rank === 0) return returned as Scalar;
  throw new UserError(
    `loss of ${method} returned ${describe(returned)}; it must return a scalar, such as weightedMean(…, batch.weights).`,
  );
}

/** What `predict` of a method returned. @param shape `[rows, outputs]` @throws UserError when it has another shape */
export function logitsOf(method: string, returned: unknown, shape: readonly number[]): Tensor {
  if (returned instanceof Tensor && hasShape(returned, shape)) return returned;
  throw new UserError(
    `predict of ${method} returned ${describe(returned)}; it must return logits of shape [${shape.join(', ')}], a row for each ` +
      'example and a column for each output.',
  );
}

/**
 * What a hook made of the gradients. A parameter that it leaves out stays as it is.
 * @param known the trained parameters by name
 * @param others names that it may return besides
 * @throws UserError when a gradient is of nothing that is trained, or of another shape than its parameter
 */
export function gradientsOf(
  hook: string,
  returned: unknown,
  known: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  others: Readonly<Record<string, unknown>>,
): Tensors {
  if (typeof returned !== 'object' || returned === null || returned instanceof Tensor) {
    throw new UserError(`${hook} returned ${describe(returned)}; it must return the gradients by parameter.`);
  }
  for (const [name, gradient] of Object.entries(returned) as [string, unknown][]) {
    const shape = known[name]?.shape;
    if (shape === undefined) {
      if (name in others) continue;
      throw new UserError(
        `${hook} returned a gradient of "${name}", which is no trained parameter; they are ${Object.keys(known).join(', ')}.`,
      );
    }
    if (gradient instanceof Tensor && hasShape(gradient, shape)) continue;
    throw new UserError(
      `${hook} returned ${describe(gradient)} for ${name}, whose shape is [${shape.join(', ')}]; a gradient has that of its parameter.`,
    );
  }
  return returned as Tensors;
}

const poolingWords: { readonly [Key in keyof Pooling]-?: readonly unknown[] } = {
  updates: ['sum', 'task', undefined],
  batches: ['one', 'each', 'classes', undefined],
};

/** What `pooling` of a method returned. @throws UserError when it has a word that means nothing */
export function poolingOf(method: string, returned: Pooling): Pooling {
  for (const [key, value] of Object.entries(returned)) {
    const known = poolingWords[key as keyof Pooling] as readonly unknown[] | undefined;
    if (known?.includes(value)) continue;
    const choices = known ? ` must be one of ${known.filter(Boolean).join(', ')}` : ' means nothing';
    throw new UserError(`pooling of ${method} returned ${key}: ${JSON.stringify(value)}, which${choices}.`);
  }
  return returned;
}

/**
 * Throws unless there is something to train, all of it in the model.
 * @param parameters of the model by name
 */
export function checkTrainable(
  method: string,
  trainable: ReadonlySet<string>,
  parameters: Readonly<Record<string, unknown>>,
): void {
  const unknown = [...trainable].find((name) => !(name in parameters));
  if (unknown !== undefined) {
    throw new UserError(
      `${method} trains "${unknown}", which the model has not.${suggestion(unknown, Object.keys(parameters))}`,
    );
  }
  if (trainable.size > 0) return;
  throw new UserError(
    `${method} trains nothing in this task: learner.trainable is empty. A method that does not train returns [] from trainingTasks.`,
  );
}

/** Says whose mistake it is when TF.js finds a parameter that the loss does not depend on. */
export function explainGradients(method: string, names: readonly string[], thrown: unknown): unknown {
  if (!messageOf(thrown).includes('Cannot compute gradient of y=f(x) with respect to x')) return thrown;
  return new UserError(
    `A trained parameter of ${method} plays no part in its loss. Trained are ${names.join(', ')}: take out of ` +
      'learner.trainable what the loss does not use.',
    { cause: thrown },
  );
}

function hasShape(tensor: Tensor, shape: readonly number[]): boolean {
  return tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis]);
}

function describe(value: unknown): string {
  if (value instanceof Tensor) return `a tensor of shape [${value.shape.join(', ')}]`;
  if (value === undefined || value === null) return 'nothing';
  return `a value that is no tensor (${typeof value})`;
}
