import { add, matMul, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Matrix } from 'ml-matrix';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import type { Tensors } from '../harness/engine/program.ts';
import { float32 } from '../harness/engine/tensor.ts';
import { UserError } from '../harness/errors.ts';
import { toMatrix, toTensor } from '../harness/linalg/matrix.ts';
import { productOf, splitAtSingularValue } from '../harness/linalg/singular-split.ts';
import { linear as applyWeights } from '../harness/nn/layers.ts';
import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { meanCosines } from '../harness/train/layer-cosines.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly budget: 'fixed' | 'schedule' | 'adaptive';
  readonly frozen: number;
  readonly rounding: 'peft' | 'mini-trainer';
  readonly tasks: number;
  readonly minimumShare: number;
  readonly targetShare: number;
  readonly importanceExamples: number;
  readonly projection: 'none' | 'gradient' | 'gradient-and-parameters';
  readonly firstTask: 'full' | 'split';
  readonly others: 'head' | 'all';
  readonly targets: readonly string[];
}

/**
 * OSFT, "Sculpting Subspaces" (Nayak et al., arXiv 2504.07097): past tasks are taken to live in the large singular
 * directions of each weight, which stay as they are; a new task trains the small ones. For each target weight W `[out, in]`:
 *
 * 1. Task start, from the second task on (`firstTask`): W = U S V, singular values falling, V as rows. The first k directions
 *    are frozen: U_h `[out, k]`, V_h `[k, in]`, W_h = U_h S_h V_h. The others are trained: U_l `[out, m]`, S_l `[m]`, V_l `[m, in]`.
 * 2. Forward: y = (W_h + U_l diag(S_l) V_l) x + b, the weight rebuilt in the program.
 * 3. Gradients, each step: dU_l ← dU_l − U_h (U_hᵀ dU_l) and dV_l ← dV_l − (dV_l V_hᵀ) V_h.
 * 4. After the optimiser's step, the same projection of U_l and V_l themselves: Adam scales each number apart, which leads out
 *    of the subspace even where the gradients are in it. With it U_hᵀ ΔW = 0 and ΔW V_hᵀ = 0, whatever the optimiser.
 * 5. Task end: W ← W_h + U_l diag(S_l) V_l; the factors go.
 *
 * k is a share of min(out, in), by `budget`. The released programs have a fixed one, the default. The paper prints what is here
 * `adaptive`: I = mean of cos(x, y) over what the layer read and gave for examples of the previous task, divided by its mean
 * over the layers; share = mrr + I (trr − mrr). I is worked out when that task ends, with its data still at hand, and all that
 * is kept is this one number for each layer. Where a layer's input and output have no basis in common, as in an MLP, their
 * cosine says little: shares then end at mrr or at 1.
 *
 * Sources differ; what is followed here:
 * - Step 3 is the code's, one-sided on each factor. The paper prints dW − U_h U_hᵀ dW V_hᵀ V_h, which removes less.
 * - Step 4 is in mini_trainer (of the authors) alone; `projection: gradient` is the paper's repository and PEFT.
 * - The paper's repository copies the rebuilt weight into the model without its gradient, so that its factors would not
 *   train; here they do, as in PEFT and mini_trainer. Its scripts take shares of the larger dimension; I is commented out.
 * - PEFT splits at once (`firstTask: split`), and freezes all other parameters; the paper trains them all (`others: all`). Between
 *   them, `head` trains the classifier, which no source has.
 * - Of y the bias is part. Where x and y differ in width, the longer loses its end. Negative cosines count as 0, which keeps
 *   shares above mrr. Shares above 1 are 1, which leaves nothing to train in that layer.
 * - A frozen rank of 0 is an error in PEFT; here that weight is trained whole. A transformer's q, k and v are one matrix.
 */
