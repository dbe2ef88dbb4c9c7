import {
  add,
  concat,
  customGrad,
  div,
  exp,
  gather,
  greaterEqual,
  log,
  matMul,
  maximum,
  mul,
  reshape,
  rsqrt,
  slice,
  softmax,
  split,
  square,
  sub,
  sum,
  type Tensor,
  topk,
  transpose,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { linear as applyWeights } from './layers.ts';

/** How it is decided which rank-1 cells act on a token, and how much. */
export interface Activation {
  /** `self`: those that respond most; `all`: every cell with weight 1. */
  readonly activation: 'self' | 'all';
  /** How many share the softmax, 2 at least. */
  readonly topk: number;
  /** τ of the softmax. */
  readonly temperature: number;
  /** δ; when predicting, cells of a smaller normalised response do not act. 0 for no threshold. */
  readonly threshold: number;
  /** How predictions apply the values: all in one product, or gathered for each token. */
  readonly inference: 'auto' | 'dense' | 'sparse';
}

/** Cells in a program. */
export interface Cells {
  /** A, `[cells, in]` */
  readonly keys: Tensor;
  /** B, `[out, cells]` */
  readonly values: Tensor;
}

/** The smallest length that responses are divided by, squared: the code's guard is 1e-12. */
const smallestSquare = 1e-24;

/**
 * From so many cells for each one that can act, gathering values is faster than a product with all of them on the onnx
 * engine (measured with `test/bench/mora-predictions.ts`).
 */
const sparseFrom = 20;

/**
 * `Σ_i w_i z_i B_i` over the cells of all groups.
 * @param x `[…, in]`
 * @param groups e.g. the frozen cells and those that are trained
 * @returns `[…, out]`
 */
export function mixture(
  x: Tensor,
  groups: readonly Cells[],
  settings: Activation,
  training: boolean,
): Tensor {
  const [{ keys, values }] = groups as [Cells];
  const rows = reshape(x, [-1, keys.shape[1] as number]);
  const responses = joined(
    groups.map((group) => applyWeights(rows, group.keys)),
    1,
  );
  const update = updateOf(responses, groups, settings, training);
  return reshape(update, [...x.shape.slice(0, -1), values.shape[0] as number]);
}

function updateOf(z: Tensor, groups: readonly Cells[], settings: Activation, training: boolean): Tensor {
  if (settings.activation === 'all') return multiplied(z, groups);
  if (!training && isSparse(settings, z.shape[1] as number)) return gathered(z, groups, settings);
  return multiplied(coefficients(z, settings, training), groups);
}

/**
 * `w_i z_i` of each cell. The gradient is written out, because that of the largest elements is none to TF.js:
 * with g = dL/d(w ∘ z) and u = w ∘ (g ∘ z − ⟨w, g ∘ z⟩), `dL/dz = g ∘ w + (u − s ⟨s, u⟩) / (τ ‖z‖)`.
 * @param z responses, `[rows, cells]`
 * @returns `[rows, cells]`, 0 for cells that do not act
 */
export function coefficients(z: Tensor, settings: Activation, training: boolean): Tensor {
  const { temperature, threshold } = settings;
  const k = mostActive(settings, z.shape[1] as number);
  return customGrad((...given: unknown[]) => {
    const [responses, save] = given as [Tensor, (tensors: Tensor[]) => void];
    const inverse = inverseLength(responses);
    const weights = softmaxOfLargest(responses, k, mul(inverse, 1 / temperature));
    save([responses, inverse, weights]);
    const value = mul(weights, responses);
    const acts = (): Tensor => greaterEqual(responses, div(threshold, inverse));
    return {
      value: training || threshold === 0 ? value : where(acts(), value, zerosLike(value)),
      gradFunc: (dy, saved) => responseGradient(dy as Tensor, saved, temperature),
    };
  })(z);
}

function responseGradient(dy: Tensor, saved: readonly Tensor[], temperature: number): Tensor {
  const [z, inverse, weights] = saved as [Tensor, Tensor, Tensor];
  const direct = mul(dy, weights);
  const products = mul(direct, z);
  const u = sub(products, mul(weights, sum(products, -1, true)));
  const alongResponses = mul(sum(mul(u, z), -1, true), square(inverse));
  return add(direct, mul(sub(u, mul(z, alongResponses)), mul(inverse, 1 / temperature)));
}

/**
 * The softmax of `z · sharpness` over the k largest of each row, 0 elsewhere. Its maximum and its sum are taken from
 * these k alone.
 */
function softmaxOfLargest(z: Tensor, k: number, sharpness: Tensor): Tensor {
  const [rows, cells] = z.shape as [number, number];
  if (k === cells) return softmax(mul(z, sharpness));
  const largest = topk(z, k).values;
  const [first, last] = [0, k - 1].map((place) => slice(largest, [0, place], [rows, 1])) as [Tensor, Tensor];
  const total = sum(exp(mul(sub(largest, first), sharpness)), -1, true);
  const logOfWeights = sub(mul(z, sharpness), add(mul(first, sharpness), log(total)));
  return where(greaterEqual(z, last), exp(logOfWeights), zerosLike(z));
}

/** `1 / ‖z‖` of each row, `[rows, 1]`. */
function inverseLength(z: Tensor): Tensor {
  return rsqrt(maximum(sum(square(z), -1, true), smallestSquare));
}

/** The weighted responses times all values: a group after the other, so that only trained ones are differentiated. */
function multiplied(weighted: Tensor, groups: readonly Cells[]): Tensor {
  const sizes = groups.map(({ keys }) => keys.shape[0] as number);
  const parts = groups.length === 1 ? [weighted] : split(weighted, sizes, 1);
  return groups
    .map(({ values }, index) => matMul(parts[index] as Tensor, values, false, true))
    .reduce((total, part) => add(total, part));
}

/** The same for predictions, from the values of the cells that can act alone. */
function gathered(z: Tensor, groups: readonly Cells[], settings: Activation): Tensor {
  const { temperature, threshold } = settings;
  const [rows, cells] = z.shape as [number, number];
  const { values: responses, indices } = topk(z, mostActive(settings, cells));
  const s = mul(responses, inverseLength(z));
  const weighted = mul(softmax(div(s, temperature)), responses);
  const acting =
    threshold === 0 ? weighted : where(greaterEqual(s, threshold), weighted, zerosLike(weighted));
  // The largest come first, so those that pass the threshold are among the first of them.
  const count = mostPassing(settings, cells);
  const values = joined(
    groups.map((group) => transpose(group.values)),
    0,
  );
  const chosen = gather(values, slice(indices, [0, 0], [rows, count]));
  const shares = reshape(slice(acting, [0, 0], [rows, count]), [rows, 1, count]);
  return reshape(matMul(shares, chosen), [rows, values.shape[1] as number]);
}

function isSparse(settings: Activation, cells: number): boolean {
  if (settings.inference !== 'auto') return settings.inference === 'sparse';
  return cells >= sparseFrom * mostPassing(settings, cells);
}

/** k: how many cells share the softmax. */
function mostActive({ topk: most }: Activation, cells: number): number {
  return Math.min(Math.max(most, 2), cells);
}

/** How many cells can act on a token when predicting: ⌊1/δ²⌋ numbers of at least δ fill a vector of length 1. */
function mostPassing(settings: Activation, cells: number): number {
  const k = mostActive(settings, cells);
  // A little more than 1/δ², which floats may round down.
  return settings.threshold === 0 ? k : Math.min(k, Math.floor(1 / settings.threshold ** 2 + 1e-6));
}

function joined(parts: readonly Tensor[], axis: number): Tensor {
  return parts.length === 1 ? (parts[0] as Tensor) : concat([...parts], axis);
}
