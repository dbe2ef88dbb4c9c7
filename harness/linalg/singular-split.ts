import { type Matrix, SingularValueDecomposition } from 'ml-matrix';

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
 */
export function splitAtSingularValue(
  matrix: Matrix,
  count: number,
): { readonly high: SingularTriples; readonly low: SingularTriples } {
  const { left, values, right } = svd(matrix);
  const part = (from: number, to: number): SingularTriples => ({
    left: left.subMatrix(0, left.rows - 1, from, to - 1),
    values: values.slice(from, to),
    right: right.subMatrix(from, to - 1, 0, right.columns - 1),
  });
  return { high: part(0, count), low: part(count, values.length) };
}

/** `U diag(S) V`, `[out, in]`. */
export function productOf({ left, values, right }: SingularTriples): Matrix {
  return left
    .clone()
    .mulRowVector([...values])
    .mmul(right);
}

function svd(matrix: Matrix): SingularTriples {
  const found = new SingularValueDecomposition(matrix, { autoTranspose: true });
  const left = found.leftSingularVectors;
  const right = found.rightSingularVectors.transpose();
  for (let column = 0; column < left.columns; column++) {
    const values = left.getColumn(column);
    const largest = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    if (largest < 0) {
      left.mulColumn(column, -1);
      right.mulRow(column, -1);
    }
  }
  return { left, values: found.diagonal, right };
}
