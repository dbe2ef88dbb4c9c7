import {
  add,
  div,
  grad,
  grads,
  matMul,
  mean,
  mul,
  ones,
  reshape,
  type Scalar,
  scalar,
  squaredDifference,
  sub,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Program, Tensors } from '../harness/engine/program.ts';
import {
  float32,
  type HostTensor,
  type HostTensors,
  int32,
  sizeOf,
  zeros,
} from '../harness/engine/tensor.ts';
import { crossEntropyPerExample } from '../harness/nn/losses.ts';
import type { TrainingTask } from '../harness/stream/stream.ts';
import { emptyFeeds, writeBatch } from '../harness/train/batch-rows.ts';
import { classesOf } from '../harness/train/classes.ts';
import { joinedBatch } from '../harness/train/joined-batch.ts';
import type { Learner } from '../harness/train/learner.ts';
import { learningRateOfStep, stepped } from '../harness/train/look-ahead.ts';
import { type Batch, defineMethod } from '../harness/train/method.ts';
import {
  batchInputs,
  classificationLoss,
  modelState,
  pick,
  prefixed,
  scopeOf,
  specsOf,
} from '../harness/train/model-programs.ts';
import { bufferSettings, openBuffer, storeTask } from '../harness/train/replay-buffer.ts';
import {
  addReplay,
  type DrawSettings,
  drawReplay,
  drawSettings,
  replayRoom,
} from '../harness/train/replay-draws.ts';

interface Settings extends DrawSettings {
  readonly strength: number;
  readonly decay: number;
  readonly meanStrength: number;
  readonly anchorSteps: number;
  readonly anchorRate: number;
}

/**
 * Hindsight anchor learning (Chaudhry et al. 2021, Algorithm 1): experience replay that also holds the outputs h for anchors e where
 * they are before the step. With B the current batch, M' a draw from memory and ℓ the mean cross-entropy over both,
 *
 *     θ̃ = θ − η ∇ℓ(θ; B ∪ M')
 *     θ ← θ − η ∇ [ ℓ(θ; B ∪ M') + λ · mean over anchors and outputs of (h_θ(e) − h_θ̃(e))² ]
 *
 * After a task each of its classes y gets an anchor, by gradient steps from uniform noise on
 *
 *     max over e of  CE(f_θM(e), y) − CE(f_θ(e), y) − γ ‖φ(e) − φ̄‖²
 *
 * with θ_M the model after a step on the memory, which makes it forget the task, φ the features that the head reads, and φ̄ their
 * running mean over the task's batches, `φ̄ ← β φ̄ + (1 − β) mean φ(B)`, behind each step and from 0.
 *
 * DER (Mammoth): buffer=per-task, memory=⌊size / tasks⌋, anchorRate the learning rate. Its memory is a ring that the current
 * task's last examples are in; here they come in when the task ends, before the anchors are made.
 */
export default defineMethod<Settings>({
  name: 'hal',
  version: 1,
  title: 'HAL',
  summary:
    'Replays stored examples and holds the answers to anchors, made-up inputs that would be forgotten most.',
  paper: {
    title: 'Using Hindsight to Anchor Past Knowledge in Continual Learning',
    authors: 'Chaudhry, Gordo, Dokania, Torr, Lopez-Paz',
    year: 2021,
    url: 'https://arxiv.org/abs/2002.08165',
  },
  settings: {
    ...bufferSettings(100, [
      'per-task',
      'shared-by-tasks',
      'per-class',
      'per-class-and-task',
      'shared-by-classes',
    ]),
    ...drawSettings,
    strength: { type: 'number', default: 0.1, minimum: 0, description: 'λ, the weight of the anchors.' },
    decay: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'β, what the running mean of features keeps of itself in a step.',
    },
    meanStrength: {
      type: 'number',
      default: 0.1,
      minimum: 0,
      description: 'γ, the weight of an anchor’s distance to the mean features.',
    },
    anchorSteps: { type: 'integer', default: 100, minimum: 0, description: 'Gradient steps of an anchor.' },
    anchorRate: {
      type: 'number',
      default: 0.1,
      exclusiveMinimum: 0,
      description: 'Learning rate of anchors, and of the step on the memory.',
    },
  },
  search: { strength: [0.1, 0.2, 0.5, 1] },

  prepare: openBuffer,
  beginTask({ kept, backbone }) {
    kept.meanFeatures = zeros([backbone.layers.at(-1)?.inputs ?? 0]);
  },

  addedRows: 'apart',
  extraRows: replayRoom,
  composeBatch: (rows, context) => addReplay(rows, context, drawReplay(context), 'equal'),
  numbers: learningRateOfStep,

  loss(_outputs, batch, { added, forward }) {
    const all = joinedBatch(batch, added);
    return classificationLoss(forward(all), all);
  },

  gradients(gradients, { kept, parameters, numbers, settings, protocol, forward }, gradientsOf) {
    const { anchors } = kept;
    if (!anchors) return gradients;
    const batch = {
      inputs: anchors,
      candidates: ones([anchors.shape[0] as number, protocol.outputs]),
    };
    const ahead = forward(batch, stepped(parameters, gradients, numbers.learningRate)).rawLogits;
    const held = gradientsOf((inner) => {
      const moved = squaredDifference(inner.forward(batch).rawLogits, ahead);
      return mul(mean(moved), settings.strength) as Scalar;
    });
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [name, add(gradient, held[name] as Tensor)]),
    );
  },

  afterStep(updated, { batch, kept, settings, forward }) {
    const { weights, ...rows } = batch as Batch;
    const share = reshape(div(weights, sum(weights)), [1, -1]);
    const now = reshape(matMul(share, forward(rows, updated).features), [-1]);
    const before = mul(kept.meanFeatures as Tensor, settings.decay);
    return { meanFeatures: add(before, mul(now, 1 - settings.decay)) };
  },

  async endTask(learner, task) {
    storeTask(learner, task);
    const made = await anchorsOf(learner, task, await tunedOnMemory(learner, task));
    learner.kept.anchors = joined(learner.kept.anchors, made);
  },
});

