import { add, reshape, type Tensor, tile, zeros as zeroTensor } from '@tensorflow/tfjs-core';
import type { LinearLayer } from '../backbones/backbone.ts';
import type { Program, Tensors } from '../engine/program.ts';
import { type HostTensors, type TensorSpec, zeros } from '../engine/tensor.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { emptyFeeds, writeBatch } from './batch-rows.ts';
import type { Learner } from './learner.ts';
import type { Batch } from './method.ts';
import { batchInputs, modelState, runModel, scopeOf, specsOf } from './model-programs.ts';

/** What a method measures at linear layers over a task's training examples. */
export interface Observation {
  /** Tells programs of different observations apart. */
  readonly name: string;
  readonly layers: readonly LinearLayer[];
  /** Shape of what is measured at a layer. */
  shape(layer: LinearLayer): readonly number[];
  /**
   * *Program.* One batch's share of the sum.
   * @param x what the layer reads, `[rows, in]`; a transformer has a row for each token
   * @param y what it gives, `[rows, out]`
   * @param weights 1 for each row that counts, 0 for padding, `[rows]`
   */
  measure(x: Tensor, y: Tensor, weights: Tensor): Tensor;
}

const batchSize = 64;

/**
 * Sums what an observation measures at each of its layers over training examples of a task, by layer name. Forward only.
 * @param rows which training examples
 */
export async function observeLayers<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  rows: ArrayLike<number>,
  observation: Observation,
): Promise<HostTensors> {
  const program = observationProgram(learner, observation, Math.min(batchSize, rows.length));
  const compiled = await learner.compile(program);
  const sums = Object.fromEntries(
    observation.layers.map((layer) => [`sum.${layer.name}`, zeros(observation.shape(layer))]),
  );
  const state = learner.createState({ ...modelState(learner), ...sums });
  const feeds = emptyFeeds(program.inputs);
  const candidates = learner.protocol.candidates('train', task.index, task.index);
  const size = (program.inputs.weights as TensorSpec).shape[0] as number;
  try {
    for (let first = 0; first < rows.length; first += size) {
      const chosen = Array.from(rows).slice(first, first + size);
      writeBatch(
        chosen.map((row) => ({ examples: task.train, row, task: task.index })),
        () => candidates,
        feeds,
      );
      await compiled.run(feeds, state);
    }
    const found = await state.read(Object.keys(sums));
    return Object.fromEntries(
      Object.entries(found).map(([name, tensor]) => [name.slice('sum.'.length), tensor]),
    );
  } finally {
    state.dispose();
  }
}

function observationProgram<Settings>(
  learner: Learner<Settings>,
  observation: Observation,
  rows: number,
): Program {
  const sums = Object.fromEntries(
    observation.layers.map((layer) => [
      `sum.${layer.name}`,
      { shape: observation.shape(layer), dtype: 'float32' as const },
    ]),
  );
  const run = (tensors: Tensors): Tensors => {
    const batch = tensors as unknown as Batch;
    const found: Tensors = {};
    const watched = new Set(observation.layers.map(({ name }) => name));
    runModel(learner, batch, scopeOf(learner, tensors, false), (layer, x, y) => {
      if (!watched.has(layer.name)) return;
      const inputs = reshape(x, [-1, layer.inputs]);
      const outputs = reshape(y, [-1, layer.outputs]);
      const each = (inputs.shape[0] as number) / rows;
      const weights = reshape(tile(reshape(batch.weights, [rows, 1]), [1, each]), [-1]);
      const key = `sum.${layer.name}`;
      const before = tensors[key] ?? zeroTensor(observation.shape(layer) as number[]);
      found[key] = add(before, observation.measure(inputs, outputs, weights));
    });
    return found;
  };
  return {
    name: `observe ${observation.name} ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, rows, true),
    state: { ...specsOf(modelState(learner)), ...sums },
    frozen: learner.frozen(),
    run,
  };
}
