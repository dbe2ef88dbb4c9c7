import { add, mul } from '@tensorflow/tfjs-core';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import { float32, zeros } from '../harness/engine/tensor.ts';
import { multiply } from '../harness/linalg/matrix.ts';
import { linear as applyWeights } from '../harness/nn/layers.ts';
import { freshKeys, targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import type { Learner } from '../harness/train/learner.ts';
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
  version: 1,
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
    for (const layer of targetLayers(learner)) {
      learner.trainable.add(`${layer.name}.lora_A`).add(`${layer.name}.lora_B`);
      begin(learner, layer, 0);
    }
  },

  linear(layer, x, base, { parameters, settings }) {
    const down = parameters[`${layer.name}.lora_A`];
    const up = parameters[`${layer.name}.lora_B`];
    if (!down || !up) return base();
    // The factor goes to B, the smallest of the tensors that could take it.
    return add(base(), applyWeights(applyWeights(x, down), mul(up, settings.alpha / settings.rank)));
  },

  endTask(learner, task) {
    if (learner.settings.merge === 'never') return;
    for (const layer of targetLayers(learner)) {
      learner.setParameter(`${layer.name}.weight`, merged(learner, layer));
      begin(learner, layer, task.index);
    }
  },
});

/** A fresh pair for a layer. */
function begin(learner: Learner<Settings>, layer: LinearLayer, tasksDone: number): void {
  const { rank } = learner.settings;
  const random = learner.random('initialWeights', 'lora', layer.name, tasksDone);
  learner.setParameter(`${layer.name}.lora_A`, freshKeys(rank, layer, random));
  learner.setParameter(`${layer.name}.lora_B`, zeros([layer.outputs, rank]));
}

/** `W + (α / r) · B A`, `[out, in]`. */
function merged(learner: Learner<Settings>, layer: LinearLayer): ReturnType<typeof float32> {
  const { alpha, rank } = learner.settings;
  const change = multiply(
    learner.parameter(`${layer.name}.lora_B`),
    learner.parameter(`${layer.name}.lora_A`),
  );
  const weight = learner.parameter(`${layer.name}.weight`);
  return float32(
    Float32Array.from(weight.data, (value, index) => value + (alpha / rank) * (change.data[index] as number)),
    weight.shape,
  );
}
