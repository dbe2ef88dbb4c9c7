import type { Matrix } from 'ml-matrix';
import { svd } from './svd.ts';

/** Some of a matrix's singular triples, singular values falling. */
export interface SingularTriples {
  /** U, directions in columns, `[out, m]` */
  readonly left: Matrix;
  /** S, `[m]` */
  readonly values: readonly number[];
  /** V, directions in rows, `[m, in]` */
  readonly right: Matrix;
}

/**
 * The singular value decomposition of a matrix, cut in two: the triples of the largest singular values, and the others.
 * @param matrix `[out, in]`
 * @param count how many are in the first part; from 1 to min(out, in) − 1
 * @param what names the matrix in an error
 * @throws UserError when a value is NaN or infinite
 */
export function splitAtSingularValue(
  matrix: Matrix,
  count: number,
  what: string,
): { readonly high: SingularTriples; readonly low: SingularTriples } {
  const { U, s, V } = svd(matrix, what);
  const part = (from: number, to: number): SingularTriples => ({
    left: U.subMatrix(0, U.rows - 1, from, to - 1),
    values: s.slice(from, to),
    right: V.subMatrix(0, V.rows - 1, from, to - 1).transpose(),
  });
  return { high: part(0, count), low: part(count, s.length) };
}

/** `U diag(S) V`, `[out, in]`. */
export function productOf({ left, values, right }: SingularTriples): Matrix {
  return left
    .clone()
    .mulRowVector([...values])
    .mmul(right);
}
