import { type Matrix, SingularValueDecomposition } from 'ml-matrix';
import { refuseNonFinite } from './matrix.ts';

/** A thin singular value decomposition `A = U diag(s) Vᵀ` of a matrix `[m, n]`, with k = min(m, n). */
export interface Svd {
  /** Left singular vectors in columns, `[m, k]`. */
  readonly U: Matrix;
  /** Singular values, falling, `[k]`. */
  readonly s: readonly number[];
  /** Right singular vectors in columns, `[n, k]`. */
  readonly V: Matrix;
}

/**
 * The thin singular value decomposition in float64, with the signs of {@link withCanonicalSigns}.
 * @param matrix `[m, n]`, neither side 0
 * @param what names the matrix in an error
 * @throws UserError when a value is NaN or infinite
 */
export function svd(matrix: Matrix, what: string): Svd {
  refuseNonFinite(matrix, what);
  const found = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const [U, V] = [found.leftSingularVectors, found.rightSingularVectors];
  withCanonicalSigns(U, V);
  return { U, s: found.diagonal, V };
}

/**
 * Left singular vectors and values alone: the same as of {@link svd} in two thirds of the time.
 * @param matrix `[m, n]`, neither side 0
 * @param what names the matrix in an error
 * @throws UserError when a value is NaN or infinite
 */
export function leftSvd(matrix: Matrix, what: string): Omit<Svd, 'V'> {
  refuseNonFinite(matrix, what);
  const found = new SingularValueDecomposition(matrix, {
    autoTranspose: true,
    computeRightSingularVectors: false,
  });
  const U = found.leftSingularVectors;
  withCanonicalSigns(U);
  return { U, s: found.diagonal };
}

/**
 * Gives each column of U the sign that makes its entry of largest absolute value positive (the first of equals), in place,
 * and the same column of V the same change, so that `U diag(s) Vᵀ` stays: a decomposition alone leaves the sign of each
 * pair open, and what depends on it would differ between machines.
 * @param U `[m, k]`
 * @param V `[n, k]`
 */
export function withCanonicalSigns(U: Matrix, V?: Matrix): void {
  for (let column = 0; column < U.columns; column++) {
    let largest = 0;
    for (let row = 0; row < U.rows; row++) {
      const value = U.get(row, column);
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    if (largest >= 0) continue;
    U.mulColumn(column, -1);
    V?.mulColumn(column, -1);
  }
}
