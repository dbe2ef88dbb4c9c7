import {
  add,
  argMax,
  cast,
  div,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  ones,
  type Scalar,
  softmax,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import type { HostTensor } from '../harness/engine/tensor.ts';
import { maskLogits, weightedMean } from '../harness/nn/losses.ts';
import { initialiseVae, vaeLoss } from '../harness/nn/vae.ts';
import {
  fillWithNormals,
  inputModel,
  partOf,
  type VaeSettings,
  vaeSettings,
} from '../harness/train/generative.ts';
import {
  beginReplay,
  type ReplaySettings,
  replaySettings,
  rowsOf,
  shared,
} from '../harness/train/generative-replay.ts';
import { defineMethod, type Scope } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { distilledHeads } from './lwf.ts';

interface Settings extends VaeSettings, ReplaySettings {
  readonly targets: 'hard' | 'soft';
}

/**
 * Deep generative replay (Shin, Lee, Kim & Kim 2017, equation 1). Beside the classifier f a generator learns what inputs look like, here a
 * variational autoencoder G (van de Ven & Tolias 2018). In the k-th task both learn from the batch and from inputs x̃ that the generator as it
 * was after the last task makes up, with the answers q of the classifier as it was then:
 *
 *     x̃ = mean of p(x|z) by G*,  z ~ N(0, I)                                    [replayBatch, inputs], anew in each step
 *     L(θ_f) = r · CE(current) + (1 − r) · mean over heads of D,   D = mean over x̃ of −Σ_o q_o(x̃; θ_f*) log p_o(x̃; θ_f)
 *     L(θ_G) = r · V(current) + (1 − r) · V(x̃),                     V = mean of [ −log p(x|z) + KL(q(z|x) ‖ N(0, I)) ] / inputs
 *
 * `targets=hard` (DGR): q is 1 for the likeliest output of the old classifier, else 0. `targets=soft` (DGR+distill, van de Ven & Tolias
 * 2018): q and p are soft-max of logits / T, and with `temperatureSquared` T² is a further factor of D. A head is a set of outputs that past
 * tasks answered with, as in `lwf`: where tasks have outputs of their own there is one for each past task, and q sums to 1 over its
 * outputs.
 *
 * | | r | targets | generator |
 * | --- | --- | --- | --- |
 * | Shin et al. 2017 | a constant (`weighting=ratio`) | hard | a GAN; not here |
 * | van de Ven & Tolias 2018, 2019 | 1/k | hard; DGR+distill soft, T = 2, `temperatureSquared` | hidden layers as the classifier's, z 100 |
 * | van de Ven, Tuytelaars & Tolias 2022 | 1/k | hard | the same |
 *
 * The two have no weight in common, so the sum of their losses trains each as if alone, with the scenario's optimiser and learning rate; the papers
 * use the same for both. Generator tensors are parameters `generator.…`; the copies that replay are made at a task's begin from the parameters.
 */
export default defineMethod<Settings>({
  name: 'dgr',
  version: 2,
  title: 'Deep generative replay',
  summary: 'Replays inputs that a generator makes up, with the old model’s answers as labels.',
  paper: {
    title: 'Continual Learning with Deep Generative Replay',
    authors: 'Shin, Lee, Kim, Kim',
    year: 2017,
    url: 'https://arxiv.org/abs/1705.08690',
  },
  settings: {
    ...vaeSettings([400, 400], 100),
    targets: {
      type: 'string',
      enum: ['hard', 'soft'],
      default: 'hard',
      description: 'Whether replayed inputs get the old model’s likeliest label or its soft answers.',
    },
    ...replaySettings,
  },
  search: { targets: ['hard', 'soft'], weighting: ['by-share', 'ratio'] },

  prepare(learner) {
    const { shape } = inputModel(learner.protocol, learner.settings);
    const fresh = initialiseVae(shape, learner.random('initialWeights', 'generator'));
    for (const [name, tensor] of Object.entries(fresh)) {
      learner.setParameter(`generator.${name}`, tensor);
      learner.trainable.add(`generator.${name}`);
    }
  },

  beginTask(learner, task) {
    if (task.index > 1) beginReplay(learner, task, distilledHeads(learner.protocol, task.index));
  },

  extraInputs({ settings: { latent, replayBatch } }, task, rows) {
    const normals = (count: number) => ({ shape: [count, latent], dtype: 'float32' }) as const;
    // Noise of the current rows' z; z of the made-up inputs, and the noise of what the generator reads in them.
    if (task.index === 1) return { current: normals(rows) };
    return { current: normals(rows), prior: normals(replayBatch), replayed: normals(replayBatch) };
  },

  composeBatch(_rows, { extra, random }) {
    for (const tensor of Object.values(extra)) fillWithNormals(tensor as HostTensor, random);
  },

  loss(outputs, batch, scope) {
    const model = inputModel(scope.protocol, scope.settings);
    const generator = partOf(scope.parameters, 'generator.');
    const { current, prior, replayed } = scope.extra as Record<string, Tensor>;
    const read = vaeLoss(model.shape, model.read(batch.inputs), current as Tensor, generator);
    const own = add(classificationLoss(outputs, batch), weightedMean(read, batch.weights)) as Scalar;
    const { shares } = scope.temporary;
    if (!shares || !prior || !replayed) return own;
    const past = partOf(scope.temporary, 'past.');
    const made = model.generate(prior, partOf(past, 'generator.'));
    const remembered = mean(vaeLoss(model.shape, model.read(made), replayed, generator));
    const replay = add(replayLoss(made, past, scope), remembered);
    return shared(own, replay, shares);
  },
});

/** The mean over heads of D. @param made `[replayBatch, …input shape]` @param past the old classifier's parameters */
function replayLoss(made: Tensor, past: Record<string, Tensor>, scope: Scope<Settings>): Tensor {
  const { settings, temporary, protocol } = scope;
  const batch = { inputs: made, candidates: ones([made.shape[0] as number, protocol.outputs]) };
  const answers = { teacher: scope.forward(batch, past).rawLogits, student: scope.forward(batch).rawLogits };
  const soft = settings.targets === 'soft';
  const temperature = soft ? settings.temperature : 1;
  const factor = soft && settings.temperatureSquared ? temperature ** 2 : 1;
  const teacherHeads = rowsOf(temporary['heads.teacher'] as Tensor);
  const studentHeads = rowsOf(temporary['heads.student'] as Tensor);
  const losses = teacherHeads.map((head, index) => {
    const targets = replayTargets(answers.teacher, head, settings);
    const cooled = maskLogits(div(answers.student, temperature), studentHeads[index] as Tensor);
    return mean(neg(sum(mul(targets, logSoftmax(cooled, -1)), -1)));
  });
  const total = losses.reduce((sofar, loss) => add(sofar, loss));
  return mul(total, factor / losses.length);
}

/**
 * q: what the outputs of a head should answer, `[rows, outputs]`; each row sums to 1, and is 0 outside of the head.
 * @param head 1 for its outputs, else 0; `[1, outputs]`
 */
export function replayTargets(
  logits: Tensor,
  head: Tensor,
  { targets, temperature }: Pick<Settings, 'targets' | 'temperature'>,
): Tensor {
  if (targets === 'soft') return softmax(maskLogits(div(logits, temperature), head));
  const likeliest = argMax(maskLogits(logits, head), -1);
  return cast(oneHot(likeliest as Tensor1D, logits.shape[1] as number), 'float32');
}
