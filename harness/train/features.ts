import type { Program } from '../engine/program.ts';
import { float32, type HostTensor } from '../engine/tensor.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { emptyFeeds, writeBatch } from './batch-rows.ts';
import type { ExampleReference } from './example-memory.ts';
import type { Learner } from './learner.ts';
import type { Batch } from './method.ts';
import { batchInputs, modelState, runModel, scopeOf, specsOf } from './model-programs.ts';

const batchSize = 128;

/**
 * What the head would read for all training examples of a task, with the model as it predicts.
 * @returns `[examples, width]`, in the order of the task's examples
 */
export function featuresOf<Settings>(learner: Learner<Settings>, task: TrainingTask): Promise<HostTensor> {
  const { train: examples, index } = task;
  const all = Array.from({ length: examples.count }, (_, row) => ({ examples, row, task: index }));
  return outputsOf(learner, all, index, 'features');
}

/**
 * The same for any examples, such as those in memory.
 * @param seen tasks whose training has begun
 * @returns `[examples, width]`
 */
export function featuresOfExamples<Settings>(
  learner: Learner<Settings>,
  examples: readonly ExampleReference[],
  seen: number,
): Promise<HostTensor> {
  return outputsOf(learner, examples, seen, 'features');
}

/**
 * What the head gives for them, before any mask.
 * @returns `[examples, outputs]`
 */
export function logitsOfExamples<Settings>(
  learner: Learner<Settings>,
  examples: readonly ExampleReference[],
  seen: number,
): Promise<HostTensor> {
  return outputsOf(learner, examples, seen, 'rawLogits');
}

/** One row of the wanted output for each example. */
async function outputsOf<Settings>(
  learner: Learner<Settings>,
  examples: readonly ExampleReference[],
  seen: number,
  wanted: 'features' | 'rawLogits',
): Promise<HostTensor> {
  const program: Program = {
    name: `${wanted} ${learner.method.name}`,
    inputs: batchInputs(learner.protocol, batchSize, true),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run: (tensors) => ({
      found: runModel(learner, tensors as unknown as Batch, scopeOf(learner, tensors, false))[wanted],
    }),
  };
  const compiled = await learner.compile(program);
  const state = learner.createState(modelState(learner));
  const feeds = emptyFeeds(program.inputs);
  const parts: Float32Array[] = [];
  let width = 0;
  try {
    for (let first = 0; first < examples.length; first += batchSize) {
      const length = Math.min(batchSize, examples.length - first);
      const rows = examples.slice(first, first + length);
      writeBatch(rows, (task) => learner.protocol.candidates('train', task, seen), feeds);
      const { found } = (await compiled.run(feeds, state)) as { found: HostTensor };
      width = found.shape[1] as number;
      parts.push((found.data as Float32Array).slice(0, length * width));
    }
  } finally {
    state.dispose();
  }
  const all = new Float32Array(examples.length * width);
  parts.forEach((part, at) => {
    all.set(part, at * batchSize * width);
  });
  return float32(all, [examples.length, width]);
}
