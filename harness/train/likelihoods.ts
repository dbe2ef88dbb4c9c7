import {
  argMax,
  cast,
  fill,
  logSoftmax,
  mul,
  oneHot,
  softmax,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';

/**
 * Which labels the log-likelihood is taken of: all, weighted by the model's own probabilities (the
 * Fisher information itself); the one the model predicts; the true one (the "empirical Fisher");
 * or the true one, weighted by its probability.
 */
export type FisherLabels = 'exact' | 'predicted' | 'true' | 'true-weighted';

/** One label's part of the expectation: its log-likelihood given logits, and q of it, both `[rows]`. */
export interface Likelihood {
  readonly likelihood: (logits: Tensor) => Tensor;
  readonly weight: Tensor;
}

/**
 * The labels that a batch's log-likelihood is taken of.
 * @param logits of the model as it is, `[rows, outputs]`
 * @param truth the true labels, int32 `[rows]`
 */
export function likelihoodsOf(labels: FisherLabels, logits: Tensor, truth: Tensor): Likelihood[] {
  const [rows, outputs] = logits.shape as [number, number];
  const picked =
    (target: Tensor): Likelihood['likelihood'] =>
    (given) =>
      sum(mul(logSoftmax(given, -1), target), -1);
  if (labels === 'exact') {
    const probabilities = softmax(logits);
    return Array.from({ length: outputs }, (_, output) => {
      const target = oneHotRows(fill([rows], output, 'int32'), outputs);
      return {
        likelihood: picked(target),
        weight: sum(mul(probabilities, target), -1),
      };
    });
  }
  const target = oneHotRows(labels === 'predicted' ? argMax(logits, -1) : truth, outputs);
  const weight = labels === 'true-weighted' ? sum(mul(softmax(logits), target), -1) : sum(target, -1);
  return [{ likelihood: picked(target), weight }];
}

function oneHotRows(labels: Tensor, outputs: number): Tensor {
  return cast(oneHot(labels as Tensor1D, outputs), 'float32');
}
