import type { Tensor } from '@tensorflow/tfjs-core';
import { float32, type HostTensor, int32, sizeOf } from '../../../harness/engine/tensor.ts';
import { Random } from '../../../harness/random.ts';

/** A function written with TF.js ops, and what to run it on. */
export interface Row {
  readonly name: string;
  readonly run: (...inputs: Tensor[]) => Tensor | Tensor[];
  readonly inputs: readonly HostTensor[];
  /** Whether its gradient is compared, too, for every float32 input. */
  readonly gradient: boolean;
  /** How far the engines may differ, relative to the larger of 1 and the value. */
  readonly tolerance: number;
}

type Run = Row['run'];

/** A row whose gradient is compared, too. */
export function smooth(name: string, run: Run, inputs: readonly HostTensor[], tolerance = 1e-5): Row {
  return { name, run, inputs, gradient: true, tolerance };
}

/** A row of a function that has no gradient, or whose gradient means nothing. */
export function forwardOnly(name: string, run: Run, inputs: readonly HostTensor[], tolerance = 1e-5): Row {
  return { name, run, inputs, gradient: false, tolerance };
}

/** Different float32 values between the limits, always the same for a shape. */
export function values(shape: readonly number[], from = -2, to = 2): HostTensor {
  const random = new Random(1, ...shape, from, to);
  const drawn = Float32Array.from({ length: sizeOf(shape) }, () => from + (to - from) * random.uniform());
  return float32(drawn, shape);
}

/** Whole numbers from `from` up to, but not including, `to`. */
export function whole(shape: readonly number[], from = -5, to = 6): HostTensor {
  const random = new Random(2, ...shape, from, to);
  return int32(
    Int32Array.from({ length: sizeOf(shape) }, () => from + random.integer(to - from)),
    shape,
  );
}

/** The same value everywhere. */
export function filled(shape: readonly number[], value: number): HostTensor {
  return float32(new Float32Array(sizeOf(shape)).fill(value), shape);
}
