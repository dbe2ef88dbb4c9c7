import type { Matrix } from 'ml-matrix';
import { columnsOf, dot, fromColumns, lengthOf, product, rowsOf, subtract } from './vectors.ts';

/** A column that keeps less than this share of its length beside the columns before it depends on them. */
const dependent = 1e-12;

/**
 * An orthonormal basis of a matrix's columns: the factor Q of a thin QR decomposition with a positive diagonal, without
 * the columns that depend on those before them (zeros among them).
 *
 * Gram-Schmidt, each column twice, which is enough (Giraud, Langou, Rozložník 2005): QᵀQ = I to rounding.
 * @param matrix `[m, n]`
 * @returns `[m, rank]`
 */
export function orthonormalise(matrix: Matrix): Matrix {
  return fromColumns(orthonormalColumns(columnsOf(matrix)), matrix.rows);
}

/**
 * {@link orthonormalise} for vectors `[m]`, which are left as they are.
 * @param given how many of them, the first ones, are orthonormal already
 */
export function orthonormalColumns(vectors: readonly Float64Array[], given = 0): Float64Array[] {
  const basis = vectors.slice(0, given);
  for (const vector of vectors.slice(given)) {
    const rest = vector.slice();
    const before = lengthOf(rest);
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) subtract(rest, direction, dot(rest, direction));
    }
    const after = lengthOf(rest);
    if (!(after > dependent * before)) continue;
    for (let index = 0; index < rest.length; index++) rest[index] = (rest[index] as number) / after;
    basis.push(rest);
  }
  return basis;
}

/**
 * What a matrix has outside of a subspace: `A − Q Qᵀ A`.
 * @param matrix A, `[m, n]`
 * @param basis Q, orthonormal columns, `[m, k]`
 */
export function outsideOf(matrix: Matrix, basis: Matrix): Matrix {
  const columns = columnsOf(matrix);
  const inside = product(rowsOf(basis), product(columnsOf(basis), columns));
  columns.forEach((column, index) => {
    subtract(column, inside[index] as Float64Array, 1);
  });
  return fromColumns(columns, matrix.rows);
}
