import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import type { Optimiser } from '../nn/optimisers.ts';
import type { Learner } from './learner.ts';
import type { Scope } from './method.ts';
import { pick } from './model-programs.ts';
import { numbersFor } from './moment-starts.ts';

/**
 * What a step changes, under the names of the state: by the optimiser, by the method's own `step`, and by its `afterStep`.
 * @throws Error where the method replaces what is neither trained nor kept
 */
export function updatesOf<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  gradients: Tensors,
  tensors: Tensors,
  scope: Scope<Settings>,
): Tensors {
  const { method, ownSteps } = learner;
  const names = Object.keys(learner.trained());
  const ordinary = Object.fromEntries(Object.entries(gradients).filter(([name]) => !ownSteps.has(name)));
  const updates = {
    ...applyOptimiser(learner, optimiser, ordinary, tensors),
    ...stateNames(learner, 'step', method.step?.(gradients, scope)),
  };
  const updated = pick({ ...tensors, ...updates }, names);
  const replaced = stateNames(learner, 'afterStep', method.afterStep?.(updated, scope, gradients));
  return { ...updates, ...replaced };
}

/** What a method's hook replaces, under the names of the state. */
function stateNames<Settings>(
  { method, trainable, kept, temporary }: Learner<Settings>,
  hook: string,
  replaced: Tensors = {},
): Tensors {
  return Object.fromEntries(
    Object.entries(replaced).map(([name, tensor]) => {
      if (trainable.has(name)) return [name, tensor];
      if (name in kept) return [`kept.${name}`, tensor];
      if (name in temporary) return [`temporary.${name}`, tensor];
      throw new Error(
        `${hook} of ${method.name} returns "${name}", which is neither a trained parameter nor a kept tensor.`,
      );
    }),
  );
}

function applyOptimiser<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  gradients: Tensors,
  tensors: Tensors,
): Tensors {
  const updates: Tensors = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const moments = zip(
      optimiser.moments,
      optimiser.moments.map((moment) => tensors[`${moment}.${name}`] as Tensor),
    );
    const numbers = numbersFor(name, learner, optimiser, tensors);
    const update = optimiser.update(tensors[name] as Tensor, gradient, moments, numbers);
    updates[name] = update.parameter;
    for (const [moment, value] of Object.entries(update.moments)) updates[`${moment}.${name}`] = value;
  }
  return updates;
}

/** Values by their names. */
export function zip(names: readonly string[], values: readonly Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
}
