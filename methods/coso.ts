import { add, div, matMul, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Matrix } from 'ml-matrix';
import type { LinearLayer } from '../harness/backbones/backbone.ts';
import type { Tensors } from '../harness/engine/program.ts';
import { type HostTensor, zeros } from '../harness/engine/tensor.ts';
import { energies, extendSketch, firstColumns, type Sketch } from '../harness/linalg/frequent-directions.ts';
import { toMatrix, toTensor } from '../harness/linalg/matrix.ts';
import { orthonormalColumns } from '../harness/linalg/qr.ts';
import { type Directions, leadingDirections, type Search } from '../harness/linalg/range-finder.ts';
import { columnsOf, fromColumns } from '../harness/linalg/vectors.ts';
import { targetLayers, targetsSetting, trainOnlyHead } from '../harness/train/adapted-layers.ts';
import { defineMethod } from '../harness/train/method.ts';
import { classificationLoss } from '../harness/train/model-programs.ts';

/** On which side of the gradient of W `[out, in]` the bases stand. */
export type Side = 'output' | 'input';

interface Settings {
  readonly r1: number;
  readonly r2: number;
  readonly interval: number;
  readonly threshold: number;
  readonly decay: number;
  readonly temperature: number;
  readonly rate: 'scenario' | 'official';
  readonly side: Side;
  readonly projection: boolean;
  readonly solver: 'exact' | 'randomised';
  readonly targets: readonly string[];
}

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-6];

/**
 * CoSO, continuous subspace optimisation (Cheng et al., arXiv 2505.11816): whole weights are trained, by gradients that are
 * kept out of the directions of past tasks and in few directions of their own. For each target weight W `[out, in]`, with
 * G = ∂L/∂W and bases of column vectors `[out, …]`:
 *
 * 1. G' = G − M Mᵀ G, with M the directions of past tasks (none in the first).
 * 2. Every `interval` steps: G' = U S Vᵀ; the projector P is the first r1 columns of U, and the sketch of the task takes in
 *    the first r2 ({@link extendSketch}, Frequent Directions).
 * 3. R = Pᵀ G'; Adam's moments are those of R, `[r1, in]`: m ← β₁ m + (1 − β₁) R, v ← β₂ v + (1 − β₂) R².
 *    W ← W − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · P (m / (√v + 10⁻⁶)). They are not turned when P changes.
 * 4. Task end: M takes in the leading directions of the sketch, as many as keep their share of its energy below the
 *    threshold; sketch, projector and moments begin anew.
 *
 * So the update of a task has no part in M's span. Data are not kept, and predictions cost nothing more.
 *
 * Sources differ; what is followed here is the authors' code (quinn-ch/CoSO, `coso/adamw.py`, `coso/coso_projector.py`):
 * - M and P stand on the output side of the gradient. That old outputs do not change needs the input side, if the paper's
 *   weights are `[out, in]`; `side: input` has it.
 * - The added part is shrunk, too, by its (r2 + 1)-th value, and only where P is refreshed; the paper sketches each step.
 * - The code's rate is the same in its first two epochs: `rate: official` ({@link officialRate}; with a constant schedule).
 * - Its targets are `attn.proj` alone, and its losses divide logits by 3 while training.
 *
 * What is ours: M is made orthonormal when it grows (the new columns are nearly so); r1 and r2 are cut to what a small matrix
 * has; the head is the scenario's, trained by its optimiser. The papers' r1 of 15 to 70 and r2 of 100 to 160 are for width
 * 768; the default here has their share of width 128. Theirs of K are 1 and 20; at 1 decompositions take most of the time. `randomised` finds the directions by subspace iteration from those
 * of the last refresh: singular values agree with `exact` to 1% where they matter (tested), in a fraction of the time.
 */
