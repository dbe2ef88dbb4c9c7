import { mul, type Scalar, slice, type Tensor, tensor1d, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../engine/program.ts';
import type { HostTensor, HostTensors, TensorSpec } from '../engine/tensor.ts';
import type { Optimiser } from '../nn/optimisers.ts';
import type { BatchRoom } from './batch-rows.ts';
import { explainGradients, gradientsOf, scalarLoss } from './hook-results.ts';
import type { Learner } from './learner.ts';
import type { Batch, Scope, StepMoment } from './method.ts';
import {
  batchInputs,
  classificationLoss,
  extraPrefix,
  numberPrefix,
  pick,
  prefixed,
  scopeOf,
  specsOf,
  withForward,
} from './model-programs.ts';
import { optimiserNumbers, startsLabel } from './moment-starts.ts';
import { updatesOf, zip } from './step-updates.ts';

/** What a training step is fed. */
export interface StepShape extends BatchRoom {
  /** Signatures of the method's {@link Method.extraInputs}. */
  readonly extra: Readonly<Record<string, TensorSpec>>;
}

/** The scalars of one step: the optimiser's, and the method's under `number.<name>`. */
export function stepNumbers<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  moment: StepMoment,
): Record<string, number> {
  const own = Object.entries(learner.method.numbers?.(learner.settings, moment) ?? {});
  return {
    ...optimiserNumbers(learner, optimiser, moment.learningRate),
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
  shape: StepShape,
): Program {
  return {
    name: `train ${learner.method.name}${startsLabel(learner)}`,
    variant: roomOf(shape),
    inputs: stepInputs(learner, optimiser, shape),
    state: stateOf(learner),
    frozen: learner.frozen(),
    run(tensors) {
      const scope = trainingScope(learner, tensors, shape);
      const { loss, gradients } = lossAndGradients(learner, tensors, scope);
      const { ours, others } = withoutTemporary(learner, gradients);
      return {
        loss,
        ...prefixed(others, 'temporary.'),
        ...updatesOf(learner, optimiser, ours, tensors, scope),
      };
    },
  };
}

/**
 * The first half of a step that the host steps into. State: as in {@link trainingProgram}, and each gradient under
 * `gradient.<parameter>`; outputs: the loss, the gradients that the host looks at under `seen.<parameter>`, and under
 * `given` which of the trained parameters have a gradient: the method may leave some out. 1 or 0 for each, in their order.
 */
export function gradientProgram<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  shape: StepShape,
  looked: readonly string[],
): Program {
  const trained = Object.keys(learner.trained());
  return {
    name: `gradients ${learner.method.name}`,
    variant: JSON.stringify([roomOf(shape), looked]),
    inputs: stepInputs(learner, optimiser, shape),
    state: { ...stateOf(learner), ...specsOf(learner.trained(), 'gradient.') },
    frozen: learner.frozen(),
    run(tensors) {
      const scope = trainingScope(learner, tensors, shape);
      const { loss, gradients } = lossAndGradients(learner, tensors, scope);
      const { ours, others } = withoutTemporary(learner, gradients);
      return {
        loss,
        given: tensor1d(
          trained.map((name) => (name in ours ? 1 : 0)),
          'int32',
        ),
        ...prefixed(ours, 'gradient.'),
        ...prefixed(others, 'temporary.'),
        // A copy: one tensor cannot be both held and given out.
        ...Object.fromEntries(looked.map((name) => [`seen.${name}`, mul(gradients[name] as Tensor, 1)])),
      };
    },
  };
}

/**
 * The second half: the update from the gradients that the first half left in the state.
 * @param given names of the trained parameters that have one; the others stay as they are
 */
export function updateProgram<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  given: readonly string[],
): Program {
  return {
    name: `update ${learner.method.name}${startsLabel(learner)}`,
    variant: JSON.stringify(given),
    inputs: numberInputs(learner, optimiser),
    state: { ...stateOf(learner), ...specsOf(learner.trained(), 'gradient.') },
    frozen: learner.frozen(),
    run(tensors) {
      const scope = scopeOf(learner, tensors, true);
      const held = pick(tensors, given, 'gradient.');
      const changed = learner.method.between?.gradients?.(held, scope) ?? held;
      const gradients = gradientsOf(
        `between.gradients of ${learner.method.name}`,
        changed,
        learner.trained(),
        {},
      );
      return updatesOf(learner, optimiser, gradients, tensors, scope);
    },
  };
}

function stepInputs<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
  { own, added, extra }: StepShape,
): Record<string, TensorSpec> {
  return {
    ...batchInputs(learner.protocol, own + added, true),
    ...prefixed(extra, extraPrefix),
    ...numberInputs(learner, optimiser),
  };
}

