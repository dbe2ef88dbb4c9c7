import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { beginUpdate, mergeUpdate, withUpdates } from '../harness/train/low-rank-updates.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
  readonly merge: 'never' | 'after-task';
}

/**
 * Low-rank adaptation (Hu et al. 2022), trained through all tasks. The backbone is frozen; each adapted layer computes
 *
 *     y = W x + b + (α / r) · B A x,   A ∈ R^{r × in},  B ∈ R^{out × r}
 *
 * with A Kaiming-uniform and B = 0 at the start, so that nothing changes at first. The head is trained as it is.
 * With `merge: after-task`, `(α / r) · B A` is added to W after each task and a fresh pair begins.
 */
export default defineMethod<Settings>({
  name: 'lora',
  version: 2,
  title: 'LoRA, sequential',
  summary: 'Freezes the backbone and trains one low-rank update of each layer through all tasks.',
  paper: {
    title: 'LoRA: Low-Rank Adaptation of Large Language Models',
    authors: 'Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang, Chen',
    year: 2022,
    url: 'https://arxiv.org/abs/2106.09685',
  },
  settings: {
    rank: {
      type: 'integer',
      default: 8,
      minimum: 1,
      description: 'r, the rank of each update.',
    },
    alpha: {
      type: 'number',
      default: 16,
      exclusiveMinimum: 0,
      description: 'α; the update is scaled by α / r.',
    },
    targets: targetsSetting('layers', 'qkv'),
    merge: {
      type: 'string',
      enum: ['never', 'after-task'],
      default: 'never',
      description: 'Whether the update is merged into the weights after each task.',
    },
  },

  search: {
    rank: [4, 8, 16, 32],
    targets: [
      ['layers', 'qkv'],
      ['layers', 'qkv', 'attn.proj', 'fc1', 'fc2'],
    ],
  },

  prepare(learner) {
    trainOnlyHead(learner);
    for (const layer of targetLayers(learner)) beginUpdate(learner, layer, learner.settings.rank, 0);
  },

  linear(layer, x, base, { parameters, settings }) {
    return withUpdates(layer, x, base, parameters, settings.alpha / settings.rank);
  },

  endTask(learner, task) {
    const { merge, alpha, rank } = learner.settings;
    if (merge === 'never') return;
    for (const layer of targetLayers(learner)) {
      mergeUpdate(learner, layer, alpha / rank);
      beginUpdate(learner, layer, rank, task.index);
    }
  },
});
