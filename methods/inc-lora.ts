import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { beginUpdate, freezeUpdate, mergeUpdate, withUpdates } from '../harness/train/low-rank-updates.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly string[];
  readonly keep: 'frozen' | 'merged';
}

/**
 * IncLoRA: a new low-rank update (Hu et al. 2022) for each task, on top of those before, which are frozen. In task t an
 * adapted layer computes
 *
 *     y = (W + (α / r) · Σ_{i<t} B_i A_i) x + b + (α / r) · B_t A_t x,   A_i ∈ R^{r × in},  B_i ∈ R^{out × r}
 *
 * with A_t Kaiming-uniform and B_t = 0 at the start of the task; the head is trained through all tasks. It is the baseline of
 * that name of O-LoRA (Wang et al. 2023), without the penalty. `lora` trains one update through all tasks instead.
 *
 * `keep: frozen` carries all updates by their factors, r (in + out) scalars for each layer and task; `keep: merged` adds an update
 * to W when its task ends, which carries nothing and gives the same predictions but for rounding.
 */
export default defineMethod<Settings>({
  name: 'inc-lora',
  version: 2,
  title: 'IncLoRA',
  summary:
    'Freezes the backbone and trains a new low-rank update of each layer for each task, on top of the old ones.',
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
      default: 16,
      exclusiveMinimum: 0,
      description: 'α; updates are scaled by α / r.',
    },
    targets: targetsSetting('layers', 'qkv'),
    keep: {
      type: 'string',
      enum: ['frozen', 'merged'],
      default: 'frozen',
      description: 'How past updates are carried: by their factors, or added to the weights.',
    },
  },

  prepare(learner) {
    targetLayers(learner);
    trainOnlyHead(learner);
  },

  beginTask(learner, task) {
    const { rank } = learner.settings;
    for (const layer of targetLayers(learner)) beginUpdate(learner, layer, rank, task.index - 1);
    // Each task is a training of its own in the authors' scripts.
    learner.forgetMoments();
  },

  linear(layer, x, base, { parameters, settings }) {
    return withUpdates(layer, x, base, parameters, settings.alpha / settings.rank);
  },

  endTask(learner) {
    const { keep, alpha, rank } = learner.settings;
    for (const layer of targetLayers(learner)) {
      if (keep === 'merged') mergeUpdate(learner, layer, alpha / rank);
      else freezeUpdate(learner, layer);
    }
  },
});
