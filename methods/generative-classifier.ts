import { add, fill, mul, type Scalar, slice, stack, type Tensor } from '@tensorflow/tfjs-core';
import type { Tensors } from '../harness/engine/program.ts';
import { type HostTensor, type HostTensors, zeros } from '../harness/engine/tensor.ts';
import { weightedMean } from '../harness/nn/losses.ts';
import { initialiseVae, logLikelihood, vaeLoss } from '../harness/nn/vae.ts';
import { classesOf } from '../harness/train/classes.ts';
import {
  fillWithNormals,
  inputModel,
  partOf,
  type VaeSettings,
  vaeSettings,
} from '../harness/train/generative.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings extends VaeSettings {
  readonly samples: number;
  readonly likelihood: 'gaussian' | 'as-trained';
}

/** What a class without an autoencoder gets: below every real likelihood, and above what masks put in. */
const unknown = -1e8;

/**
 * Generative classifier (van de Ven, Li & Tolias 2021, "Class-Incremental Learning With Generative Classifiers"; with fully connected
 * networks in van de Ven, Tuytelaars & Tolias 2022). Each class y has a variational autoencoder of its own, trained on that class alone and
 * never again, and an example is given the class that makes it most likely (classes count as equally frequent):
 *
 *     L_y(θ, φ) = mean over x of class y of  [ −log p_θ(x|z) + KL(q_φ(z|x) ‖ N(0, I)) ] / inputs,   z ~ q_φ(z|x)
 *     ŷ(x) = argmax_y log p_y(x)
 *     log p_y(x) ≈ log 1/S Σ_s p_θ(x|z_s) p(z_s) / q_φ(z_s|x),   z_s ~ q_φ(z|x)
 *
 * Nothing of the scenario's backbone is used. The classes of a task are trained side by side, each on ⌈batch size / classes⌉ rows of a
 * batch; they share nothing, so that is training them in turn. van de Ven et al. train each class of Split MNIST for 1,000 updates of 128
 * rows: training.updates=1000, training.batchSize=256. Adam starts anew in each task.
 *
 * In classification p_θ(x|z) is a normal of variance 1 around what the decoder gives (`likelihood=gaussian`), as in the authors' code, even where
 * the autoencoder was trained on shares with a cross-entropy. The p(x|z) of training (`likelihood=as-trained`) is what the paper's
 * equations say; docs/findings.md has what a run of each gave.
 *
 * The S samples of z are made of the same S draws of noise for every example and class, which are kept (`[S, latent]`): an answer
 * depends on nothing but its example. The authors' code draws anew for each.
 */
export default defineMethod<Settings>({
  name: 'generative-classifier',
  version: 2,
  title: 'Generative classifier',
  summary:
    'Trains an autoencoder for each class and answers with the class that makes an example most likely.',
  paper: {
    title: 'Class-Incremental Learning With Generative Classifiers',
    authors: 'van de Ven, Li, Tolias',
    year: 2021,
    url: 'https://arxiv.org/abs/2104.10093',
  },
  settings: {
    ...vaeSettings([85, 85], 5),
    samples: {
      type: 'integer',
      default: 50,
      minimum: 1,
      description: 'S, samples of z for the likelihood of an example.',
    },
    likelihood: {
      type: 'string',
      enum: ['gaussian', 'as-trained'],
      default: 'gaussian',
      description:
        'The p(x|z) that examples are classified by: a normal around the reconstruction, or that of training.',
    },
  },
  search: { latent: [5, 20], likelihood: ['gaussian', 'as-trained'] },
  kinds: ['class-incremental', 'task-incremental'],
  withoutBackbone: true,

  prepare(learner) {
    const { samples, latent } = learner.settings;
    const noise = zeros([samples, latent]);
    fillWithNormals(noise, learner.random('memorySampling', 'importance samples'));
    learner.kept.samples = noise;
  },

  pooling: () => ({ batches: 'classes' }),

  beginTask(learner, task) {
    // No optimiser goes on from one task to the next.
    learner.forgetMoments();
    classesOf(task).forEach((label, place) => {
      for (const [name, tensor] of Object.entries(autoencoderOf(learner, label))) {
        learner.setParameter(`trained.${place}.${name}`, tensor);
        learner.trainable.add(`trained.${place}.${name}`);
      }
    });
  },

  extraInputs: ({ settings: { latent } }, _task, rows) => ({
    noise: { shape: [rows, latent], dtype: 'float32' },
  }),

  composeBatch(_rows, { extra, random }) {
    fillWithNormals(extra.noise as HostTensor, random);
  },

  loss(_outputs, { inputs, weights }, scope) {
    const model = inputModel(scope.protocol, scope.settings);
    const x = model.read(inputs);
    const rows = x.shape[0] as number;
    const trained = autoencoders(scope.parameters, 'trained', rows);
    // A batch has as many rows of each class, class after class.
    const share = rows / trained.length;
    const part = (of: Tensor, place: number): Tensor =>
      slice(of, [place * share, ...of.shape.slice(1).map(() => 0)], [share, ...of.shape.slice(1)]);
    return trained
      .map(([, parameters], place) => {
        const noise = part(scope.extra.noise as Tensor, place);
        return weightedMean(vaeLoss(model.shape, part(x, place), noise, parameters), part(weights, place));
      })
      .reduce((total, loss) => add(total, loss) as Scalar);
  },

  endTask(learner, task) {
    classesOf(task).forEach((label, place) => {
      for (const [name, tensor] of Object.entries(partOf(learner.parameters, `trained.${place}.`))) {
        learner.removeParameter(`trained.${place}.${name}`);
        learner.setParameter(`class.${label}.${name}`, tensor);
      }
    });
  },

  predict(_outputs, { inputs, candidates }, scope) {
    const model = inputModel(scope.protocol, scope.settings);
    const [rows, outputs] = candidates.shape as [number, number];
    const known = new Map(autoencoders(scope.parameters, 'class', outputs));
    if (known.size === 0) return mul(candidates, 0);
    const x = model.read(inputs);
    const noise = scope.kept.samples as Tensor;
    const given = scope.settings.likelihood === 'gaussian' ? 'gaussian' : model.shape.values;
    const none = fill([rows], unknown);
    return stack(
      Array.from({ length: outputs }, (_, label) => {
        const parameters = known.get(label);
        return parameters ? logLikelihood(model.shape, x, noise, parameters, given) : none;
      }),
      1,
    );
  },
});

/** Where a class begins: from fresh weights, or from its own where it comes a second time. */
function autoencoderOf(learner: Learner<Settings>, label: number): HostTensors {
  const known = partOf(learner.parameters, `class.${label}.`);
  if (Object.keys(known).length > 0) return known;
  const { shape } = inputModel(learner.protocol, learner.settings);
  return initialiseVae(shape, learner.random('initialWeights', 'class', label));
}

/** The autoencoders among the parameters, by the number in their names. @param limit numbers are below it */
function autoencoders(parameters: Tensors, group: 'trained' | 'class', limit: number): [number, Tensors][] {
  return Array.from({ length: limit }, (_, number): [number, Tensors] => [
    number,
    partOf(parameters, `${group}.${number}.`),
  ]).filter(([, tensors]) => Object.keys(tensors).length > 0);
}
