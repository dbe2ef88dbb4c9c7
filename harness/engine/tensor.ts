import { UserError } from '../errors.ts';

/** Element types that cross the border between host and engine. */
export type DataType = 'float32' | 'int32';

/** Shape and element type of a tensor. A scalar has the shape `[]`. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** A tensor whose values are in the memory of this process, in row-major order. */
export interface HostTensor extends TensorSpec {
  readonly data: Float32Array | Int32Array;
}

/** Named tensors on the host: a model, an optimiser's moments, a batch. */
export type HostTensors = Record<string, HostTensor>;

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Size of a tensor's values in bytes (both element types take four). */
export function bytesOf(tensor: TensorSpec): number {
  return 4 * sizeOf(tensor.shape);
}

/**
 * A float32 tensor on the host.
 * @throws UserError when the number of values is not that of the shape.
 */
export function float32(data: Float32Array | readonly number[], shape: readonly number[]): HostTensor {
  return checked(data instanceof Float32Array ? data : Float32Array.from(data), shape, 'float32');
}

/** An int32 tensor on the host; see {@link float32}. */
export function int32(data: Int32Array | readonly number[], shape: readonly number[]): HostTensor {
  return checked(data instanceof Int32Array ? data : Int32Array.from(data), shape, 'int32');
}

/** A float32 scalar, shape `[]`. */
export function scalar(value: number): HostTensor {
  return float32([value], []);
}

/** A float32 tensor of zeros. */
export function zeros(shape: readonly number[]): HostTensor {
  return float32(new Float32Array(sizeOf(shape)), shape);
}

/** An independent copy: nothing that is written to it reaches the original. */
export function copyOf(tensor: HostTensor): HostTensor {
  return { shape: tensor.shape, dtype: tensor.dtype, data: tensor.data.slice() };
}

/** `float32[2, 3]`, as error messages show a tensor. */
export function describe(spec: TensorSpec): string {
  return `${spec.dtype}[${spec.shape.join(', ')}]`;
}

/** Whether two specs have the same element type and the same shape. */
export function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((dimension, axis) => dimension === b.shape[axis])
  );
}

function checked(data: Float32Array | Int32Array, shape: readonly number[], dtype: DataType): HostTensor {
  if (data.length !== sizeOf(shape)) {
    throw new UserError(
      `A tensor of shape [${shape.join(', ')}] needs ${sizeOf(shape)} values, but ${data.length} were given.`,
    );
  }
  return { data, shape, dtype };
}