/** How a batch is divided, which its inputs do not show: they have the rows of both. */
function roomOf({ own, added }: StepShape): string {
  return `${own}+${added}`;
}

/** The feeds of the method's own inputs by their names. */
export function extraOf(feeds: HostTensors, { extra }: StepShape): HostTensors {
  return Object.fromEntries(
    Object.keys(extra).map((name) => [name, feeds[extraPrefix + name] as HostTensor]),
  );
}

/** The scope of a training step, with its batch. */
function trainingScope<Settings>(
  learner: Learner<Settings>,
  tensors: Tensors,
  { own, added }: StepShape,
): Scope<Settings> & { readonly batch: Batch } {
  const scope = scopeOf(learner, tensors, true);
  const whole = pickBatch(tensors);
  if (learner.method.addedRows !== 'apart') return { ...scope, batch: whole };
  const batch = rowsOf(whole, 0, own);
  return added === 0 ? { ...scope, batch } : { ...scope, batch, added: rowsOf(whole, own, added) };
}

function pickBatch({ inputs, labels, weights, candidates, tasks }: Tensors): Batch {
  return { inputs, labels, weights, candidates, ...(tasks && { tasks }) } as Batch;
}

/** Some of a batch's rows. */
export function rowsOf(batch: Batch, first: number, count: number): Batch {
  return Object.fromEntries(
    Object.entries(batch as unknown as Tensors).map(([name, tensor]) => {
      const [, ...rest] = tensor.shape;
      return [name, slice(tensor, [first, ...rest.map(() => 0)], [count, ...rest])];
    }),
  ) as unknown as Batch;
}

/** What the method's `gradients` returns: gradients by trained parameter, and new values of temporary tensors. */
function withoutTemporary<Settings>(
  { trainable, temporary }: Learner<Settings>,
  returned: Tensors,
): { ours: Tensors; others: Tensors } {
  const isTemporary = (name: string): boolean => name in temporary && !trainable.has(name);
  const entries = Object.entries(returned);
  return {
    ours: Object.fromEntries(entries.filter(([name]) => !isTemporary(name))),
    others: Object.fromEntries(entries.filter(([name]) => isTemporary(name))),
  };
}

function numberInputs<Settings>(
  learner: Learner<Settings>,
  optimiser: Optimiser,
): Record<string, TensorSpec> {
  // Only the names count here; any moment gives them.
  const moment = { iteration: 0, iterations: 1, epoch: 0, epochs: 1, learningRate: 1 };
  const names = Object.keys(stepNumbers(learner, optimiser, moment));
  return Object.fromEntries(names.map((name) => [name, { shape: [], dtype: 'float32' as const }]));
}

function stateOf<Settings>(learner: Learner<Settings>): Record<string, TensorSpec> {
  return {
    ...specsOf(learner.trained()),
    ...specsOf(learner.moments),
    ...specsOf(learner.kept, 'kept.'),
    ...specsOf(learner.temporary, 'temporary.'),
  };
}

/** The loss of a batch, and its gradients by trained parameter as the method changes them. */
function lossAndGradients<Settings>(
  learner: Learner<Settings>,
  tensors: Tensors,
  scope: Scope<Settings> & { readonly batch: Batch },
): { loss: Scalar; gradients: Tensors } {
  const { method } = learner;
  const { batch } = scope;
  const names = Object.keys(learner.trained());
  const differentiate = (
    lossOf: (inner: Scope<Settings>) => Scalar,
  ): { loss: Scalar; gradients: Tensors } => {
    const lossAt = (...values: Tensor[]): Scalar =>
      lossOf(withForward(learner, { ...scope, parameters: { ...scope.parameters, ...zip(names, values) } }));
    try {
      const { value, grads } = valueAndGrads(lossAt)(names.map((name) => tensors[name] as Tensor));
      return { loss: value, gradients: zip(names, grads) };
    } catch (thrown) {
      throw explainGradients(method.name, names, thrown);
    }
  };
  const { loss, gradients } = differentiate((inner) => {
    const outputs = inner.forward(batch);
    if (!method.loss) return classificationLoss(outputs, batch);
    return scalarLoss(method.name, method.loss(outputs, batch, inner));
  });
  if (!method.gradients) return { loss, gradients };
  const changed = method.gradients(gradients, scope, (other) => differentiate(other).gradients);
  return {
    loss,
    gradients: gradientsOf(`gradients of ${method.name}`, changed, learner.trained(), learner.temporary),
  };
}

/** What programs hold while a task is trained. */
export function temporaryState<Settings>({ temporary }: Learner<Settings>): HostTensors {
  return prefixed(temporary, 'temporary.');
}
