import { matMul, mul, reshape, softmax, split, type Tensor, transpose } from '@tensorflow/tfjs-core';
import { affine, gelu, layerNormalization } from '../engine/layer-kernels.ts';

export { gelu };

/**
 * `x Wᵀ + b`, weights laid out as PyTorch and Hugging Face store them.
 * @param x `[…, in]`
 * @param weight `[out, in]`
 * @param bias `[out]`
 * @returns `[…, out]`
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  const rows = reshape(x, [-1, inputs]) as Tensor;
  const product = bias ? affine(rows, weight, bias) : matMul(rows, weight, false, true);
  return x.rank === 2 ? product : reshape(product, [...x.shape.slice(0, -1), outputs]);
}

/** Layer normalisation over the last axis; see {@link layerNormalization}. */
export function layerNorm(x: Tensor, scale: Tensor, shift: Tensor, epsilon = 1e-6): Tensor {
  return layerNormalization(x, scale, shift, epsilon);
}

/**
 * Scaled dot-product attention of every token with every token.
 * @param qkv `[batch, tokens, 3·width]`: queries, keys and values side by side, each split into heads
 * @returns `[batch, tokens, width]`
 */
export function attention(qkv: Tensor, heads: number): Tensor {
  const [batch, tokens, tripleWidth] = qkv.shape as [number, number, number];
  const width = tripleWidth / 3;
  const headWidth = width / heads;
  // Split first: one transpose of all three at once takes half as long again.
  const [queries, keys, values] = split(qkv, 3, -1).map((part) =>
    transpose(reshape(part, [batch, tokens, heads, headWidth]), [0, 2, 1, 3]),
  ) as [Tensor, Tensor, Tensor];
  const scaled = mul(queries, 1 / Math.sqrt(headWidth));
  const weights = softmax(matMul(scaled, keys, false, true));
  return reshape(transpose(matMul(weights, values), [0, 2, 1, 3]), [batch, tokens, width]);
}