export default defineMethod<Settings>({
  name: 'coso',
  version: 1,
  title: 'CoSO',
  summary: 'Trains whole weights in the leading directions of their gradients, orthogonal to past tasks.',
  paper: {
    title: 'Continuous Subspace Optimization for Continual Learning',
    authors: 'Cheng, Zhao, Wang, Zhang, Li',
    year: 2025,
    url: 'https://arxiv.org/abs/2505.11816',
  },
  settings: {
    r1: { type: 'integer', default: 15, minimum: 1, description: 'Directions that Adam runs in.' },
    r2: { type: 'integer', default: 30, minimum: 1, description: 'Directions of the sketch of a task.' },
    interval: {
      type: 'integer',
      default: 10,
      minimum: 1,
      description: 'K, the steps from one decomposition of the gradients to the next.',
    },
    threshold: {
      type: 'number',
      default: 0.98,
      minimum: 0,
      maximum: 1,
      description: 'Share of the sketch’s energy that the directions kept of a task stay below.',
    },
    decay: {
      type: 'number',
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'What is left of the sketch when the next gradient is added.',
    },
    temperature: {
      type: 'number',
      default: 3,
      exclusiveMinimum: 0,
      description: 'What logits are divided by while training.',
    },
    rate: {
      type: 'string',
      enum: ['scenario', 'official'],
      default: 'scenario',
      description:
        'The learning rate of the target weights. official: the authors’ cosine by epochs, on top of the scenario’s.',
    },
    side: {
      type: 'string',
      enum: ['output', 'input'],
      default: 'output',
      description: 'Which side of the gradient is projected. output is the authors’ code.',
    },
    projection: {
      type: 'boolean',
      default: true,
      description: 'Whether gradients are kept out of the directions of past tasks.',
    },
    solver: {
      type: 'string',
      enum: ['exact', 'randomised'],
      default: 'randomised',
      description: 'How the leading directions are found.',
    },
    targets: targetsSetting('layers', 'attn.proj'),
  },
  search: {
    r1: [8, 15, 30],
    targets: [['attn.proj'], ['qkv', 'attn.proj', 'fc1', 'fc2']],
    temperature: [1, 3],
  },

  prepare(learner) {
    trainOnlyHead(learner);
    for (const { name } of targetLayers(learner)) {
      learner.trainable.add(`${name}.weight`);
      learner.ownSteps.add(`${name}.weight`);
    }
  },

  beginTask(learner) {
    const { r1, side } = learner.settings;
    for (const layer of targetLayers(learner)) {
      const [within, across] = sidesOf(layer, side);
      const rank = Math.min(r1, within, across);
      learner.kept[keptName('projector', layer)] = zeros([within, rank]);
      for (const moment of ['first', 'second']) {
        learner.kept[keptName(moment, layer)] = zeros(side === 'output' ? [rank, across] : [across, rank]);
      }
    }
  },

  loss: (outputs, batch, { settings }) =>
    classificationLoss({ ...outputs, logits: div(outputs.logits, settings.temperature) }, batch),

  numbers({ rate }, { iteration, epoch, epochs, learningRate }) {
    const step = iteration + 1;
    const factor = rate === 'official' ? officialRate(epoch, epochs) : 1;
    return { stepSize: (factor * learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step) };
  },

  gradients(gradients, { kept, settings }) {
    const outside = Object.entries(gradients).map(([name, gradient]): [string, Tensor] => {
      const history = settings.projection ? kept[`history.${name}`] : undefined;
      return [name, history ? outsideOf(gradient, history, settings.side) : gradient];
    });
    return Object.fromEntries(outside);
  },

  between: {
    needs: (learner, { iteration }) =>
      iteration % learner.settings.interval === 0
        ? targetLayers(learner).map(({ name }) => `${name}.weight`)
        : [],
    refresh(gradients, learner, { iteration }) {
      const projectors = targetLayers(learner).map((layer): [string, HostTensor] => {
        const what = `gradient of ${layer.name}.weight of coso`;
        const gradient = toMatrix(gradients[`${layer.name}.weight`] as HostTensor, what);
        const before = learner.scratch.get(layer.name) as Refreshed | undefined;
        const random = learner.random('memorySampling', 'coso', layer.name, iteration);
        const found = refreshed(before, gradient, learner.settings, { what, random });
        learner.scratch.set(layer.name, found);
        return [keptName('projector', layer), toTensor(found.projector)];
      });
      return Object.fromEntries(projectors);
    },
  },

  step(gradients, { parameters, kept, numbers, settings }) {
    const found: Tensors = {};
    for (const [name, projector] of Object.entries(kept)) {
      if (!name.startsWith('projector.')) continue;
      const parameter = name.slice('projector.'.length);
      const moments = { first: kept[`first.${parameter}`], second: kept[`second.${parameter}`] } as Moments;
      const after = subspaceStep(
        {
          weight: parameters[parameter] as Tensor,
          gradient: gradients[parameter] as Tensor,
          projector,
          ...moments,
        },
        numbers.stepSize as Tensor,
        settings.side,
      );
      found[parameter] = after.weight;
      found[`first.${parameter}`] = after.first;
      found[`second.${parameter}`] = after.second;
    }
    return found;
  },

  endTask(learner, task) {
    const ranks: Record<string, number> = {};
    for (const layer of targetLayers(learner)) {
      const name = keptName('history', layer);
      const { sketch } = learner.scratch.get(layer.name) as Refreshed;
      const history = learner.kept[name];
      const grown = grownHistory(history && toMatrix(history, name), sketch, learner.settings.threshold);
      if (grown) learner.kept[name] = toTensor(grown);
      for (const part of ['projector', 'first', 'second']) delete learner.kept[keptName(part, layer)];
      ranks[layer.name] = grown?.columns ?? 0;
    }
    learner.log({ kind: 'ranks', task: task.index, what: 'directions of past tasks', ranks });
  },
});

