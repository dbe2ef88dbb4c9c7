import {
  abs,
  addN,
  matMul,
  maximum,
  mul,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { Tensors } from '../harness/engine/program.ts';
import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { beginUpdate, freezeUpdate, withUpdates } from '../harness/train/low-rank-updates.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';

interface Settings {
  readonly rank: number;
  readonly alpha: number;
  readonly lambda1: number;
  readonly lambda2: number;
  readonly targets: readonly string[];
}

/**
 * O-LoRA (Wang et al. 2023): a new low-rank update for each task on top of the frozen ones, as `inc-lora`, whose input
 * directions are pushed to be orthogonal to those of all past updates. In task t, over the adapted layers,
 *
 *     loss = cross-entropy + λ₁ Σ_layers Σ_{i<t} Σ |A_i A_tᵀ| + λ₂ Σ_layers (‖A_t‖ + ‖B_t‖)
 *     y = W x + b + (α / r) · Σ_{i≤t} B_i A_i x,   A_i ∈ R^{r × in},  B_i ∈ R^{out × r}
 *
 * with A_t Kaiming-uniform and B_t = 0 at the start. The norms are Frobenius norms and not squared. The penalty is a sum, not a
 * mean, so it grows with tasks, layers and rank, and pulls at the length of A_t as well as at its direction.
 *
 * This follows the released code (commit 2a2e620; `src/uie_trainer_lora.py`). Where it differs from the paper or from here:
 * - The paper prints the sum of the squares of A_iᵀ A_t's entries; the code has absolute values, and A in rows.
 * - The released scripts have λ₁ = 0.5, with 5 in later tasks of the longest run, and λ₂ from 0 to 0.3 by task; here they do not change.
 * - The code drops 0.1 of what an update reads in training; here nothing is dropped.
 * - It adapts queries and values of language models and has no head; a timm transformer has q, k and v in one matrix, and the
 *   classifier is trained through all tasks.
 */
export default defineMethod<Settings>({
  name: 'o-lora',
  version: 1,
  title: 'O-LoRA',
  summary:
    'Trains a new low-rank update for each task, with a penalty that keeps it orthogonal to the old ones.',
  paper: {
    title: 'Orthogonal Subspace Learning for Language Model Continual Learning',
    authors: 'Wang, Chen, Ge, Xia, Bao, Zheng, Zhang, Gui, Huang',
    year: 2023,
    url: 'https://arxiv.org/abs/2310.14152',
  },
  settings: {
    rank: { type: 'integer', default: 8, minimum: 1, description: 'r, the rank of each update.' },
    alpha: {
      type: 'number',
      default: 32,
      exclusiveMinimum: 0,
      description: 'α; updates are scaled by α / r.',
    },
    lambda1: {
      type: 'number',
      default: 0.5,
      minimum: 0,
      description: 'λ₁, the weight of the penalty on inner products with past input directions.',
    },
    lambda2: {
      type: 'number',
      default: 0,
      minimum: 0,
      description: 'λ₂, the weight of the norms of the new update.',
    },
    targets: targetsSetting('layers', 'qkv'),
  },
  training: { optimiser: 'adamw', learningRate: 1e-3, weightDecay: 0, schedule: 'constant' },

  prepare(learner) {
    targetLayers(learner);
    trainOnlyHead(learner);
  },

  beginTask(learner, task) {
    const { rank } = learner.settings;
    for (const layer of targetLayers(learner)) beginUpdate(learner, layer, rank, task.index - 1);
    // As released, each task is a training of its own.
    learner.forgetMoments();
  },

  linear(layer, x, base, { parameters, settings }) {
    return withUpdates(layer, x, base, parameters, settings.alpha / settings.rank);
  },

  loss(outputs, batch, { parameters, settings: { lambda1, lambda2 } }) {
    const terms = [
      classificationLoss(outputs, batch),
      ...(lambda1 > 0 ? overlaps(parameters).map((overlap) => mul(overlap, lambda1)) : []),
      ...(lambda2 > 0 ? lengths(parameters).map((length) => mul(length, lambda2)) : []),
    ];
    return addN(terms) as Scalar;
  },

  endTask(learner) {
    for (const layer of targetLayers(learner)) freezeUpdate(learner, layer);
  },
});

/** `Σ |A_i A_tᵀ|` of each layer that has past updates. */
export function overlaps(parameters: Tensors): Tensor[] {
  return Object.entries(parameters).flatMap(([name, past]) => {
    const current = parameters[name.replace(/\.lora_bank_A$/, '.lora_A')];
    return name.endsWith('.lora_bank_A') && current ? [sum(abs(matMul(past, current, false, true)))] : [];
  });
}

/** `‖A_t‖` and `‖B_t‖` of each layer. The gradient of a norm at 0, where B begins, is 0, as in PyTorch. */
export function lengths(parameters: Tensors): Tensor[] {
  return Object.entries(parameters).flatMap(([name, factor]) =>
    /\.lora_[AB]$/.test(name) ? [sqrt(maximum(sum(square(factor)), smallestSquare))] : [],
  );
}

const smallestSquare = 1e-30;
