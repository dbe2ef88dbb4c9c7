import {
  abs,
  add,
  greater,
  less,
  mul,
  sign,
  sub,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { Matrix } from 'ml-matrix';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import { float32, type HostTensor, zeros } from '../harness/engine/tensor.ts';
import { toMatrix, toTensor } from '../harness/linalg/matrix.ts';
import { linear as applyWeights } from '../harness/nn/layers.ts';
import { freshKeys, targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';

/** Where the threshold stands during a task. */
export interface ThresholdSchedule {
  readonly kappaMax: number;
  readonly thresholdSteps: number;
  readonly denseShare: number;
}

interface Settings extends ThresholdSchedule {
  readonly rank: number;
  readonly threshold: 'official' | 'soft' | 'none';
  readonly initialWeights: 'normal' | 'ones';
  readonly targets: readonly string[];
}

/**
 * CoDyRA (Lu et al., arXiv 2412.01004): a low-rank update for each task whose ranks each carry a learned weight. Weights
 * that stay small are set to 0; the ranks that are left are merged, so the model does not grow. An adapted layer computes
 *
 *     y = W x + b + B (w ∘ (A x)),   A ∈ R^{r × in},  B ∈ R^{out × r},  w ∈ R^r
 *
 * 1. Task start: A Kaiming-uniform, B = 0, w ~ N(0, 1), all drawn anew.
 * 2. Each optimiser step; after the dense share of them, w ← T_κ(w) after each step ({@link thresholded}), where κ rises from
 *    0 to κ_max in equal steps ({@link kappaOf}).
 * 3. Task end: W ← W + Σ_{i: w_i ≠ 0} w_i B_{·i} A_{i·}. The number of such ranks goes into the run's events as `ranks`.
 *
 * Where the paper and the released code differ, this follows the code (and so the defaults):
 * - The objective is printed as loss + λ ‖w‖₁; the code has the schedule of κ alone, which λ and learning rate do not scale.
 * - T_κ is printed as the soft threshold; the code's operator also sets κ < |w| < 2κ to 0 and leaves |w| = κ as it is.
 *   `threshold: soft` is the printed one.
 * - w ~ N(0, 1) is in the code only. `initialWeights: ones` shows what it does: at the published settings κ adds up to 0.65
 *   over a task, so about half of the ranks would vanish if nothing were learned.
 * - A task of so few steps that κ has fewer than one step for each of its values is never thresholded. The event `notice` of the
 *   task says so; a smaller `thresholdSteps` is the cure.
 *
 * What is different here: the code adapts both towers of CLIP and trains with the two-way loss of
 * `harness/nn/contrastive-loss.ts`. This is a classifier with a trained head and cross-entropy. Queries, keys and values are one
 * matrix in a timm transformer, so they share one update. The code merges at the start of the next task, which gives the
 * same predictions.
 */
export default defineMethod<Settings>({
  name: 'codyra',
  version: 1,
  title: 'CoDyRA',
  summary: 'Trains a low-rank update for each task, drops the ranks with small weights and merges the rest.',
  paper: {
    title:
      'Take Only What You Need: Rank Minimization as an Implicit Forgetting Regularizer (first posted as Adaptive Rank, Reduced Forgetting)',
    authors: 'Lu, Zhao, Xue, Yao, Moore, Gong',
    year: 2024,
    url: 'https://arxiv.org/abs/2412.01004',
  },
  settings: {
    rank: {
      type: 'integer',
      default: 16,
      minimum: 1,
      description: 'r, the ranks that each task begins with.',
    },
    kappaMax: {
      type: 'number',
      default: 0.005,
      minimum: 0,
      description: 'κ_max, the threshold at the end of a task.',
    },
    thresholdSteps: {
      type: 'integer',
      default: 50,
      minimum: 1,
      description:
        'How many values κ takes from 0 to κ_max. Each lasts ⌊(steps − dense steps) / thresholdSteps⌋ steps of the task; where that is 0, nothing is ever thresholded.',
    },
    denseShare: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Share of a task’s steps before thresholding begins.',
    },
    threshold: {
      type: 'string',
      enum: ['official', 'soft', 'none'],
      default: 'official',
      description:
        'What sets weights to 0: the operator of the released code, the soft threshold of the paper, or nothing.',
    },
    initialWeights: {
      type: 'string',
      enum: ['normal', 'ones'],
      default: 'normal',
      description: 'What w begins with: N(0, 1) as released, or ones.',
    },
    targets: targetsSetting('layers', 'qkv', 'attn.proj', 'fc1', 'fc2'),
  },
  training: {
    optimiser: 'adamw',
    learningRate: 5e-4,
    beta1: 0.9,
    beta2: 0.9999,
    weightDecay: 0,
    schedule: 'cosine',
  },

  search: { kappaMax: [0.001, 0.005, 0.02, 0.05], thresholdSteps: [10, 20, 40] },

  prepare(learner) {
    targetLayers(learner);
    trainOnlyHead(learner);
  },

  beginTask(learner, task) {
    for (const layer of targetLayers(learner)) begin(learner, layer, task.index);
    // As released, each task has an optimiser of its own; its count of steps is then the task's.
    learner.forgetMoments();
  },

  linear(layer, x, base, { parameters }) {
    const down = parameters[`${layer.name}.codyra_A`];
    const up = parameters[`${layer.name}.codyra_B`];
    const weights = parameters[`${layer.name}.codyra_w`];
    return down && up && weights ? adapted(base(), x, { down, up, weights }) : base();
  },

  numbers: (settings, { iteration, iterations }) => ({ kappa: kappaOf(iteration, iterations, settings) }),

  afterStep(updated, { settings, numbers }) {
    const { threshold } = settings;
    if (threshold === 'none') return {};
    const weights = Object.entries(updated).filter(([name]) => name.endsWith('.codyra_w'));
    return Object.fromEntries(
      weights.map(([name, w]) => [name, thresholded(w, numbers.kappa as Tensor, threshold)]),
    );
  },

  endTask(learner, task) {
    const ranks: Record<string, number> = {};
    for (const layer of targetLayers(learner)) ranks[layer.name] = mergeInto(learner, layer);
    learner.log({ kind: 'ranks', task: task.index, what: 'ranks kept and merged', ranks });
    const { settings, step } = learner;
    if (settings.threshold === 'none' || kappaOf(step - 1, step, settings) > 0) return;
    learner.log({
      kind: 'notice',
      task: task.index,
      text:
        `Nothing was thresholded: the ${step} steps of this task, without the dense share of ${settings.denseShare}, are too ` +
        `few for thresholdSteps=${settings.thresholdSteps} of κ from 0 to kappaMax=${settings.kappaMax}. Set thresholdSteps ` +
        'lower (2 at least), or train longer.',
    });
  },
});

/** A low-rank update with a weight for each rank, in a program. */
export interface WeightedUpdate {
  /** A, `[r, in]` */
  readonly down: Tensor;
  /** B, `[out, r]` */
  readonly up: Tensor;
  /** w, `[r]` */
  readonly weights: Tensor;
}

/**
 * `base + B (w ∘ (A x))`.
 * @param base what the layer gives without the update, `[…, out]`
 * @param x `[…, in]`
 */
export function adapted(base: Tensor, x: Tensor, { down, up, weights }: WeightedUpdate): Tensor {
  // The weights go to B, the smallest of the tensors that could take them: B (w ∘ a) = (B diag w) a.
  return add(base, applyWeights(applyWeights(x, down), mul(up, weights)));
}

/**
 * T_κ(w), which sets small weights to exactly 0.
 *
 * `official`: weights above κ are reduced by κ, then all below κ become 0; hence 0 up to 2κ, but for |w| = κ, which stays.
 * `soft`: sign(w) · max(|w| − κ, 0).
 */
export function thresholded(w: Tensor, kappa: Tensor, operator: 'official' | 'soft'): Tensor {
  const reduced = sub(w, mul(sign(w), kappa));
  const isLarge = greater(abs(w), kappa);
  if (operator === 'soft') return where(isLarge, reduced, zerosLike(w));
  const first = where(isLarge, reduced, w);
  return where(less(abs(first), kappa), zerosLike(w), first);
}

/**
 * κ after the optimiser step of an iteration, both counted from 0: 0 up to iteration dense · T, then the values
 * κ_max · j / (num − 1). The index j rises at each iteration from dense · T on that {@link stepsOfEachKappa} divides, before
 * it is used: as coded, the first value, 0, is used only up to the first rise.
 */
export function kappaOf(iteration: number, iterations: number, schedule: ThresholdSchedule): number {
  const { kappaMax, thresholdSteps, denseShare } = schedule;
  const dense = denseShare * iterations;
  const length = stepsOfEachKappa(iterations, schedule);
  if (length === 0 || iteration <= dense || thresholdSteps === 1) return 0;
  const rises = Math.floor(iteration / length) - Math.ceil(dense / length) + 1;
  return (kappaMax * Math.min(rises, thresholdSteps - 1)) / (thresholdSteps - 1);
}

/** How many iterations κ keeps each value: ⌊(T − dense · T) / num⌋. */
export function stepsOfEachKappa(
  iterations: number,
  { thresholdSteps, denseShare }: ThresholdSchedule,
): number {
  return Math.floor((iterations - denseShare * iterations) / thresholdSteps);
}

/**
 * `W + Σ_{i: w_i ≠ 0} w_i B_{·i} A_{i·}` in float64, and how many such ranks there are.
 * @param weight W, `[out, in]`
 * @param down A, `[r, in]`
 * @param up B, `[out, r]`
 * @param weights w, `[r]`
 */
export function merged(
  weight: Matrix,
  down: Matrix,
  up: Matrix,
  weights: ArrayLike<number>,
): { readonly weight: Matrix; readonly kept: number } {
  const survivors = Array.from(weights).flatMap((value, rank) => (value === 0 ? [] : [{ rank, value }]));
  if (survivors.length === 0) return { weight, kept: 0 };
  const ranks = survivors.map(({ rank }) => rank);
  const scaled = up.subMatrixColumn(ranks).mulRowVector(survivors.map(({ value }) => value));
  return { weight: Matrix.add(weight, scaled.mmul(down.subMatrixRow(ranks))), kept: ranks.length };
}

/** A fresh update for a layer. */
function begin(learner: Learner<Settings>, layer: LinearLayer, task: number): void {
  const { rank, initialWeights } = learner.settings;
  const random = learner.random('initialWeights', 'codyra', layer.name, task);
  const fresh: Record<string, HostTensor> = {
    codyra_A: freshKeys(rank, layer, random),
    codyra_B: zeros([layer.outputs, rank]),
    codyra_w: float32(
      Float32Array.from({ length: rank }, () => (initialWeights === 'ones' ? 1 : random.normal())),
      [rank],
    ),
  };
  for (const [name, tensor] of Object.entries(fresh)) {
    learner.setParameter(`${layer.name}.${name}`, tensor);
    learner.trainable.add(`${layer.name}.${name}`);
  }
}

/** Merges a layer's update and takes it out of the model. @returns how many ranks were left of it */
function mergeInto(learner: Learner<Settings>, { name }: LinearLayer): number {
  const matrix = (part: string, shape?: readonly number[]): Matrix => {
    const tensor = learner.parameter(`${name}.${part}`);
    return toMatrix({ ...tensor, shape: shape ?? tensor.shape }, `${name}.${part} of codyra`);
  };
  const weights = matrix('codyra_w', [1, learner.settings.rank]).to1DArray();
  const { weight, kept } = merged(matrix('weight'), matrix('codyra_A'), matrix('codyra_B'), weights);
  learner.setParameter(`${name}.weight`, toTensor(weight));
  for (const part of ['A', 'B', 'w']) learner.removeParameter(`${name}.codyra_${part}`);
  return kept;
}
