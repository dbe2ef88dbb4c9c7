import { add, concat, matMul, mul, reshape, type Tensor, zeros as zeroTensor } from '@tensorflow/tfjs-core';
import { Matrix } from 'ml-matrix';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import { zeros } from '../harness/engine/tensor.ts';
import { UserError } from '../harness/errors.ts';
import {
  directionsTaken,
  extendMemory,
  freePart,
  type GradientMemory,
} from '../harness/linalg/gradient-memory.ts';
import { toMatrix, toTensor } from '../harness/linalg/matrix.ts';
import { leftSvd } from '../harness/linalg/svd.ts';
import { linear as applyWeights } from '../harness/nn/layers.ts';
import type { TrainingTask } from '../harness/stream/stream.ts';
import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { observeLayers } from '../harness/train/layer-observations.ts';
import type { Learner } from '../harness/train/learner.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly rank: number;
  readonly firstShare: number;
  readonly lastShare: number;
  readonly tasks: number;
  readonly examples: number;
  readonly queries: boolean;
  readonly targets: readonly string[];
}

/**
 * InfLoRA (Liang and Li, CVPR 2024): a low-rank update for each task that reads only directions in which past tasks had next to
 * no input, so that it hardly changes what the layer gives for them. In task t an adapted layer computes
 *
 *     y = W x + b + B A x,   A ∈ R^{r × in} fixed,  B ∈ R^{out × r} trained from 0
 *
 * 1. Task start: C = Σ x xᵀ over what the layer reads for the task's training examples, a row for each token. With the columns of M
 *    a basis of past inputs: C ← C − M Mᵀ C, and A = U_rᵀ / √3, U_r the r leading left singular vectors. So A M = 0.
 * 2. Training: B and the head.
 * 3. Task end: W ← W + B A. C is measured again, and the leading directions of C − M Mᵀ C join M until the share
 *    ε = λ + (λ' − λ) (t − 1) / T of ‖C‖² is in M (DualGPM). Of M and its complement the smaller one is kept.
 *
 * Since (W + B A) M = W M, what past inputs meet is what it was, up to the share 1 − ε that M leaves out. C has squared
 * inputs and its singular values are squared once more, as in the code: ε is close to 1 with few directions.
 *
 * This follows the released code (commit e08b00e, with its names: the paper calls A B and B A). What is different:
 * - Keys and values alone are adapted, as there. In a timm transformer they are two thirds of one matrix, so they share A, which
 *   the code computes for both alike, and the rows of the queries in B stay 0 (`queries: true` adapts them, too).
 * - Where fewer than r free directions have input, or none is left, the rows of A without one are 0, and train nothing. The code
 *   takes whatever vectors the decomposition gives, which can lie in M.
 * - If the first task takes more than half of the directions, the code keeps these as if they were the complement, and then
 *   stops at an assertion of its own. Here the complement is kept.
 * - Adapted weights are merged after each task; the code keeps their sum. The code has a head for each task, trained alone; here
 *   the scenario says which outputs take part.
 */
export default defineMethod<Settings>({
  name: 'inf-lora',
  version: 2,
  title: 'InfLoRA',
  summary:
    'Trains a low-rank update for each task that reads only directions in which past tasks had no input.',
  paper: {
    title: 'InfLoRA: Interference-Free Low-Rank Adaptation for Continual Learning',
    authors: 'Liang, Li',
    year: 2024,
    url: 'https://arxiv.org/abs/2404.00228',
  },
  settings: {
    rank: { type: 'integer', default: 10, minimum: 1, description: 'r, the rank of each update.' },
    firstShare: {
      type: 'number',
      default: 0.98,
      minimum: 0,
      maximum: 1,
      description: 'λ, the share ε of the inputs’ energy that the memory holds after the first task.',
    },
    lastShare: {
      type: 'number',
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'λ′, the share that it rises to, in equal steps over T tasks.',
    },
    tasks: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description: 'T, over how many tasks the share rises; 0 for those of the scenario.',
    },
    examples: {
      type: 'integer',
      default: 0,
      minimum: 0,
      description: 'Training examples that C is measured on, drawn for each task; 0 for all.',
    },
    queries: {
      type: 'boolean',
      default: false,
      description: 'Whether the queries of attention are adapted, too, not keys and values alone.',
    },
    targets: targetsSetting('layers', 'qkv'),
  },
  training: { optimiser: 'adam', learningRate: 5e-4, weightDecay: 0, schedule: 'cosine' },

  prepare(learner) {
    const { settings, protocol } = learner;
    if (settings.tasks > 0 && settings.tasks < protocol.tasks) {
      throw new UserError(
        `The share of inf-lora is at its end after ${settings.tasks} tasks (tasks=${settings.tasks}), but the scenario has ` +
          `${protocol.tasks}. Leave the setting out, or set it to ${protocol.tasks} or more.`,
      );
    }
    targetLayers(learner);
    trainOnlyHead(learner);
  },

  async beginTask(learner, task) {
    const covariances = await measureInputs(learner, task);
    for (const layer of targetLayers(learner)) begin(learner, layer, covariances[layer.name] as Matrix);
    // As released, each task has an optimiser of its own.
    learner.forgetMoments();
  },

  linear(layer, x, base, { parameters, settings }) {
    const down = parameters[`${layer.name}.inflora_A`];
    const up = parameters[`${layer.name}.inflora_B`];
    if (!down || !up) return base();
    return add(base(), applyWeights(applyWeights(x, down), inAllRows(up, layer, settings)));
  },

  async endTask(learner, task) {
    const layers = targetLayers(learner);
    for (const layer of layers) merge(learner, layer);
    const covariances = await measureInputs(learner, task);
    const { settings, protocol } = learner;
    const share = shareAfter(task.index, { ...settings, tasks: settings.tasks || protocol.scenarioTasks });
    const ranks: Record<string, number> = {};
    for (const layer of layers) {
      const what = `the inputs of ${layer.name} in task ${task.index}, for inf-lora`;
      const memory = extendMemory(memoryOf(learner, layer), covariances[layer.name] as Matrix, share, what);
      setMemory(learner, layer, memory);
      ranks[layer.name] = directionsTaken(memory);
    }
    learner.log({ kind: 'ranks', task: task.index, what: 'input directions taken', ranks });
  },
});

