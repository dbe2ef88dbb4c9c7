import { add, mul } from '@tensorflow/tfjs-core';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import type { Tensors } from '../harness/engine/program.ts';
import { zeros } from '../harness/engine/tensor.ts';
import { type Factors, stacked } from '../harness/linalg/low-rank.ts';
import { toMatrix, toTensor } from '../harness/linalg/matrix.ts';
import { type Activation, type Cells, mixture } from '../harness/nn/rank-one-cells.ts';
import { freshKeys, targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings extends Activation {
  readonly rank: number;
  readonly scale: number;
  readonly bankScale: 'kept' | 'dropped';
  readonly budget: number;
  readonly targets: readonly string[];
}

/**
 * MoRA, now MoRAM (Lu et al., arXiv 2506.21035): each task adds rank-1 cells to every adapted matrix. A cell i has a key
 * A_i `[in]` and a value B_i `[out]`. There is no router: a cell takes part where its own key responds. For each token x, over
 * all R cells of all tasks, A `[R, in]` and B `[out, R]`:
 *
 *     z = A x,   s = z / ‖z‖,   S = the k largest of s,   w = softmax of s / τ over S,   w_i = 0 elsewhere
 *     when predicting: w_i ← 0 where s_i < δ, the others as they are
 *     y = W x + b + Σ_i w_i z_i B_i
 *
 * with k = max(topk, 2), R at most. Task start: the cells so far are frozen, r new ones begin with A Kaiming-uniform and
 * B = 0. No new cell changes Σ by itself at first, but its key counts in ‖z‖ and in S at once, so old cells act a little less.
 *
 * The update is not linear in x, so it **cannot be merged into W**: the model grows by r (in + out) scalars for each matrix and
 * task, and stays that large for predictions. `budget` bounds it.
 *
 * Cost: every key is scored for every token, which grows with the tasks. What follows need not: at most
 * min(k, ⌊1/δ²⌋) cells pass the threshold, since Σ s_i² = 1. `inference: sparse` gathers the values of these for each token,
 * instead of a product with all values; both give the same numbers. A gathered row costs more than one of a product: with
 * the defaults, predictions of a ViT (width 128, depth 6) took 4.2 times those of the plain one dense and 5.2 times sparse after
 * 10 tasks, 10.7 and 7.8 after 50, 19.7 and 12.1 after 100 (`test/bench/mora-predictions.ts`, onnx engine). `auto` is sparse
 * from 20 cells for each that can act, which is 20 tasks with the defaults. Training is always dense: in the
 * second task a step took 1.46 times a LoRA step of the same rank and layers (`npm run bench:methods`), and each further task adds
 * the products with its cells.
 *
 * This follows the release for X-TAIL (commit aaa51d8), which is the later version of the paper; none is known for the first.
 * - The language-model code of that release multiplies the values of new cells by α/r = 2 (`scale`) and forgets the factor when
 *   they are frozen, so that they act half as much from then on (`bankScale: dropped`). There τ = 0.03, r = topk = 8, and
 *   cells are frozen and new ones drawn when a task ends, so before it is measured; here, when the next begins.
 * - The abstract speaks of rank pruning under a budget; the release has none. `budget` is our reading: when a task ends,
 *   each matrix keeps the cells of largest ‖A_i‖ ‖B_i‖, which is the norm of their rank-1 matrix. It needs no data.
 * - `activation: all` is our ablation: w_i = 1 for every cell, so a frozen and growing LoRA, as `inc-lora` with α = r.
 * - The release adapts both towers of CLIP and trains with a two-way loss; this is a classifier with a trained head and
 *   cross-entropy. Queries, keys and values are one matrix in a timm transformer, so they share their cells.
 */
export default defineMethod<Settings>({
  name: 'mora',
  version: 1,
  title: 'MoRA',
  summary:
    'Adds rank-1 cells for each task, of which those act on a token whose keys respond most; old cells are frozen.',
  paper: {
    title:
      'Little By Little: Continual Learning via Self-Activated Sparse Mixture-of-Rank Adaptive Learning (now Incremental Mixture of Rank-1 Associative Memory Experts)',
    authors: 'Lu, Zhao, Xue, Yao, Moore, Gong',
    year: 2025,
    url: 'https://arxiv.org/abs/2506.21035',
  },
  settings: {
    rank: {
      type: 'integer',
      default: 16,
      minimum: 1,
      description: 'r, the cells that each task adds to each matrix.',
    },
    topk: {
      type: 'integer',
      default: 16,
      minimum: 1,
      description: 'How many cells act on a token at most; 1 counts as 2, as released.',
    },
    temperature: {
      type: 'number',
      default: 0.01,
      exclusiveMinimum: 0,
      description: 'τ of the softmax over the normalised responses of the cells that act.',
    },
    threshold: {
      type: 'number',
      default: 0.2,
      minimum: 0,
      maximum: 1,
      description:
        'δ; when predicting, cells whose normalised response is smaller do not act. 0 for no threshold.',
    },
    activation: {
      type: 'string',
      enum: ['self', 'all'],
      default: 'self',
      description: 'Which cells act: those that respond most, or, as an ablation, all of them with weight 1.',
    },
    scale: {
      type: 'number',
      default: 1,
      exclusiveMinimum: 0,
      description: 'What the values of the newest cells are multiplied by.',
    },
    bankScale: {
      type: 'string',
      enum: ['kept', 'dropped'],
      default: 'kept',
      description:
        'Whether cells keep that scale when they are frozen; the released language-model code drops it.',
    },
    inference: {
      type: 'string',
      enum: ['auto', 'dense', 'sparse'],
      default: 'auto',
      description:
        'How predictions apply the values: all in one product, or gathered for each token; auto takes the faster.',
    },
    budget: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description: 'Cells that each matrix keeps after a task at most; the weakest go. 0 for no limit.',
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

  search: { temperature: [0.01, 0.05], threshold: [0, 0.2] },

  prepare(learner) {
    targetLayers(learner);
    trainOnlyHead(learner);
  },

  beginTask(learner, task) {
    for (const layer of targetLayers(learner)) begin(learner, layer, task.index);
    // As released, each task has an optimiser of its own.
    learner.forgetMoments();
  },

  linear({ name }, x, base, { parameters, settings, training }) {
    const groups = cellsOf(name, parameters, settings.scale);
    return groups.length === 0 ? base() : add(base(), mixture(x, groups, settings, training));
  },

  endTask(learner, task) {
    const { budget } = learner.settings;
    if (budget === 0) return;
    const ranks: Record<string, number> = {};
    for (const layer of targetLayers(learner)) ranks[layer.name] = prune(learner, layer, budget);
    learner.log({ kind: 'ranks', task: task.index, what: 'cells kept', ranks });
  },
});

/** The cells of a layer in a program: the frozen ones, then those that are trained; none before the first task. */
function cellsOf(layer: string, parameters: Tensors, scale: number): Cells[] {
  const [frozenKeys, frozenValues, keys, values] = cellNames(layer).map((name) => parameters[name]);
  return [
    ...(frozenKeys && frozenValues ? [{ keys: frozenKeys, values: frozenValues }] : []),
    ...(keys && values ? [{ keys, values: mul(values, scale) }] : []),
  ];
}

function cellNames(layer: string): [string, string, string, string] {
  return [`${layer}.mora_bank_A`, `${layer}.mora_bank_B`, `${layer}.mora_A`, `${layer}.mora_B`];
}

/** The cells of largest `‖A_i‖ ‖B_i‖`, in the order in which they were; of equals the first. */
export function strongest({ down, up }: Factors, count: number): Factors {
  const strengths = Array.from(
    { length: down.rows },
    (_, cell) => down.getRowVector(cell).norm() * up.getColumnVector(cell).norm(),
  );
  const kept = strengths
    .map((strength, cell) => ({ strength, cell }))
    .sort((left, right) => right.strength - left.strength)
    .slice(0, count)
    .map(({ cell }) => cell)
    .sort((left, right) => left - right);
  return { down: down.subMatrixRow(kept), up: up.subMatrixColumn(kept) };
}

/** Freezes the cells of a layer and adds new ones. */
function begin(learner: Learner<Settings>, layer: LinearLayer, task: number): void {
  const { rank } = learner.settings;
  const [, , keys, values] = cellNames(layer.name);
  if (learner.parameters[keys]) setBank(learner, layer, allCells(learner, layer));
  learner.setParameter(
    keys,
    freshKeys(rank, layer, learner.random('initialWeights', 'mora', layer.name, task)),
  );
  learner.setParameter(values, zeros([layer.outputs, rank]));
  learner.trainable.add(keys).add(values);
}

/** Leaves a layer the strongest of its cells, all frozen, where it has more than the budget. @returns how many it has then */
function prune(learner: Learner<Settings>, layer: LinearLayer, budget: number): number {
  const cells = allCells(learner, layer);
  if (cells.down.rows <= budget) return cells.down.rows;
  setBank(learner, layer, strongest(cells, budget));
  const [, , keys, values] = cellNames(layer.name);
  learner.removeParameter(keys);
  learner.removeParameter(values);
  return budget;
}

/** The frozen cells of a layer with the trained ones at their end, scaled as they will be when they are frozen. */
function allCells({ settings, parameters }: Learner<Settings>, { name }: LinearLayer): Factors {
  const [bankKeys, bankValues, keys, values] = cellNames(name).map((of) => {
    const tensor = parameters[of];
    return tensor && toMatrix(tensor, `${of} of mora`);
  });
  if (!keys || !values) throw new Error(`The layer ${name} has no cells that are trained.`);
  const bank = bankKeys && bankValues && { down: bankKeys, up: bankValues };
  return stacked(bank, {
    down: keys,
    up: settings.bankScale === 'kept' ? values.mul(settings.scale) : values,
  });
}

function setBank(learner: Learner<Settings>, { name }: LinearLayer, { down, up }: Factors): void {
  const [bankKeys, bankValues] = cellNames(name);
  learner.setParameter(bankKeys, toTensor(down));
  learner.setParameter(bankValues, toTensor(up));
}
