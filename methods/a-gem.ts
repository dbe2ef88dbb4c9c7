import {
  add,
  div,
  less,
  mul,
  type Scalar,
  sub,
  sum,
  type Tensor,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';
import { bufferSettings, openBuffer, storeTask } from '../harness/train/replay-buffer.ts';
import {
  addReplay,
  type DrawSettings,
  drawReplay,
  drawSettings,
  replayRoom,
} from '../harness/train/replay-draws.ts';

/** Added to the squared length of the reference (van de Ven, Tuytelaars & Tolias 2022). */
const smallest = 1e-7;

/**
 * Averaged gradient episodic memory (Chaudhry et al. 2019, "Efficient Lifelong Learning with A-GEM", equation 11). With g the
 * gradient of the current batch and g_ref that of a batch from memory, what the optimiser descends is
 *
 *     g                                            where gᵀ g_ref ≥ 0,
 *     g − (gᵀ g_ref) / (‖g_ref‖² + 10⁻⁷) · g_ref   elsewhere,
 *
 * so that to first order the loss on the memory batch does not rise. The memory's loss itself is not descended.
 *
 * van de Ven, Tuytelaars & Tolias 2022: buffer=per-class-and-task, memory=100, draw=passes, replayFrom=each-past-task where tasks
 * are known. DER (Mammoth): buffer=per-task, memory=⌊size / tasks⌋, draw=independent.
 */
export default defineMethod<DrawSettings>({
  name: 'a-gem',
  version: 1,
  title: 'A-GEM',
  summary: 'Turns each gradient so that it does not raise the loss on a batch from memory.',
  paper: {
    title: 'Efficient Lifelong Learning with A-GEM',
    authors: 'Chaudhry, Ranzato, Rohrbach, Elhoseiny',
    year: 2019,
    url: 'https://arxiv.org/abs/1812.00420',
  },
  settings: {
    ...bufferSettings(100, [
      'per-class',
      'per-class-and-task',
      'per-task',
      'shared-by-classes',
      'shared-by-tasks',
    ]),
    ...drawSettings,
  },

  prepare: openBuffer,
  addedRows: 'apart',
  extraRows: replayRoom,
  composeBatch: (rows, context) => addReplay(rows, context, drawReplay(context), 'equal'),

  gradients(gradients, { added }, gradientsOf) {
    if (!added) return gradients;
    const reference = gradientsOf(({ forward }) => classificationLoss(forward(added), added));
    return projected(gradients, reference);
  },

  endTask: (learner, task) => storeTask(learner, task),
});

/** Gradients whose product with the reference is not negative; both by parameter name. */
export function projected(
  gradients: Readonly<Record<string, Tensor>>,
  reference: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const names = Object.keys(gradients);
  const productOf = (left: typeof gradients, right: typeof gradients): Scalar =>
    names
      .map((name) => sum(mul(left[name] as Tensor, right[name] as Tensor)) as Scalar)
      .reduce((total, part) => add(total, part) as Scalar);
  const product = productOf(gradients, reference);
  const share = div(product, add(productOf(reference, reference), smallest));
  const factor = where(less(product, 0), share, zerosLike(share));
  return Object.fromEntries(
    names.map((name) => [name, sub(gradients[name] as Tensor, mul(factor, reference[name] as Tensor))]),
  );
}
