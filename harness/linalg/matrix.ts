import { Matrix } from 'ml-matrix';
import { float32, type HostTensor } from '../engine/tensor.ts';

/**
 * The product of two matrices on the host, worked out in float64.
 * @param a `[rows, inner]`
 * @param b `[inner, columns]`
 * @returns `[rows, columns]`
 */
export function multiply(a: HostTensor, b: HostTensor): HostTensor {
  const product = matrixOf(a).mmul(matrixOf(b));
  return float32(Float32Array.from(product.to1DArray()), [product.rows, product.columns]);
}

function matrixOf({ data, shape }: HostTensor): Matrix {
  const [rows, columns] = shape as [number, number];
  return Matrix.from1DArray(rows, columns, data);
}
