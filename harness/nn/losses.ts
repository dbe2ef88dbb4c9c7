import {
  add,
  cast,
  div,
  logSoftmax,
  mul,
  neg,
  oneHot,
  type Scalar,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';

/** What is added to the logit of an output that is not a candidate: its probability becomes exactly 0 in float32. */
const excluded = -1e9;

/**
 * Logits with every output that is not a candidate pushed out of the soft-max.
 * @param logits `[batch, outputs]`
 * @param candidates 1 where the output is a candidate, else 0; `[batch, outputs]`
 */
export function maskLogits(logits: Tensor, candidates: Tensor): Tensor {
  return add(mul(logits, candidates), mul(sub(1, candidates), excluded));
}

/**
 * `−log softmax(logits)[label]` for each row.
 * @param logits `[batch, outputs]`
 * @param labels int32 `[batch]`
 * @returns `[batch]`
 */
export function crossEntropyPerExample(logits: Tensor, labels: Tensor): Tensor {
  const outputs = logits.shape[1] as number;
  const target = cast(oneHot(labels as Tensor1D, outputs), 'float32');
  return neg(sum(mul(target, logSoftmax(logits, -1)), -1));
}

/** `Σ weight·value / Σ weight` over the batch: rows of weight 0 do not count. */
export function weightedMean(values: Tensor, weights: Tensor): Scalar {
  return div(sum(mul(values, weights)), sum(weights)) as Scalar;
}
