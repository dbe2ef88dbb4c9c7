import { type HostTensors, zeros } from '../engine/tensor.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { emptyFeeds, writeBatch } from './batch-rows.ts';
import {
  eachExampleProgram,
  type GradientSum,
  type Grouping,
  meanGradientProgram,
} from './gradient-sum-programs.ts';
import type { Learner } from './learner.ts';
import { modelState } from './model-programs.ts';

export type { GradientSum, Grouping, Term } from './gradient-sum-programs.ts';

/** Rows of a batch where each example has its own gradient all the same. */
const batchSize = 128;

const ofEachExample: Grouping = { together: 1, perExample: false };

/** A sum by parameter name, and how many gradients are in it. */
export interface GradientTotals {
  readonly sums: HostTensors;
  readonly gradients: number;
}

/**
 * Sums the squared or absolute gradients of the trained parameters over examples of a task, with the model and the
 * candidates of training.
 *
 * Where every trained tensor belongs to a linear layer that sees one row an example, whole batches go through one program.
 * Otherwise examples are taken one by one; both give the same numbers.
 *
 * @param rows which training examples of the task
 */
export async function sumGradients<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  rows: ArrayLike<number>,
  measured: GradientSum,
  grouping: Grouping = ofEachExample,
): Promise<GradientTotals> {
  const progress = (examples: number): void =>
    learner.report({ kind: 'summing', task: task.index, examples, of: rows.length });
  // To compile a program for many outputs can take minutes by itself.
  progress(0);
  const together = Math.min(grouping.together, rows.length);
  const batched = together === 1 && canBeBatched(learner);
  const size = batched ? Math.min(batchSize, rows.length) : together;
  const program = batched
    ? eachExampleProgram(learner, measured, size)
    : meanGradientProgram(learner, measured, { ...grouping, together });
  const compiled = await learner.compile(program);
  const totals = zeroTotals(learner.trained());
  const state = learner.createState({ ...modelState(learner), ...totals });
  const candidates = learner.protocol.candidates('train', task.index, task.index);
  const examples = Array.from(rows, (row) => ({ examples: task.train, row, task: task.index }));
  const feeds = emptyFeeds(program.inputs);
  try {
    for (let first = 0; first < examples.length; first += size) {
      writeBatch(examples.slice(first, first + size), () => candidates, feeds);
      await compiled.run(feeds, state);
      progress(Math.min(first + size, examples.length));
    }
    const found = Object.entries(await state.read(Object.keys(totals)));
    return {
      sums: Object.fromEntries(found.map(([name, tensor]) => [name.slice('total.'.length), tensor])),
      gradients: Math.ceil(examples.length / together),
    };
  } finally {
    state.dispose();
  }
}

/**
 * Training examples of a task drawn without replacement.
 * @param count how many; 0 for all
 * @param label tells this use of randomness from others
 */
export function drawnRows<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  count: number,
  label: string,
): Int32Array {
  const random = learner.random('memorySampling', label, task.index);
  return random.sample(task.train.count, count || task.train.count);
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
