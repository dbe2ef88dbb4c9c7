import { Matrix } from 'ml-matrix';
import { float32, type HostTensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';

/**
 * A tensor's values in float64.
 * @param tensor `[rows, columns]`
 * @param what names the matrix in an error, e.g. "blocks.0.attn.proj.weight of coso before task 3"
 * @throws UserError when a value is NaN or infinite
 */
export function toMatrix(tensor: HostTensor, what: string): Matrix {
  const bad = tensor.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const columns = tensor.shape[1] as number;
    refuse(what, tensor.data[bad] as number, Math.floor(bad / columns), bad % columns);
  }
  return matrixOf(tensor);
}

/** A matrix rounded to float32, `[rows, columns]`. */
export function toTensor(matrix: Matrix): HostTensor {
  return float32(Float32Array.from(matrix.to1DArray()), [matrix.rows, matrix.columns]);
}

/**
 * Lets a matrix pass whose values are all finite: decompositions of others do not end, or give nonsense.
 * @param what names the matrix in the error
 * @throws UserError when a value is NaN or infinite
 */
export function refuseNonFinite(matrix: Matrix, what: string): void {
  for (let row = 0; row < matrix.rows; row++) {
    for (let column = 0; column < matrix.columns; column++) {
      const value = matrix.get(row, column);
      if (!Number.isFinite(value)) refuse(what, value, row, column);
    }
  }
}

function refuse(what: string, value: number, row: number, column: number): never {
  throw new UserError(
    `The matrix "${what}" holds ${value} (row ${row + 1}, column ${column + 1}), so it cannot be decomposed. ` +
      'Lower the learning rate (--set training.learningRate=…) or the strength of the method.',
  );
}

function matrixOf({ data, shape }: HostTensor): Matrix {
  const [rows, columns] = shape as [number, number];
  return Matrix.from1DArray(rows, columns, data);
}