export default defineMethod<Settings>({
  name: 'osft',
  version: 2,
  title: 'OSFT',
  summary:
    'Freezes the large singular directions of each weight and trains the small ones, orthogonal to them.',
  paper: {
    title: 'Sculpting Subspaces: Constrained Full Fine-Tuning in LLMs for Continual Learning',
    authors: 'Nayak, Killamsetty, Han, Bhandwaldar, Chanda, Xu, Wang, Pareja, Silkin, Eyceoz, Srivastava',
    year: 2025,
    url: 'https://arxiv.org/abs/2504.07097',
  },
  settings: {
    budget: {
      type: 'string',
      enum: ['fixed', 'schedule', 'adaptive'],
      default: 'fixed',
      description:
        'How many directions freeze. fixed: as frozen says. schedule: (t − 1) / tasks of them in task t. adaptive: by the importance of the layer.',
    },
    frozen: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      description:
        'What the fixed budget freezes: up to 1 a share of the directions, above 1 a count of them.',
    },
    rounding: {
      type: 'string',
      enum: ['peft', 'mini-trainer'],
      default: 'peft',
      description:
        'Whose rule makes a share a number of directions; mini-trainer always leaves one to train.',
    },
    tasks: {
      type: 'integer',
      default: 10,
      minimum: 1,
      description: 'n, the number of tasks of the scenario; for the budget schedule alone.',
    },
    minimumShare: {
      type: 'number',
      default: 0.1,
      minimum: 0,
      maximum: 1,
      description: 'mrr, the share frozen in a layer of importance 0.',
    },
    targetShare: {
      type: 'number',
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'trr, the share frozen in a layer of importance 1, which is the mean.',
    },
    importanceExamples: {
      type: 'integer',
      default: 1000,
      minimum: 0,
      description: 'Training examples that the importance is measured on; 0 for all.',
    },
    projection: {
      type: 'string',
      enum: ['none', 'gradient', 'gradient-and-parameters'],
      default: 'gradient-and-parameters',
      description: 'What is kept orthogonal to the frozen directions.',
    },
    firstTask: {
      type: 'string',
      enum: ['full', 'split'],
      default: 'full',
      description: 'Whether the first task trains whole weights or is split like any other.',
    },
    others: {
      type: 'string',
      enum: ['head', 'all'],
      default: 'head',
      description: 'What trains besides the target weights: the head, or everything.',
    },
    targets: targetsSetting('layers', 'qkv', 'attn.proj', 'fc1', 'fc2'),
  },

  search: { frozen: [0.25, 0.5, 0.75, 0.9] },

  prepare(learner) {
    const layers = targetLayers(learner);
    if (learner.settings.others === 'head') trainOnlyHead(learner);
    for (const { name } of layers) learner.trainable.add(`${name}.weight`);
  },

  beginTask(learner, task) {
    const ranks: Record<string, number> = {};
    targetLayers(learner).forEach((layer, position) => {
      const importance = learner.kept.importance?.data[position] ?? 1;
      const rank = frozenRank(learner.settings, layer, task.index, importance);
      if (rank > 0) freezeTop(learner, layer, rank);
      ranks[layer.name] = rank;
    });
    // As released, each task has an optimiser of its own.
    learner.forgetMoments();
    learner.log({ kind: 'ranks', task: task.index, what: 'singular directions frozen', ranks });
  },

  linear({ name }, x, base, { parameters }) {
    const [left, values, right] = lowNames(name).map((factor) => parameters[factor]);
    if (!left || !values || !right) return base();
    const weight = rebuilt(parameters[`${name}.weight`] as Tensor, { left, values, right });
    return applyWeights(x, weight, parameters[`${name}.bias`]);
  },

  gradients(gradients, { parameters, settings }) {
    return settings.projection === 'none' ? gradients : { ...gradients, ...projected(gradients, parameters) };
  },

  afterStep(updated, { parameters, settings }) {
    return settings.projection === 'gradient-and-parameters' ? projected(updated, parameters) : {};
  },

  async endTask(learner, task) {
    for (const layer of targetLayers(learner)) merge(learner, layer);
    if (learner.settings.budget !== 'adaptive') return;
    const random = learner.random('memorySampling', 'osft importance', task.index);
    const rows = random.sample(task.train.count, learner.settings.importanceExamples || task.train.count);
    const importance = importanceOf(await meanCosines(learner, task, rows, targetLayers(learner)));
    learner.kept.importance = float32(importance, [importance.length]);
  },
});

/** Trained factors in a program: U_l `[out, m]`, S_l `[m]`, V_l `[m, in]`. */
export interface LowFactors {
  readonly left: Tensor;
  readonly values: Tensor;
  readonly right: Tensor;
}

/** `W_h + U_l diag(S_l) V_l`, `[out, in]`. */
export function rebuilt(high: Tensor, { left, values, right }: LowFactors): Tensor {
  return add(high, matMul(mul(left, values), right));
}

/**
 * Those of the tensors that are factors U_l and V_l, or their gradients, without what they have in the frozen directions.
 * @param tensors by parameter name
 * @param parameters where the frozen bases `<layer>.osft_U_high` and `<layer>.osft_V_high` are
 */
