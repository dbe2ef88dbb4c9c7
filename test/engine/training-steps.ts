import { type Scalar, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Backbone } from '../../harness/backbones/backbone.ts';
import type { Engine, Program, Tensors } from '../../harness/engine/program.ts';
import { float32, type HostTensor, type HostTensors, int32, sizeOf } from '../../harness/engine/tensor.ts';
import { linear } from '../../harness/nn/layers.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import { initialMoments, type Optimiser } from '../../harness/nn/optimisers.ts';
import { Random } from '../../harness/random.ts';

/** A backbone that is trained on random batches by plain cross-entropy. */
export interface Training {
  readonly backbone: Backbone;
  readonly optimiser: Optimiser;
  readonly inputShape: readonly number[];
  readonly rows: number;
  readonly classes: number;
  /** Names of the parameters that stay as they are; all others are trained. */
  readonly frozen?: (name: string) => boolean;
}

/** Fresh parameters, the same each time. */
export function parametersOf({ backbone }: Training): HostTensors {
  return backbone.initialise(new Random(11, 'weights'));
}

/** State at the start: the trained parameters and the optimiser's moments. */
export function initialState(training: Training): HostTensors {
  const trained = Object.entries(parametersOf(training)).filter(([name]) => !training.frozen?.(name));
  const parameters = Object.fromEntries(trained);
  return { ...parameters, ...initialMoments(training.optimiser, parameters) };
}

/** One optimiser step on one batch; gives the loss before it. */
export function stepProgram(training: Training, fixed: 'constants' | 'inputs' = 'constants'): Program {
  const { backbone, optimiser, inputShape, rows } = training;
  const all = parametersOf(training);
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => training.frozen?.(name)));
  const names = Object.keys(all).filter((name) => !(name in kept));
  const numbers = Object.keys(optimiser.numbers(1, 1)).map(
    (name) => [name, { shape: [], dtype: 'float32' }] as const,
  );
  return {
    name: `step of ${backbone.name}, ${fixed}`,
    inputs: {
      x: { shape: [rows, ...inputShape], dtype: 'float32' },
      labels: { shape: [rows], dtype: 'int32' },
      ...Object.fromEntries(numbers),
      ...(fixed === 'inputs' && specsOf(kept)),
    },
    state: specsOf(initialState(training)),
    frozen: fixed === 'constants' ? kept : {},
    run: (tensors) => step(training, names, tensors),
  };
}

function step({ backbone, optimiser }: Training, names: readonly string[], tensors: Tensors): Tensors {
  const given = (name: string): Tensor => tensors[name] as Tensor;
  const loss = (...values: Tensor[]): Scalar => {
    const trained = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
    const parameters: Tensors = { ...tensors, ...trained };
    const { logits } = backbone.forward(given('x'), parameters, (layer, x) =>
      linear(x, parameters[`${layer.name}.weight`] as Tensor, parameters[`${layer.name}.bias`]),
    );
    return crossEntropyPerExample(logits, given('labels')).mean();
  };
  const { value, grads } = valueAndGrads(loss)(names.map(given));
  const updates: Tensors = {};
  for (const [index, name] of names.entries()) {
    const moments = Object.fromEntries(
      optimiser.moments.map((moment) => [moment, given(`${moment}.${name}`)]),
    );
    const update = optimiser.update(given(name), grads[index] as Tensor, moments, tensors);
    updates[name] = update.parameter;
    for (const [moment, next] of Object.entries(update.moments)) updates[`${moment}.${name}`] = next;
  }
  return { loss: value, ...updates };
}

/** What step number `step` is fed, the first being 1. */
export function feedsOf(training: Training, step: number): HostTensors {
  const { inputShape, rows, classes, optimiser } = training;
  const random = new Random(12, 'batch', step);
  const shape = [rows, ...inputShape];
  const numbers = Object.entries(optimiser.numbers(step, 1e-3));
  return {
    x: float32(
      Array.from({ length: sizeOf(shape) }, () => random.normal()),
      shape,
    ),
    labels: int32(
      Array.from({ length: rows }, () => random.integer(classes)),
      [rows],
    ),
    ...Object.fromEntries(numbers.map(([name, value]) => [name, float32([value], [])])),
  };
}

/** Feeds of several steps, one behind the other, as an unrolled program takes them. */
export function stackedFeeds(training: Training, first: number, steps: number): HostTensors {
  const feeds = Array.from({ length: steps }, (_, index) => feedsOf(training, first + index));
  const stacked = (name: string, like: HostTensor): HostTensor => {
    const shape = [steps, ...like.shape];
    const values = feeds.flatMap((feed) => [...(feed[name]?.data ?? [])]);
    return like.dtype === 'int32' ? int32(values, shape) : float32(values, shape);
  };
  return Object.fromEntries(
    Object.entries(feeds[0] ?? {}).map(([name, like]) => [name, stacked(name, like)]),
  );
}

/** The state and the losses after so many single steps. */
export async function train(
  engine: Engine,
  training: Training,
  steps: number,
  fixed: 'constants' | 'inputs' = 'constants',
): Promise<{ state: HostTensors; losses: number[] }> {
  const compiled = await engine.compile(stepProgram(training, fixed));
  const state = engine.createState(initialState(training));
  const all = Object.entries(parametersOf(training));
  const given = fixed === 'inputs' ? Object.fromEntries(all.filter(([name]) => training.frozen?.(name))) : {};
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { loss } = await compiled.run({ ...feedsOf(training, step), ...given }, state);
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  const result = { state: await state.read(), losses };
  state.dispose();
  return result;
}

function specsOf(tensors: HostTensors): Program['inputs'] {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}
