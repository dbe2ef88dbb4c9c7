import { Matrix } from 'ml-matrix';

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
  const columns = orthonormalColumns(columnsOf(matrix));
  return fromColumns(columns, matrix.rows);
}

/**
 * {@link orthonormalise} for vectors, which are left as they are.
 * @param vectors each `[m]`
 * @param given how many of them, the first ones, are orthonormal already
 */
export function orthonormalColumns(vectors: readonly Float64Array[], given = 0): Float64Array[] {
  const basis = vectors.slice(0, given);
  for (const vector of vectors.slice(given)) {
    const rest = vector.slice();
    const before = normOf(rest);
    for (let pass = 0; pass < 2; pass++) {
      for (const direction of basis) subtract(rest, direction, dot(rest, direction));
    }
    const after = normOf(rest);
    if (!(after > dependent * before)) continue;
    for (let index = 0; index < rest.length; index++) rest[index] = (rest[index] as number) / after;
    basis.push(rest);
  }
  return basis;
}

/** The columns of a matrix `[m, n]`: n vectors `[m]`. */
export function columnsOf(matrix: Matrix): Float64Array[] {
  return Array.from({ length: matrix.columns }, (_, column) => Float64Array.from(matrix.getColumn(column)));
}

/** The matrix `[rows, columns.length]` of such columns. */
export function fromColumns(columns: readonly Float64Array[], rows: number): Matrix {
  const matrix = new Matrix(rows, columns.length);
  columns.forEach((values, column) => {
    for (let row = 0; row < rows; row++) matrix.set(row, column, values[row] as number);
  });
  return matrix;
}

/** Inner product of two vectors of one length. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

function subtract(from: Float64Array, direction: Float64Array, factor: number): void {
  for (let index = 0; index < from.length; index++) {
    from[index] = (from[index] as number) - factor * (direction[index] as number);
  }
}

function normOf(vector: Float64Array): number {
  // Divided by the largest entry first, so that squares of tiny gradients do not vanish.
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 0;
  let sum = 0;
  for (const value of vector) sum += (value / largest) ** 2;
  return largest * Math.sqrt(sum);
}
