import {
  add,
  gather,
  mul,
  type Scalar,
  softmax,
  sqrt,
  squaredDifference,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { float32, type HostTensor } from '../harness/engine/tensor.ts';
import { weightedMean } from '../harness/nn/losses.ts';
import type { ExampleReference } from '../harness/train/example-memory.ts';
import { logitsOfExamples } from '../harness/train/features.ts';
import { learningRateOfStep, stepped } from '../harness/train/look-ahead.ts';
import { defineMethod } from '../harness/train/method.ts';
import { bufferSettings, openBuffer, refill } from '../harness/train/replay-buffer.ts';
import {
  addReplay,
  type DrawSettings,
  drawReplay,
  drawSettings,
  replayRoom,
} from '../harness/train/replay-draws.ts';

interface Settings extends DrawSettings {
  readonly strength: number;
}

/** Keeps the slope of the root finite where nothing has changed. */
const smallest = 1e-12;

/**
 * Function distance regularisation (Benjamin, Rolnick & Körding 2019). Examples are stored when a task ends, with the logits z that
 * the model has for them then. A step is two:
 *
 *     θ' = θ − η ∇ mean over B of CE(f(x), y)
 *     θ″ = θ' − η λ ∇ mean over M' of ‖softmax(h_θ'(x)) − softmax(z)‖₂
 *
 * with B the current batch, M' a draw from memory, h the logits of all outputs. The second gradient is taken behind the first
 * step and handed to the optimiser in a sum with the first, which is the same where that is SGD without momentum.
 *
 * DER (Mammoth): buffer=shared-by-tasks, replayBatch=128, strength=1 (its option `alpha` is read nowhere).
 */
export default defineMethod<Settings>({
  name: 'fdr',
  version: 1,
  title: 'FDR',
  summary: 'Turns each step back towards what the model answered to stored examples.',
  paper: {
    title: 'Measuring and Regularizing Networks in Function Space',
    authors: 'Benjamin, Rolnick, Körding',
    year: 2019,
    url: 'https://arxiv.org/abs/1805.08289',
  },
  settings: {
    ...bufferSettings(500, [
      'shared-by-tasks',
      'shared-by-classes',
      'per-task',
      'per-class',
      'per-class-and-task',
    ]),
    ...drawSettings,
    strength: { type: 'number', default: 1, minimum: 0, description: 'λ, the weight of the distance.' },
  },
  search: { strength: [0.1, 0.3, 1, 3] },

  prepare: openBuffer,
  addedRows: 'apart',
  extraRows: replayRoom,
  extraInputs(learner, task) {
    const room = replayRoom(learner, task);
    return room === 0 ? {} : { read: { shape: [room], dtype: 'int32' } };
  },
  composeBatch(rows, context) {
    const draws = drawReplay(context);
    addReplay(rows, context, draws, 'equal');
    context.extra.read?.data.fill(0).set(draws.flat());
  },
  numbers: learningRateOfStep,

  gradients(gradients, { added, kept, extra, numbers, settings }, gradientsOf) {
    if (!added) return gradients;
    const stored = softmax(gather(kept.logits as Tensor, extra.read as Tensor1D));
    const back = gradientsOf(({ forward, parameters }) => {
      const ahead = stepped(parameters, gradients, numbers.learningRate);
      const answers = softmax(forward(added, ahead).rawLogits);
      const distances = sqrt(add(sum(squaredDifference(answers, stored), -1), smallest));
      return mul(weightedMean(distances, added.weights), settings.strength) as Scalar;
    });
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [name, add(gradient, back[name] as Tensor)]),
    );
  },

  async endTask(learner, task) {
    const { memory, kept, protocol } = learner;
    const held = refill(learner, task);
    const isFresh = (example: ExampleReference): boolean => example.examples !== memory;
    const fresh = await logitsOfExamples(learner, held.filter(isFresh), task.index);
    let next = 0;
    const rows = held.map((example) =>
      isFresh(example) ? rowOf(fresh, next++) : rowOf(kept.logits, example.row),
    );
    const logits = new Float32Array(held.length * protocol.outputs);
    rows.forEach((row, place) => {
      logits.set(row, place * protocol.outputs);
    });
    kept.logits = float32(logits, [held.length, protocol.outputs]);
  },
});

function rowOf(matrix: HostTensor | undefined, row: number): ArrayLike<number> {
  const width = matrix?.shape[1] ?? 0;
  return matrix?.data.subarray(row * width, (row + 1) * width) ?? [];
}
