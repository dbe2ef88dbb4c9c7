import { float32, type HostTensors } from '../engine/tensor.ts';
import { maskLogits } from '../nn/losses.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { type GradientSum, type Grouping, sumGradients } from './gradient-sums.ts';
import type { Learner } from './learner.ts';
import { type FisherLabels, likelihoodsOf } from './likelihoods.ts';

export type { FisherLabels };

/** How papers' code differs in estimating the same diagonal. */
export interface FisherEstimate extends Grouping {
  /** What the sum over N gradients is divided by. One gradient alone is never divided by 0. */
  readonly divisor: 'count' | 'count-minus-one';
}

const definition: FisherEstimate = { together: 1, perExample: false, divisor: 'count' };

/**
 * Diagonal of the Fisher information of the trained parameters on examples of a task,
 * `F_i = mean over x of Σ_y q(y|x) (∂ log p(y|x) / ∂θ_i)²`, with q as {@link FisherLabels} says and p over the candidates.
 *
 * @param rows which training examples of the task
 */
export async function diagonalFisher<Settings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  rows: ArrayLike<number>,
  labels: FisherLabels,
  { divisor, ...grouping }: FisherEstimate = definition,
): Promise<HostTensors> {
  const { sums, gradients } = await sumGradients(learner, task, rows, squaredScores(labels), grouping);
  const count = divisor === 'count' ? gradients : Math.max(1, gradients - 1);
  return Object.fromEntries(
    Object.entries(sums).map(([name, { data, shape }]) => [
      name,
      float32(
        Float32Array.from(data, (total) => total / count),
        shape,
      ),
    ]),
  );
}

function squaredScores(labels: FisherLabels): GradientSum {
  return {
    name: `fisher ${labels}`,
    size: 'square',
    terms: (rawLogits, { candidates, labels: truth }) =>
      likelihoodsOf(labels, maskLogits(rawLogits, candidates), truth).map(({ likelihood, weight }) => ({
        value: (given) => likelihood(maskLogits(given, candidates)),
        weight,
      })),
  };
}