export function projected(tensors: Tensors, parameters: Tensors): Tensors {
  const found: Tensors = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const basis = parameters[name.replace(/_low$/, '_high')];
    if (!basis || !name.endsWith('_low')) continue;
    found[name] = name.endsWith('.osft_U_low')
      ? sub(tensor, matMul(basis, matMul(basis, tensor, true)))
      : sub(tensor, matMul(matMul(tensor, basis, false, true), basis));
  }
  return found;
}

/** PEFT's rule: a share of the smaller dimension is cut to a whole number, a count is at most that dimension, and half is frozen where neither is given. */
export function peftFrozenRank(
  smaller: number,
  { count, share = 0.5 }: { readonly share?: number; readonly count?: number },
): number {
  return Math.min(smaller, count ?? Math.floor(smaller * share));
}

/** mini_trainer's rule: min(⌊smaller · (1 − trained share)⌋, smaller − 1). */
export function miniTrainerFrozenRank(smaller: number, trainedShare: number): number {
  return Math.min(Math.floor(smaller * (1 - trainedShare)), smaller - 1);
}

/** I of each layer: its mean cosine, 0 if that is negative, divided by the mean over the layers; all 1 where that mean is 0. */
export function importanceOf(cosines: readonly number[]): number[] {
  const clipped = cosines.map((cosine) => Math.max(0, cosine));
  const mean = clipped.reduce((total, cosine) => total + cosine, 0) / clipped.length;
  return clipped.map((cosine) => (mean > 0 ? cosine / mean : 1));
}

/** How many directions of a layer freeze in a task. */
function frozenRank(settings: Settings, layer: LinearLayer, task: number, importance: number): number {
  const { budget, rounding, firstTask, frozen, tasks, minimumShare, targetShare } = settings;
  const smaller = Math.min(layer.inputs, layer.outputs);
  if (task === 1 && firstTask === 'full') return 0;
  if (budget === 'fixed' && frozen > 1) return peftFrozenRank(smaller, { count: Math.floor(frozen) });
  if (budget === 'schedule' && task > tasks) {
    throw new UserError(`The schedule of osft is for ${tasks} tasks, but this is task ${task}. Set tasks.`);
  }
  const share = {
    fixed: frozen,
    schedule: (task - 1) / tasks,
    adaptive: Math.min(1, minimumShare + importance * (targetShare - minimumShare)),
  }[budget];
  return rounding === 'peft' ? peftFrozenRank(smaller, { share }) : miniTrainerFrozenRank(smaller, 1 - share);
}

/** Splits a layer's weight. While it is split, `<layer>.weight` is W_h. */
function freezeTop(learner: Learner<Settings>, { name, inputs, outputs }: LinearLayer, rank: number): void {
  learner.trainable.delete(`${name}.weight`);
  if (rank === Math.min(inputs, outputs)) return;
  const what = `${name}.weight of osft`;
  const { high, low } = splitAtSingularValue(toMatrix(learner.parameter(`${name}.weight`), what), rank, what);
  learner.setParameter(`${name}.weight`, toTensor(productOf(high)));
  learner.setParameter(`${name}.osft_U_high`, toTensor(high.left));
  learner.setParameter(`${name}.osft_V_high`, toTensor(high.right));
  const [left, values, right] = lowNames(name);
  learner.setParameter(left, toTensor(low.left));
  learner.setParameter(values, float32(low.values, [low.values.length]));
  learner.setParameter(right, toTensor(low.right));
  for (const factor of lowNames(name)) learner.trainable.add(factor);
}

/** Makes a split layer's weight whole again. */
function merge(learner: Learner<Settings>, { name }: LinearLayer): void {
  learner.trainable.add(`${name}.weight`);
  const [left, values, right] = lowNames(name);
  if (!learner.parameters[left]) return;
  const matrix = (of: string): Matrix => toMatrix(learner.parameter(of), `${of} of osft`);
  const low = productOf({
    left: matrix(left),
    values: [...learner.parameter(values).data],
    right: matrix(right),
  });
  learner.setParameter(`${name}.weight`, toTensor(low.add(matrix(`${name}.weight`))));
  for (const factor of [...lowNames(name), `${name}.osft_U_high`, `${name}.osft_V_high`]) {
    learner.removeParameter(factor);
  }
}

function lowNames(layer: string): [string, string, string] {
  return [`${layer}.osft_U_low`, `${layer}.osft_S_low`, `${layer}.osft_V_low`];
}
