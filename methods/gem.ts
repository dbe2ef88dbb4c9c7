import { add, concat, matMul, reshape, type Scalar, slice, stack, type Tensor } from '@tensorflow/tfjs-core';
import { Matrix } from 'ml-matrix';
import { float32, type HostTensor, zeros } from '../harness/engine/tensor.ts';
import { minimiseAboveFloor } from '../harness/linalg/quadratic-programme.ts';
import { emptyFeeds, writeBatch } from '../harness/train/batch-rows.ts';
import { type Batch, defineMethod, type Scope } from '../harness/train/method.ts';
import { batchInputs, classificationLoss } from '../harness/train/model-programs.ts';
import {
  type BufferSettings,
  bufferSettings,
  heldExamples,
  openBuffer,
  storeTask,
} from '../harness/train/replay-buffer.ts';
import { rowsOf } from '../harness/train/training-programs.ts';

interface Settings extends BufferSettings {
  readonly margin: number;
  readonly trainOnMemory: boolean;
}

/** Added to the diagonal of the programme, as in the authors' code. */
const ridge = 0.001;

/**
 * Gradient episodic memory (Lopez-Paz & Ranzato 2017, equations 8 to 11). G has a row for each past task, the gradient of the mean
 * loss on all its stored examples. Where g has a negative product with one of them, it is replaced by
 *
 *     g̃ = g + Gᵀ v,   v = argmin over v ≥ γ of ½ vᵀ (G Gᵀ + 0.001 I) v + (G g)ᵀ v,
 *
 * the nearest gradient that has none (for γ = 0 and without the ridge); γ, the margin, favours old tasks further.
 *
 * The gradients and their products are one program, the small programme is solved on the host, and the update is a second program.
 * Hsu et al. 2018 (buffer=shared-by-tasks, trainOnMemory=true) also join the memory to the training set; DER (Mammoth) has
 * buffer=per-task.
 */
export default defineMethod<Settings>({
  name: 'gem',
  version: 1,
  title: 'GEM',
  summary: 'Turns each gradient so that it raises the loss on no past task’s examples.',
  paper: {
    title: 'Gradient Episodic Memory for Continual Learning',
    authors: 'Lopez-Paz, Ranzato',
    year: 2017,
    url: 'https://arxiv.org/abs/1706.08840',
  },
  settings: {
    ...bufferSettings(100, [
      'per-task',
      'shared-by-tasks',
      'per-class',
      'per-class-and-task',
      'shared-by-classes',
    ]),
    margin: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      description: 'γ, the least weight of a past task’s gradient once one is violated.',
    },
    trainOnMemory: {
      type: 'boolean',
      default: false,
      description: 'Whether the memory joins the training set too, about as large as the task’s own.',
    },
  },
  search: { margin: [0, 0.5, 1] },

  prepare: openBuffer,

  addedExamples: (learner, task) => (learner.settings.trainOnMemory ? heldExamples(learner, task, true) : []),

  beginTask(learner, task) {
    const { memory, temporary, protocol } = learner;
    const past = [...new Set(memory?.tasks ?? [])].sort((a, b) => a - b);
    if (!memory || past.length === 0) return;
    const places = past.map((index) => memory.places((of) => of === index));
    const rows = Math.max(...places.map(({ length }) => length));
    // A batch for each past task, one after the other; what is missing to the longest is padding of weight 0.
    past.forEach((index, at) => {
      const feeds = emptyFeeds(batchInputs(protocol, rows, true));
      const examples = (places[at] ?? []).map((place) => memory.at(place));
      writeBatch(examples, (of) => protocol.candidates('train', of, task.index), feeds);
      for (const [name, feed] of Object.entries(feeds)) {
        const key = `memory.${name}`;
        const sofar = temporary[key];
        temporary[key] = sofar ? joined(sofar, feed) : feed;
      }
      temporary[`past.${index}`] = zeros([]);
    });
    const parameters = learner.trainableParameters;
    temporary.gradients = zeros([past.length, parameters]);
    temporary.products = zeros([past.length + 1, past.length + 1]);
    temporary.multipliers = zeros([1, past.length]);
  },

  gradients(gradients, scope, gradientsOf) {
    const batches = memoryOf(scope);
    if (batches.length === 0) return gradients;
    const names = Object.keys(gradients);
    const rows = batches.map((batch) =>
      flattened(
        names,
        gradientsOf(({ forward }) => classificationLoss(forward(batch), batch) as Scalar),
      ),
    );
    const past = stack(rows);
    const all = concat([past, reshape(flattened(names, gradients), [1, -1])], 0);
    return { ...gradients, gradients: past, products: matMul(all, all, false, true) };
  },

  between: {
    needs: ({ temporary }) => (temporary.products ? ['products'] : []),
    refresh: ({ products }, { settings }) => ({
      multipliers: multipliersOf(products as HostTensor, settings.margin),
    }),
    gradients(gradients, { temporary }) {
      const correction = reshape(
        matMul(temporary.multipliers as Tensor, temporary.gradients as Tensor),
        [-1],
      );
      let first = 0;
      return Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => {
          const part = reshape(slice(correction, [first], [gradient.size]), gradient.shape);
          first += gradient.size;
          return [name, add(gradient, part)];
        }),
      );
    },
  },

  endTask: (learner, task) => storeTask(learner, task),
});

/**
 * v of {@link default}; zeros where no constraint is violated.
 * @param products of all gradients with each other, the current one last, `[past + 1, past + 1]`
 * @returns `[1, past]`
 */
export function multipliersOf(products: HostTensor, margin: number): HostTensor {
  const size = products.shape[0] as number;
  const past = size - 1;
  const at = (row: number, column: number): number => products.data[row * size + column] as number;
  const withCurrent = Array.from({ length: past }, (_, row) => at(row, past));
  if (withCurrent.every((product) => product >= 0)) return zeros([1, past]);
  const P = new Matrix(past, past);
  for (let row = 0; row < past; row++) {
    for (let column = 0; column < past; column++) {
      P.set(row, column, (at(row, column) + at(column, row)) / 2 + (row === column ? ridge : 0));
    }
  }
  return float32(minimiseAboveFloor(P, withCurrent, margin), [1, past]);
}

/** The stored examples of each past task as a batch. */
function memoryOf({ temporary }: Scope<Settings>): Batch[] {
  const tasks = Object.keys(temporary).filter((name) => name.startsWith('past.')).length;
  if (tasks === 0) return [];
  const all = Object.fromEntries(
    Object.entries(temporary).flatMap(([name, tensor]) =>
      name.startsWith('memory.') ? [[name.slice('memory.'.length), tensor]] : [],
    ),
  ) as unknown as Batch;
  const rows = (all.weights.shape[0] as number) / tasks;
  return Array.from({ length: tasks }, (_, task) => rowsOf(all, task * rows, rows));
}

function flattened(names: readonly string[], gradients: Readonly<Record<string, Tensor>>): Tensor {
  return concat(names.map((name) => reshape(gradients[name] as Tensor, [-1])));
}

/** One tensor after the other along the first axis. */
function joined(first: HostTensor, second: HostTensor): HostTensor {
  const [rows, ...rest] = first.shape as [number, ...number[]];
  const shape = [rows + (second.shape[0] as number), ...rest];
  const make = first.dtype === 'float32' ? Float32Array : Int32Array;
  const data = new make(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { shape, dtype: first.dtype, data };
}
