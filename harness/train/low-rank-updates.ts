import { add, matMul, mul, type Tensor } from '@tensorflow/tfjs-core';
import type { Matrix } from 'ml-matrix';
import type { LinearLayer } from '../backbones/backbone.ts';
import type { Tensors } from '../engine/program.ts';
import { type HostTensor, zeros } from '../engine/tensor.ts';
import { type Factors, stacked } from '../linalg/low-rank.ts';
import { toMatrix, toTensor } from '../linalg/matrix.ts';
import { linear as applyWeights } from '../nn/layers.ts';
import { freshKeys } from './adapted-layers.ts';
import type { Learner } from './learner.ts';

/**
 * Low-rank updates B A of linear layers (Hu et al. 2022), in the model under names of their own: `<layer>.lora_A`
 * `[r, in]` and `<layer>.lora_B` `[out, r]` of the update that is trained, `<layer>.lora_bank_A` `[R, in]` and
 * `<layer>.lora_bank_B` `[out, R]` of those that are kept frozen.
 */

/**
 * A fresh update of a layer, which changes nothing yet: A Kaiming-uniform, B = 0.
 * @param tasksDone tells the draws of different tasks apart
 */
export function beginUpdate<Settings>(
  learner: Learner<Settings>,
  layer: LinearLayer,
  rank: number,
  tasksDone: number,
): void {
  const random = learner.random('initialWeights', 'lora', layer.name, tasksDone);
  learner.setParameter(`${layer.name}.lora_A`, freshKeys(rank, layer, random));
  learner.setParameter(`${layer.name}.lora_B`, zeros([layer.outputs, rank]));
  learner.trainable.add(`${layer.name}.lora_A`).add(`${layer.name}.lora_B`);
}

/**
 * *Program.* `(W + s · B̄ Ā) x + b + s · B A x` with the trained update B A and the frozen ones
 * B̄ Ā, where there are any. All of W + s · B̄ Ā is constant, so the onnx engine computes it
 * once: frozen updates cost nothing at each step.
 * @param x `[…, in]`
 * @param base gives `W x + b`
 */
export function withUpdates(
  { name }: LinearLayer,
  x: Tensor,
  base: () => Tensor,
  parameters: Tensors,
  scale: number,
): Tensor {
  const [down, up, frozenDown, frozenUp] = ['A', 'B', 'bank_A', 'bank_B'].map(
    (part) => parameters[`${name}.lora_${part}`],
  );
  const before = (): Tensor => {
    if (!frozenDown || !frozenUp) return base();
    const weight = add(parameters[`${name}.weight`] as Tensor, mul(matMul(frozenUp, frozenDown), scale));
    return applyWeights(x, weight, parameters[`${name}.bias`]);
  };
  if (!down || !up) return before();
  // The factor goes to B, the smallest of the tensors that could take it.
  return add(before(), applyWeights(applyWeights(x, down), mul(up, scale)));
}

/** Moves the trained update of a layer to the frozen ones, so that it has none that is trained. */
export function freezeUpdate<Settings>(learner: Learner<Settings>, { name }: LinearLayer): void {
  const bank = learner.parameters[`${name}.lora_bank_A`] && factorsOf(learner, name, 'lora_bank');
  const { down, up } = stacked(bank, factorsOf(learner, name, 'lora'));
  learner.setParameter(`${name}.lora_bank_A`, toTensor(down));
  learner.setParameter(`${name}.lora_bank_B`, toTensor(up));
  removeUpdate(learner, name);
}

/** Adds `s · B A` of the trained update to the weight of a layer, so that it has none that is trained. */
export function mergeUpdate<Settings>(
  learner: Learner<Settings>,
  { name }: LinearLayer,
  scale: number,
): void {
  const { down, up } = factorsOf(learner, name, 'lora');
  const weight = toMatrix(learner.parameter(`${name}.weight`), `${name}.weight`);
  learner.setParameter(`${name}.weight`, toTensor(weight.add(up.mmul(down).mul(scale))));
  removeUpdate(learner, name);
}

function removeUpdate<Settings>(learner: Learner<Settings>, layer: string): void {
  learner.removeParameter(`${layer}.lora_A`);
  learner.removeParameter(`${layer}.lora_B`);
}

function factorsOf<Settings>({ parameters }: Learner<Settings>, layer: string, part: string): Factors {
  const [down, up] = ['A', 'B'].map((factor) => {
    const name = `${layer}.${part}_${factor}`;
    return toMatrix(parameters[name] as HostTensor, name);
  }) as [Matrix, Matrix];
  return { down, up };
}
