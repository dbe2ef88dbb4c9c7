import {
  add,
  cast,
  div,
  logSoftmax,
  matMul,
  mean,
  mul,
  neg,
  oneHot,
  ones,
  type Scalar,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { float32, type HostTensor, zeros } from '../harness/engine/tensor.ts';
import { maskLogits, weightedMean } from '../harness/nn/losses.ts';
import {
  densityOfMixture,
  densityOfMode,
  logDensities,
  type MixturePrior,
  sampledDivergence,
} from '../harness/nn/mixture-prior.ts';
import {
  decode,
  drawLatent,
  initialiseFeedback,
  posteriorOf,
  reconstructionLoss,
  standardDivergence,
} from '../harness/nn/vae.ts';
import type { Random } from '../harness/random.ts';
import {
  choice,
  fillWithChoices,
  fillWithNormals,
  inputModel,
  normals,
  partOf,
  type VaeSettings,
  vaeSettings,
} from '../harness/train/generative.ts';
import {
  beginReplay,
  headsOf,
  type ReplaySettings,
  replaySettings,
  shared,
} from '../harness/train/generative-replay.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod, type Scope } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { replayTargets } from './dgr.ts';
import { distilledHeads } from './lwf.ts';

interface Settings extends VaeSettings, ReplaySettings {
  readonly prior: 'per-class' | 'standard';
  readonly gates: 'none' | 'task' | 'class';
  readonly silent: number;
}

/**
 * Brain-inspired replay (van de Ven, Siegelmann & Tolias 2020; official file `models/cond_vae.py`). The classifier learns to make up inputs
 * itself: its features h, those before the head, are read as q(z|x) too, and feedback layers lead from z back to an input. In the k-th
 * task it learns from the batch and from inputs x̃ that it made up as it was after the last task:
 *
 *     L(θ) = r · [ CE + V ](current) + (1 − r) · [ D + V ](x̃),   V = mean of [ −log p(x|z) + log q(z|x) − log p(z) ] / inputs
 *     D = mean over x̃ of −Σ_o q_o log p_o,  q = soft-max of the old answers / T,  p = soft-max of the answers / T
 *
 * - *Replay through feedback* (`prior=standard`, `gates=none`; van de Ven & Tolias 2018, RtF) is just that, with log p(z) of N(0, I), for which V is exact.
 * - *Conditional replay* (`prior=per-class`): p(z) has a normal for each class, its mean and variance trained. A current row has that of its
 *   label, a made-up row is drawn from a class seen before and judged by the mixture with weights q.
 * - *Gating* (`gates=class` or `task`): in each hidden layer of the feedback a random share of units is silent, others for each class or
 *   task: h ← ReLU(m ⊙ (W h + b)). Made-up rows have the gates of their class or of the task that it came in; in domain-incremental streams,
 *   or where rows have no class, of a past task drawn for each. Those read in turn have Σ_c q_c m_c, or the same task's.
 *
 * Where tasks have outputs of their own, a row made up for a class is answered for by the head of its class; rows of no class by each past head, D
 * being the mean. (The official code makes as many rows for each past task instead.) Internal replay, of features of frozen layers, is
 * training on those features: choose a backbone and a dataset that give them.
 */
export default defineMethod<Settings>({
  name: 'bi-r',
  version: 3,
  title: 'Brain-inspired replay',
  summary: 'Replays inputs that the classifier itself makes up through feedback, class by class.',
  paper: {
    title: 'Brain-inspired replay for continual learning with artificial neural networks',
    authors: 'van de Ven, Siegelmann, Tolias',
    year: 2020,
    url: 'https://doi.org/10.1038/s41467-020-17866-2',
  },
  settings: {
    ...vaeSettings([400, 400], 100),
    prior: {
      type: 'string',
      enum: ['per-class', 'standard'],
      default: 'per-class',
      description: 'Whether z has a normal of its own for each class, or one standard normal.',
    },
    gates: {
      type: 'string',
      enum: ['none', 'task', 'class'],
      default: 'class',
      description: 'For what the feedback layers have other silent units: each task, each class, or neither.',
    },
    silent: {
      type: 'number',
      default: 0.1,
      minimum: 0,
      maximum: 1,
      description: 'Share of the units of a feedback layer that are silent.',
    },
    ...replaySettings,
  },
  search: { silent: [0, 0.1, 0.5], weighting: ['by-share', 'ratio'] },

  prepare(learner) {
    const { protocol, settings, backbone } = learner;
    const { hidden, gates, silent, latent } = settings;
    const width = backbone.layers.at(-1)?.inputs as number;
    const { shape } = inputModel(protocol, settings);
    const random = learner.random('initialWeights', 'generator');
    for (const [name, tensor] of Object.entries(initialiseFeedback(shape, width, random))) {
      train(learner, `generator.${name}`, tensor);
    }
    if (settings.prior === 'per-class') {
      const modes = [protocol.outputs, latent] as const;
      train(learner, 'prior.mean', normals(modes, random));
      train(learner, 'prior.logVariance', normals(modes, random));
    }
    const groups = { none: 0, task: protocol.tasks, class: protocol.outputs }[gates];
    [...hidden].reverse().forEach((units, at) => {
      if (groups > 0) learner.kept[`gates.${at}`] = gatesFor(groups, units, silent, random);
    });
    learner.kept.cameIn = zeros([protocol.outputs]);
  },

  beginTask(learner, task) {
    const { temporary, protocol } = learner;
    temporary['task.current'] = choice(task.index - 1, protocol.tasks);
    if (task.index > 1) beginReplay(learner, task, distilledHeads(protocol, task.index));
  },

  extraInputs({ settings, protocol }, task, rows) {
    const tensor = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
    const { latent, replayBatch } = settings;
    if (task.index === 1) return { current: tensor(rows, latent) };
    return {
      current: tensor(rows, latent),
      prior: tensor(replayBatch, latent),
      replayed: tensor(replayBatch, latent),
      ...(needsClass(settings) && { class: tensor(replayBatch, protocol.outputs) }),
      ...(settings.gates === 'task' && { task: tensor(replayBatch, protocol.tasks) }),
    };
  },

  composeBatch(_rows, { extra, random, learner, task }) {
    const { class: classes, task: tasks, ...noise } = extra as Record<string, HostTensor>;
    for (const tensor of Object.values(noise)) fillWithNormals(tensor, random);
    const cameIn = learner.kept.cameIn as HostTensor;
    if (classes) {
      const seen = [...cameIn.data.keys()].filter((output) => cameIn.data[output] !== 0);
      fillWithChoices(classes, seen, random);
    }
    if (!tasks) return;
    if (classes && learner.protocol.kind !== 'domain-incremental') fillWithTasks(tasks, classes, cameIn);
    else fillWithChoices(tasks, [...Array(task.index - 1).keys()], random);
  },

  loss(outputs, batch, scope) {
    const { extra, temporary, settings, protocol } = scope;
    const classes = cast(oneHot(batch.labels as Tensor1D, protocol.outputs), 'float32');
    const own = settings.gates === 'task' ? temporary['task.current'] : classes;
    const read = bound(batch.inputs, outputs.features, extra.current as Tensor, own, scope, (densities) =>
      densityOfMode(densities, classes),
    );
    const current = add(classificationLoss(outputs, batch), weightedMean(read, batch.weights)) as Scalar;
    const { shares } = temporary;
    if (!shares || !extra.prior) return current;
    return shared(current, replayLoss(scope), shares);
  },

  endTask({ kept, protocol }, task) {
    const cameIn = Float32Array.from(kept.cameIn?.data ?? []);
    for (const output of task.outputs) cameIn[output] ||= task.index;
    kept.cameIn = float32(cameIn, [protocol.outputs]);
  },
});

/** D + V of inputs made up by the model as it was after the last task. */
function replayLoss(scope: Scope<Settings>): Tensor {
  const { settings, protocol, extra, temporary } = scope;
  const past = partOf(temporary, 'past.');
  const { class: classes, task: tasks } = extra;
  const made = inputModel(protocol, settings).generate(
    drawLatent(priorOf(past, classes, extra.prior as Tensor), extra.prior as Tensor),
    partOf(past, 'generator.'),
    gatesOf(tasks ?? classes, scope),
  );
  const rows = { inputs: made, candidates: ones([settings.replayBatch, protocol.outputs]) };
  const teacher = scope.forward(rows, past).rawLogits;
  const student = scope.forward(rows);
  const heads = headsOf(classes, temporary);
  const answers = heads.map(({ teacher: head }) =>
    replayTargets(teacher, head, { targets: 'soft', temperature: settings.temperature }),
  );
  const distilled = heads.map(({ student: head }, index) => {
    const cooled = maskLogits(div(student.rawLogits, settings.temperature), head);
    return mean(neg(sum(mul(answers[index] as Tensor, logSoftmax(cooled, -1)), -1)));
  });
  const factor = settings.temperatureSquared ? settings.temperature ** 2 : 1;
  const [weights] = answers as [Tensor];
  const read = bound(made, student.features, extra.replayed as Tensor, tasks ?? weights, scope, (densities) =>
    densityOfMixture(densities, weights),
  );
  const total = distilled.reduce((sofar, loss) => add(sofar, loss));
  return add(mul(total, factor / heads.length), mean(read));
}

/**
 * The negative evidence bound of each row over the number of inputs, `[rows]`.
 * @param inputs `[rows, …input shape]`
 * @param features what the model makes of them, `[rows, width]`
 * @param noise standard normal, `[rows, latent]`
 * @param groups how much of each class's or task's gates a row has, `[rows or 1, groups]`
 * @param logPrior log p(z) from the densities of z under the classes' normals
 */
function bound(
  inputs: Tensor,
  features: Tensor,
  noise: Tensor,
  groups: Tensor | undefined,
  scope: Scope<Settings>,
  logPrior: (densities: Tensor) => Tensor,
): Tensor {
  const { shape, read } = inputModel(scope.protocol, scope.settings);
  const generator = partOf(scope.parameters, 'generator.');
  const posterior = posteriorOf(features, generator);
  const z = drawLatent(posterior, noise);
  const prior = mixtureOf(scope.parameters);
  const divergence = prior
    ? sampledDivergence(z, posterior, logPrior(logDensities(z, prior)))
    : standardDivergence(posterior);
  const output = decode(shape, z, generator, gatesOf(groups, scope));
  return div(add(reconstructionLoss(shape, read(inputs), output), divergence), shape.inputs);
}

/** The classes' normals among parameters, if they have any. */
function mixtureOf(parameters: Readonly<Record<string, Tensor>>): MixturePrior | undefined {
  const { 'prior.mean': centre, 'prior.logVariance': logVariance } = parameters;
  return centre && logVariance && { mean: centre, logVariance };
}

/** p(z) of each row to be made up. @param classes its class, `[rows, outputs]` @param like of the shape of z */
function priorOf(
  parameters: Readonly<Record<string, Tensor>>,
  classes: Tensor | undefined,
  like: Tensor,
): MixturePrior {
  const prior = mixtureOf(parameters);
  if (prior && classes)
    return { mean: matMul(classes, prior.mean), logVariance: matMul(classes, prior.logVariance) };
  const standard = mul(like, 0);
  return { mean: standard, logVariance: standard };
}

/** What each hidden layer of the decoder is multiplied with; nothing without gates. @param groups `[rows, groups]` */
function gatesOf(groups: Tensor | undefined, { kept, settings }: Scope<Settings>): Tensor[] {
  if (settings.gates === 'none' || !groups) return [];
  return settings.hidden.map((_, at) => matMul(groups, kept[`gates.${at}`] as Tensor));
}

/** Whether made-up rows have a class from the start. */
function needsClass({ prior, gates }: Settings): boolean {
  return prior === 'per-class' || gates === 'class';
}

/** Gives each row the task that its class came in, as 1 among 0. @param cameIn from 1, by class */
function fillWithTasks(tasks: HostTensor, classes: HostTensor, cameIn: HostTensor): void {
  const [rows, width] = tasks.shape as [number, number];
  const outputs = cameIn.data.length;
  tasks.data.fill(0);
  for (let row = 0; row < rows; row++) {
    const output = classes.data.subarray(row * outputs, (row + 1) * outputs).indexOf(1);
    tasks.data[row * width + (cameIn.data[output] as number) - 1] = 1;
  }
}

function train<S>(learner: Learner<S>, name: string, tensor: HostTensor): void {
  learner.setParameter(name, tensor);
  learner.trainable.add(name);
}

/** 0 for a unit that is silent for a group, else 1; `[groups, units]`. */
function gatesFor(groups: number, units: number, silent: number, random: Random): HostTensor {
  const data = Float32Array.from({ length: groups * units }, () => (random.uniform() < silent ? 0 : 1));
  return float32(data, [groups, units]);
}
