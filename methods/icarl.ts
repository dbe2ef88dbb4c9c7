import {
  add,
  cast,
  div,
  matMul,
  maximum,
  mul,
  norm,
  oneHot,
  type Scalar,
  sigmoid,
  softplus,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { copyOf, float32, zeros } from '../harness/engine/tensor.ts';
import { weightedMean } from '../harness/nn/losses.ts';
import type { ExampleReference } from '../harness/train/example-memory.ts';
import { featuresOf, featuresOfExamples } from '../harness/train/features.ts';
import { herd, meanOf, unitVector } from '../harness/train/herding.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';
import {
  type BufferSettings,
  bufferSettings,
  heldExamples,
  openBuffer,
  storeTask,
} from '../harness/train/replay-buffer.ts';

interface Settings extends BufferSettings {
  readonly temperature: number;
  readonly normaliseFeatures: boolean;
}

/** What an output without exemplars gets: below every real answer, and above what masks put in. */
const unknown = -1e6;

/**
 * iCaRL (Rebuffi et al. 2017, "Incremental Classifier and Representation Learning"). Exemplars join the training set (Algorithm 3).
 * The loss is a binary cross-entropy for each class y seen so far, summed over these and averaged over the batch,
 *
 *     L(θ) = − Σ_y [ t_y log σ(z_y) + (1 − t_y) log(1 − σ(z_y)) ],
 *
 * with t_y = 1 or 0 for the classes of this task and t_y = σ(z̄_y / T) for older ones, z̄ the logits of the model before the task (T = 1
 * in the paper, 2 in van de Ven, Tuytelaars & Tolias 2022). Exemplars are chosen by herding on features of length 1, towards their mean at length 1 (Algorithm 4),
 * and an example is given the class whose exemplars have the nearest mean feature, of length 1 too (Algorithm 1), by the model as
 * it stands after the task.
 *
 * van de Ven, Tuytelaars & Tolias 2022: buffer=per-class, memory=100. van de Ven & Tolias 2019: buffer=shared-by-classes, memory=2000.
 * Mammoth: normaliseFeatures=false.
 */
export default defineMethod<Settings>({
  name: 'icarl',
  version: 2,
  title: 'iCaRL',
  summary: 'Distils old classes, keeps exemplars by herding, answers with the nearest mean of exemplars.',
  paper: {
    title: 'iCaRL: Incremental Classifier and Representation Learning',
    authors: 'Rebuffi, Kolesnikov, Sperl, Lampert',
    year: 2017,
    url: 'https://arxiv.org/abs/1611.07725',
  },
  settings: {
    ...bufferSettings(100, ['per-class', 'shared-by-classes']),
    temperature: {
      type: 'number',
      default: 2,
      exclusiveMinimum: 0,
      description: 'T, which the old model’s logits are divided by.',
    },
    normaliseFeatures: {
      type: 'boolean',
      default: true,
      description: 'Whether features and their means are taken at length 1.',
    },
  },
  search: { temperature: [1, 2] },
  kinds: ['class-incremental'],

  prepare(learner) {
    openBuffer(learner);
    const { outputs } = learner.protocol;
    const width = learner.backbone.layers.at(-1)?.inputs ?? 0;
    learner.kept.means = zeros([outputs, width]);
    learner.kept.known = zeros([outputs]);
  },

  addedExamples: (learner, task) => heldExamples(learner, task, false),

  beginTask(learner, task) {
    const { outputs } = learner.protocol;
    const own = Float32Array.from({ length: outputs }, (_, output) =>
      task.outputs.includes(output) ? 1 : 0,
    );
    learner.temporary.own = float32(own, [outputs]);
    if (task.index === 1) return;
    for (const name of learner.trainable)
      learner.temporary[`teacher.${name}`] = copyOf(learner.parameter(name));
  },

  loss({ rawLogits }, batch, { kept, temporary, forward, settings }) {
    const truth = cast(oneHot(batch.labels as Tensor1D, rawLogits.shape[1] as number), 'float32');
    const old = kept.known as Tensor;
    const teacher = Object.fromEntries(
      Object.entries(temporary).flatMap(([name, tensor]) =>
        name.startsWith('teacher.') ? [[name.slice('teacher.'.length), tensor]] : [],
      ),
    );
    const isFirst = Object.keys(teacher).length === 0;
    const softened = isFirst ? truth : sigmoid(div(forward(batch, teacher).rawLogits, settings.temperature));
    const targets = add(mul(truth, sub(1, old)), mul(softened, old));
    const active = maximum(old, temporary.own as Tensor);
    // −t log σ(z) − (1 − t) log(1 − σ(z)) = log(1 + eᶻ) − t z
    const losses = sub(softplus(rawLogits), mul(targets, rawLogits));
    return weightedMean(sum(mul(losses, active), -1), batch.weights) as Scalar;
  },

  async endTask(learner, task) {
    const features = vectorsOf(await featuresOf(learner, task), learner);
    storeTask(learner, task, (rows, count) => {
      const own = rows.map((row) => features[row] as Float32Array);
      return herd(own, count, classMean(own, learner)).map((place) => rows[place] as number);
    });
    await learnMeans(learner, task.index);
  },

  predict({ features }, _batch, { kept, settings }) {
    const { means, known } = kept as { means: Tensor; known: Tensor };
    const read = settings.normaliseFeatures
      ? div(features, add(norm(features, 2, -1, true), 1e-12))
      : features;
    // −‖f − μ‖² but for ‖f‖², which is the same for all classes.
    const near = sub(mul(2, matMul(read, means, false, true)), sum(square(means), -1));
    return add(mul(near, known), mul(sub(1, known), unknown));
  },
});

/** Means of the exemplars' features by the present model. */
async function learnMeans(learner: Learner<Settings>, seen: number): Promise<void> {
  const { memory, kept } = learner;
  if (!memory || !kept.means) return;
  const held: ExampleReference[] = memory.places().map((place) => memory.at(place));
  const features = vectorsOf(await featuresOfExamples(learner, held, seen), learner);
  const [outputs, width] = kept.means.shape as [number, number];
  const [means, known] = [new Float32Array(outputs * width), new Float32Array(outputs)];
  for (const label of new Set(memory.labels)) {
    const own = features.filter((_, place) => memory.labels[place] === label);
    means.set(classMean(own, learner), label * width);
    known[label] = 1;
  }
  kept.means = float32(means, [outputs, width]);
  kept.known = float32(known, [outputs]);
}

/** The mean of features, again at length 1 where they are. */
function classMean(features: readonly Float32Array[], { settings }: Learner<Settings>): Float64Array {
  const mean = meanOf(features, features[0]?.length ?? 0);
  return settings.normaliseFeatures ? unitVector(mean) : mean;
}

/** The rows of features, at length 1 where the settings want it. */
function vectorsOf(
  { data, shape }: { readonly data: ArrayLike<number>; readonly shape: readonly number[] },
  { settings }: Learner<Settings>,
): Float32Array[] {
  const [rows, width] = shape as [number, number];
  const all = Float32Array.from(data);
  return Array.from({ length: rows }, (_, row) => {
    const vector = all.subarray(row * width, (row + 1) * width);
    return settings.normaliseFeatures ? unitVector(vector) : vector;
  });
}
