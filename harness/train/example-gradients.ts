import { add, grads, matMul, mul, reshape, sum, type Tensor, zeros } from '@tensorflow/tfjs-core';
import { crossEntropyPerExample } from '../nn/losses.ts';
import type { Batch, Scope } from './method.ts';

/**
 * *Program.* Inner products `gᵢ · gⱼ` of the gradients of single examples, without the gradients where
 * that can be had: g of an example's cross-entropy by the weights and biases of all linear layers. Where
 * a layer sees one row an example, its part of g is `δ ⊗ a` (δ the gradient at its output, a its input),
 * and products of such are `(δᵢ · δⱼ)(aᵢ · aⱼ)`.
 * @returns `[rows, rows]`
 */
export function gradientProducts<Settings>(
  batch: Batch,
  { forward }: Pick<Scope<Settings>, 'forward'>,
): Tensor {
  const rows = batch.labels.shape[0] as number;
  const read: Tensor[] = [];
  const given: Tensor[] = [];
  // A pass of its own: what is computed while differentiating does not outlive it.
  forward(batch, undefined, (_layer, x, y) => {
    read.push(x);
    given.push(y);
    return undefined;
  });
  const lossWith = (...added: Tensor[]): Tensor => {
    const left = [...added];
    const { logits } = forward(batch, undefined, (_layer, _x, y) => add(y, left.shift() as Tensor));
    return sum(crossEntropyPerExample(logits, batch.labels));
  };
  const deltas = grads(lossWith)(given.map(({ shape }) => zeros(shape)));
  return read
    .map((x, layer) => productsOfLayer(x, deltas[layer] as Tensor, rows))
    .reduce((total, part) => add(total, part));
}

/** @param x what the layer reads, `[rows or more, in]` or `[rows, tokens, in]` @param delta at what it gives */
function productsOfLayer(x: Tensor, delta: Tensor, rows: number): Tensor {
  const inputs = reshape(x, [rows, -1, x.shape.at(-1) as number]);
  const deltas = reshape(delta, [rows, -1, delta.shape.at(-1) as number]);
  if (inputs.shape[1] === 1) {
    const [a, d] = [reshape(inputs, [rows, -1]), reshape(deltas, [rows, -1])];
    return mul(withItself(d), add(withItself(a), 1));
  }
  const weight = reshape(matMul(deltas, inputs, true, false), [rows, -1]);
  return add(withItself(weight), withItself(sum(deltas, 1)));
}

function withItself(vectors: Tensor): Tensor {
  return matMul(vectors, vectors, false, true);
}