/** ε after a task, from 1. */
export function shareAfter(
  task: number,
  { firstShare, lastShare, tasks }: Pick<Settings, 'firstShare' | 'lastShare' | 'tasks'>,
): number {
  return firstShare + ((lastShare - firstShare) * Math.min(task - 1, tasks)) / tasks;
}

/**
 * A of a task: the leading left singular vectors of what its inputs have in free directions, as rows of length 1/√3.
 * Rows without an input direction that is free are 0.
 * @param covariance C, `[in, in]`
 * @returns `[r, in]`
 */
export function designed(
  memory: GradientMemory | undefined,
  covariance: Matrix,
  rank: number,
  what: string,
): Matrix {
  const { U, s } = leftSvd(freePart(memory, covariance), what);
  const smallest = negligible * covariance.norm('frobenius');
  const A = Matrix.zeros(rank, covariance.rows);
  s.slice(0, rank).forEach((value, row) => {
    if (value > smallest)
      A.setRow(
        row,
        U.getColumnVector(row)
          .mul(1 / Math.sqrt(3))
          .to1DArray(),
      );
  });
  return A;
}

/** Singular values under this share of C's norm are rounding: C is summed in float32. */
const negligible = 1e-6;

/** C of each adapted layer, `[in, in]`. */
async function measureInputs(
  learner: Learner<Settings>,
  task: TrainingTask,
): Promise<Readonly<Record<string, Matrix>>> {
  const { examples } = learner.settings;
  const { count } = task.train;
  const random = learner.random('memorySampling', 'inf-lora', task.index);
  const rows =
    examples === 0 ? Array.from({ length: count }, (_, row) => row) : random.sample(count, examples);
  const sums = await observeLayers(learner, task, rows, {
    name: 'inputs',
    layers: targetLayers(learner),
    shape: ({ inputs }) => [inputs, inputs],
    measure: (x, _y, weights) => matMul(mul(x, reshape(weights, [-1, 1])), x, true),
  });
  return Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [
      name,
      toMatrix(sum, `the inputs of ${name} in task ${task.index}, for inf-lora`),
    ]),
  );
}

/** A fresh update of a layer, which changes nothing yet. */
function begin(learner: Learner<Settings>, layer: LinearLayer, covariance: Matrix): void {
  const { rank } = learner.settings;
  const what = `free inputs of ${layer.name}, for inf-lora`;
  const A = designed(memoryOf(learner, layer), covariance, rank, what);
  learner.setParameter(`${layer.name}.inflora_A`, toTensor(A));
  learner.setParameter(`${layer.name}.inflora_B`, zeros([adaptedOutputs(layer, learner.settings), rank]));
  learner.trainable.add(`${layer.name}.inflora_B`);
}

function merge(learner: Learner<Settings>, { name, outputs }: LinearLayer): void {
  const matrix = (part: string): Matrix => toMatrix(learner.parameter(`${name}.${part}`), `${name}.${part}`);
  const weight = matrix('weight');
  const change = matrix('inflora_B').mmul(matrix('inflora_A'));
  const all = Matrix.zeros(weight.rows, weight.columns).setSubMatrix(change, outputs - change.rows, 0);
  learner.setParameter(`${name}.weight`, toTensor(weight.add(all)));
  learner.removeParameter(`${name}.inflora_A`);
  learner.removeParameter(`${name}.inflora_B`);
}

/** How many outputs of a layer are adapted: the last of them, which are keys and values in a transformer's `qkv`. */
function adaptedOutputs({ name, outputs }: LinearLayer, { queries }: Settings): number {
  return name.endsWith('.qkv') && !queries ? (2 * outputs) / 3 : outputs;
}

/** B with rows of zeros for the outputs that are not adapted, `[out, r]`. */
function inAllRows(up: Tensor, layer: LinearLayer, settings: Settings): Tensor {
  const missing = layer.outputs - adaptedOutputs(layer, settings);
  return missing === 0 ? up : concat([zeroTensor([missing, settings.rank]), up], 0);
}

const kinds = ['taken', 'free'] as const;

function memoryOf({ kept }: Learner<Settings>, { name }: LinearLayer): GradientMemory | undefined {
  for (const kind of kinds) {
    const basis = kept[`${kind}.${name}`];
    if (basis) return { kind, basis: toMatrix(basis, `${kind}.${name}`) };
  }
  return undefined;
}

function setMemory(learner: Learner<Settings>, { name }: LinearLayer, memory: GradientMemory): void {
  for (const kind of kinds) delete learner.kept[`${kind}.${name}`];
  learner.kept[`${memory.kind}.${name}`] = toTensor(memory.basis);
}