/** Adam's moments in the coordinates of the projector: `[r1, in]` on the output side, `[out, r1]` on the input side. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
}

/** `G − M Mᵀ G` (output side) or `G − G M Mᵀ` (input side). */
export function outsideOf(gradient: Tensor, history: Tensor, side: Side): Tensor {
  return sub(gradient, expanded(reduced(gradient, history, side), history, side));
}

/**
 * Step 3 of the class comment.
 * @param gradient outside of the history already
 * @param stepSize learning rate with both bias corrections, a scalar
 */
export function subspaceStep(
  {
    weight,
    gradient,
    projector,
    first,
    second,
  }: Moments & {
    readonly weight: Tensor;
    readonly gradient: Tensor;
    readonly projector: Tensor;
  },
  stepSize: Tensor,
  side: Side,
): Moments & { readonly weight: Tensor } {
  const inside = reduced(gradient, projector, side);
  const moved = add(mul(first, beta1), mul(inside, 1 - beta1));
  const squared = add(mul(second, beta2), mul(square(inside), 1 - beta2));
  const direction = mul(div(moved, add(sqrt(squared), epsilon)), stepSize);
  return { weight: sub(weight, expanded(direction, projector, side)), first: moved, second: squared };
}

function reduced(gradient: Tensor, basis: Tensor, side: Side): Tensor {
  return side === 'output' ? matMul(basis, gradient, true) : matMul(gradient, basis);
}

function expanded(inside: Tensor, basis: Tensor, side: Side): Tensor {
  return side === 'output' ? matMul(basis, inside) : matMul(inside, basis, false, true);
}

/** What a refresh finds, and the next one begins with. */
export interface Refreshed {
  /** `[within, r1]`, orthonormal columns */
  readonly projector: Matrix;
  readonly sketch: Sketch;
  readonly leading: Directions;
}

/**
 * Step 2 of the class comment, in float64.
 * @param gradient G' `[out, in]`
 * @throws UserError when the gradient is not finite
 */
export function refreshed(
  before: Refreshed | undefined,
  gradient: Matrix,
  { r1, r2, decay, side, solver }: Pick<Settings, 'r1' | 'r2' | 'decay' | 'side' | 'solver'>,
  { what, random }: Pick<Search, 'what' | 'random'>,
): Refreshed {
  const matrix = side === 'output' ? gradient : gradient.transpose();
  const smaller = Math.min(matrix.rows, matrix.columns);
  const rank = Math.min(r2, smaller - 1);
  const leading = leadingDirections(matrix, Math.max(Math.min(r1, smaller), rank + 1), {
    method: solver,
    what,
    random,
    start: before?.leading.U,
    powerIterations: before ? 1 : 3,
    oversampling: 8,
  });
  return {
    leading,
    projector: firstColumns(leading.U, Math.min(r1, smaller)),
    sketch: extendSketch(before?.sketch, leading, { rank, decay, what: `sketch of ${what}` }),
  };
}

/**
 * Step 4 of the class comment: M with the leading directions of the sketch, or undefined while there are none.
 * @param threshold as many directions as have a cumulative share of the energy below it, which may be none
 */
export function grownHistory(
  history: Matrix | undefined,
  sketch: Sketch,
  threshold: number,
): Matrix | undefined {
  let share = 0;
  const count = energies(sketch).filter((energy) => {
    share += energy;
    return share < threshold;
  }).length;
  const known = history ? columnsOf(history) : [];
  const added = columnsOf(firstColumns(sketch.U, count));
  const basis = orthonormalColumns([...known, ...added], known.length);
  return basis.length === 0 ? undefined : fromColumns(basis, sketch.U.rows);
}

/** The share of the base rate in an epoch from 0: `cos(99 π max(e − 1, 0) / (200 (E − 1)))`, as the authors' scheduler runs. */
export function officialRate(epoch: number, epochs: number): number {
  return epochs === 1 ? 1 : Math.cos((99 * Math.PI * Math.max(epoch - 1, 0)) / (200 * (epochs - 1)));
}

/** Length of the vectors that bases are made of, and of the other side. */
function sidesOf({ inputs, outputs }: LinearLayer, side: Side): [within: number, across: number] {
  return side === 'output' ? [outputs, inputs] : [inputs, outputs];
}

function keptName(part: string, { name }: LinearLayer): string {
  return `${part}.${name}.weight`;
}