/** θ_M by name: the trained parameters after a step on a draw from memory. */
async function tunedOnMemory(learner: Learner<Settings>, task: TrainingTask): Promise<HostTensors> {
  const { settings, protocol, memory } = learner;
  const names = Object.keys(learner.trained());
  const program: Program = {
    name: 'tune hal',
    inputs: batchInputs(protocol, settings.replayBatch, true),
    state: specsOf(modelState(learner)),
    frozen: learner.frozen(),
    run(tensors) {
      const batch = tensors as unknown as Batch;
      const { forward } = scopeOf(learner, tensors, false);
      const lossAt = (...values: Tensor[]): Scalar =>
        classificationLoss(forward(batch, byName(names, values)), batch);
      const before = pick(tensors, names);
      const gradients = grads(lossAt)(Object.values(before));
      return stepped(before, byName(names, gradients), scalar(settings.anchorRate));
    },
  };
  const feeds = emptyFeeds(program.inputs);
  const random = learner.random('memorySampling', 'tuning', task.index);
  const drawn = memory?.sample(settings.replayBatch, random) ?? [];
  writeBatch(drawn, (of) => protocol.candidates('train', of, task.index), feeds);
  const state = learner.createState(modelState(learner));
  try {
    await (await learner.compile(program)).run(feeds, state);
    return await state.read(names);
  } finally {
    state.dispose();
  }
}

/** An anchor for each class of a task, `[classes, …input shape]`. */
async function anchorsOf(
  learner: Learner<Settings>,
  task: TrainingTask,
  tuned: HostTensors,
): Promise<HostTensor> {
  const { settings, protocol } = learner;
  const labels = classesOf(task);
  const shape = [labels.length, ...protocol.inputShape];
  const random = learner.random('memorySampling', 'anchors', task.index);
  const noise = float32(
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()),
    shape,
  );
  const start = { ...modelState(learner), ...prefixed(tuned, 'tuned.'), anchors: noise };
  const mask = protocol.candidates('train', task.index, task.index);
  const feeds = {
    labels: int32(labels, [labels.length]),
    candidates: float32(
      labels.flatMap(() => [...mask]),
      [labels.length, protocol.outputs],
    ),
  };
  const program: Program = {
    name: 'anchors hal',
    inputs: specsOf(feeds),
    state: specsOf(start),
    frozen: learner.frozen(),
    run: (tensors) => ({ anchors: raised(learner, tensors, Object.keys(tuned)) }),
  };
  const compiled = await learner.compile(program);
  const state = learner.createState(start);
  try {
    for (let step = 0; step < settings.anchorSteps; step++) await compiled.run(feeds, state);
    return (await state.read(['anchors'])).anchors as HostTensor;
  } finally {
    state.dispose();
  }
}

/** *Program.* The anchors one gradient step on. @param names of the parameters that there are tuned ones of */
function raised(learner: Learner<Settings>, tensors: Tensors, names: readonly string[]): Tensor {
  const { settings } = learner;
  const { forward, kept } = scopeOf(learner, tensors, false);
  const tuned = pick(tensors, names, 'tuned.');
  const objective = (inputs: Tensor): Tensor => {
    const batch = { inputs, candidates: tensors.candidates as Tensor };
    const present = forward(batch);
    const errorOf = (logits: Tensor): Tensor => crossEntropyPerExample(logits, tensors.labels as Tensor);
    const forgotten = sub(errorOf(forward(batch, tuned).logits), errorOf(present.logits));
    const distance = sum(squaredDifference(present.features, kept.meanFeatures as Tensor), -1);
    return sum(sub(forgotten, mul(distance, settings.meanStrength)));
  };
  const anchors = tensors.anchors as Tensor;
  return add(anchors, mul(grad(objective)(anchors), settings.anchorRate));
}

function byName(names: readonly string[], values: readonly Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
}

function joined(before: HostTensor | undefined, made: HostTensor): HostTensor {
  if (!before) return made;
  const [count, ...shape] = before.shape as [number, ...number[]];
  const data = Float32Array.from([...before.data, ...made.data]);
  return float32(data, [count + (made.shape[0] as number), ...shape]);
}
