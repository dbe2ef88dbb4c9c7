import { add, cast, equal, matMul, mul, reshape, sub, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { float32 } from '../harness/engine/tensor.ts';
import { linear } from '../harness/nn/layers.ts';
import { targetLayers, targetsSetting } from '../harness/train/adapted-layers.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly share: number;
  readonly gated: 'weighted-input' | 'unit';
  readonly targets: readonly string[];
}

/**
 * Context-dependent gating (Masse, Grant & Freedman 2018): for each task a random share of the units of each hidden layer
 * is silent, so that tasks use largely different parts of the network.
 *
 *     y = m_t ⊙ (W x) + b     `gated=weighted-input`: van de Ven et al.; a silent unit still gives its bias
 *     y = m_t ⊙ (W x + b)     `gated=unit`: the paper; a silent unit gives 0
 *
 * m_t is 0 for round(share · units) units, drawn without replacement for each layer and task from the seed of the initial
 * weights, else 1. The gates are kept, `[tasks, units]` a layer. A task that was not trained on yet has no silent units.
 * In a transformer the gate of an example holds for all of its tokens.
 */
export default defineMethod<Settings>({
  name: 'xdg',
  version: 1,
  title: 'Context-dependent gating',
  summary: 'Silences a random share of the hidden units, another one for each task.',
  paper: {
    title: 'Alleviating catastrophic forgetting using context-dependent gating and synaptic stabilization',
    authors: 'Masse, Grant, Freedman',
    year: 2018,
    url: 'https://arxiv.org/abs/1802.01569',
  },
  kinds: ['task-incremental'],
  needs: { taskIdentityAtTest: true },
  settings: {
    share: {
      type: 'number',
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: 'Share of the units of a layer that are silent in a task.',
    },
    gated: {
      type: 'string',
      enum: ['weighted-input', 'unit'],
      default: 'weighted-input',
      description: 'Whether a silent unit still gives its bias, or nothing.',
    },
    targets: targetsSetting('layers', 'fc1'),
  },

  search: { share: [0.2, 0.4, 0.6, 0.8, 0.9] },

  beginTask(learner, task) {
    for (const { name, outputs } of targetLayers(learner)) {
      const random = learner.random('initialWeights', 'gates', name, task.index);
      const silent = new Float32Array(outputs);
      for (const unit of random.sample(outputs, Math.round(learner.settings.share * outputs)))
        silent[unit] = 1;
      const past = learner.kept[`silent.${name}`]?.data ?? [];
      learner.kept[`silent.${name}`] = float32(Float32Array.of(...past, ...silent), [task.index, outputs]);
    }
  },

  linear(layer, x, base, { kept, parameters, settings, tasks }) {
    const silent = kept[`silent.${layer.name}`];
    if (!silent || !tasks) return base();
    const gates = gatesOf(tasks, silent);
    if (settings.gated === 'unit') return gate(base(), gates);
    const weighted = gate(linear(x, parameters[`${layer.name}.weight`] as Tensor), gates);
    const bias = parameters[`${layer.name}.bias`];
    return bias ? add(weighted, bias) : weighted;
  },
});

/** 1 or 0 for each row and unit, `[rows, units]`. @param silent `[tasks, units]` */
function gatesOf(tasks: Tensor, silent: Tensor): Tensor {
  const known = silent.shape[0] as number;
  const indices = tensor2d([Array.from({ length: known }, (_, index) => index + 1)], [1, known], 'int32');
  // A task beyond the rows of `silent` has a row of zeros, and so no silent unit.
  const chosen = cast(equal(reshape(tasks, [-1, 1]), indices), 'float32');
  return sub(1, matMul(chosen, silent));
}

/** @param y `[rows, units]`, or several rows for each row of the gates */
function gate(y: Tensor, gates: Tensor): Tensor {
  const [rows, units] = gates.shape as [number, number];
  const gated = mul(reshape(y, [rows, -1, units]), reshape(gates, [rows, 1, units]));
  return reshape(gated, y.shape);
}
