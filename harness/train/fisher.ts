import { float32, type HostTensors, zeros } from '../engine/tensor.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { emptyFeeds, writeBatch } from './batch-rows.ts';
import { batchedFisherProgram, type FisherLabels, singleFisherProgram } from './fisher-programs.ts';
import type { Learner } from './learner.ts';
import { modelState } from './model-programs.ts';

export type { FisherLabels };

/** Rows of a batch where examples need not be taken one by one. */
const batchSize = 128;

/**
 * Diagonal of the Fisher information of the trained parameters on examples of a task,
 * `F_i = mean over x of Σ_y q(y|x) (∂ log p(y|x) / ∂θ_i)²`, with q as {@link FisherLabels} says and p over the candidates.
 *
 * Where every trained tensor belongs to a linear layer that sees one row an example, the squared gradient of a row is
 * `δ² ⊗ a²` (δ the gradient at the layer's output, a its input), so a whole batch is one matrix product.
 * Otherwise examples are taken one by one; both give the same numbers.
 *
 * @param rows which training examples of the task
 */
export async function diagonalFisher<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  rows: ArrayLike<number>,
  labels: FisherLabels,
): Promise<HostTensors> {
  const batched = canBeBatched(learner);
  const size = batched ? Math.min(batchSize, rows.length) : 1;
  const program = batched
    ? batchedFisherProgram(learner, labels, size)
    : singleFisherProgram(learner, labels);
  const compiled = await learner.compile(program);
  const totals = zeroTotals(learner.trained());
  const state = learner.createState({ ...modelState(learner), ...totals });
  const candidates = learner.protocol.candidates('train', task.index, task.index);
  const examples = Array.from(rows, (row) => ({
    examples: task.train,
    row,
    task: task.index,
  }));
  const feeds = emptyFeeds(program.inputs);
  try {
    for (let first = 0; first < examples.length; first += size) {
      writeBatch(examples.slice(first, first + size), () => candidates, feeds);
      await compiled.run(feeds, state);
    }
    return meansOf(await state.read(Object.keys(totals)), examples.length);
  } finally {
    state.dispose();
  }
}

function canBeBatched<Settings>({ backbone, method, trainable }: Learner<Settings>): boolean {
  const tensors = new Set(backbone.layers.flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]));
  return backbone.oneRowPerExample && !method.linear && [...trainable].every((name) => tensors.has(name));
}

function zeroTotals(parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [`total.${name}`, zeros(shape)]),
  );
}

function meansOf(totals: HostTensors, count: number): HostTensors {
  return Object.fromEntries(
    Object.entries(totals).map(([name, { data, shape }]) => {
      const means = Float32Array.from(data, (total) => total / count);
      return [name.slice('total.'.length), float32(means, shape)];
    }),
  );
}
