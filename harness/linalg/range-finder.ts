import { Matrix } from 'ml-matrix';
import type { Random } from '../random.ts';
import { refuseNonFinite } from './matrix.ts';
import { orthonormalColumns } from './qr.ts';
import { leftSvd, withCanonicalSigns } from './svd.ts';
import { columnsOf, fromColumns, product, rowsOf } from './vectors.ts';

/** Leading left singular vectors of a matrix `[m, n]` and its largest singular values. */
export interface Directions {
  /** In columns, orthonormal, with canonical signs, `[m, rank]`. */
  readonly U: Matrix;
  /** Falling, `[rank]`. */
  readonly s: readonly number[];
}

/** How {@link leadingDirections} looks for them. */
export interface Search {
  readonly method: 'exact' | 'randomised';
  /** Names the matrix in an error. */
  readonly what: string;
  /** Randomised: where its start comes from. */
  readonly random: Random;
  /** Randomised: directions to begin with, e.g. those of a similar matrix, in columns, `[m, any]`. */
  readonly start?: Matrix | undefined;
  /** Randomised: how often A Aᵀ is applied; 1 or more. */
  readonly powerIterations: number;
  /** Randomised: how many more directions than are asked for. */
  readonly oversampling: number;
}

/**
 * The leading left singular vectors and values of a matrix.
 *
 * `exact`: from its singular value decomposition. `randomised`: from its part in a subspace of few dimensions more,
 * found by subspace iteration from random directions (Halko, Martinsson, Tropp 2011, algorithms 4.4 and 5.1), or from
 * given ones with random ones beside them; values are at most the exact ones. Where that subspace would be no smaller
 * than the matrix, the matrix is decomposed exactly.
 * @param matrix `[m, n]`
 * @param rank how many; at most min(m, n) are found. `randomised` finds fewer where the others are below about 10⁻⁶ of the
 *   largest: A Aᵀ has them squared, which is next to rounding
 * @throws UserError when a value is NaN or infinite
 */
export function leadingDirections(matrix: Matrix, rank: number, search: Search): Directions {
  refuseNonFinite(matrix, search.what);
  const size = rank + search.oversampling;
  if (search.method === 'randomised' && size < Math.min(matrix.rows, matrix.columns)) {
    return directionsWithin(matrix, findRange(matrix, size, search), rank, search.what);
  }
  return firstOf(leftSvd(matrix, search.what), rank);
}

/**
 * Leading left singular vectors and values of the part `Q Qᵀ A` of a matrix: of A itself, when A is in the span of Q.
 * @param matrix A, `[m, n]`
 * @param basis Q, orthonormal vectors `[m]`
 * @param rank how many; fewer are found where the part has a lower rank
 */
export function directionsWithin(
  matrix: Matrix,
  basis: readonly Float64Array[],
  rank: number,
  what: string,
): Directions {
  if (basis.length === 0) return { U: new Matrix(matrix.rows, 0), s: [] };
  const { U, s } = firstOf(leftSvd(withinBasis(columnsOf(matrix), basis), what), rank);
  const columns = product(rowsOf(fromColumns(basis, matrix.rows)), columnsOf(U));
  const directions = fromColumns(columns, matrix.rows);
  withCanonicalSigns(directions);
  return { U: directions, s };
}

/** A small matrix with the left singular vectors and values of `B = Qᵀ A`, `[k, at most k]`. */
function withinBasis(columns: readonly Float64Array[], basis: readonly Float64Array[]): Matrix {
  if (columns.length <= basis.length) return fromColumns(product(basis, columns), basis.length);
  const transposed = product(columns, basis);
  // Bᵀ = P R, so the left vectors of B = Rᵀ Pᵀ are those of Rᵀ.
  const right = orthonormalColumns(transposed);
  if (right.length === 0) return Matrix.zeros(basis.length, 1);
  return fromColumns(product(transposed, right), basis.length);
}

/** An orthonormal basis of `size` dimensions that holds most of the matrix, or of fewer that hold all of it. */
function findRange(matrix: Matrix, size: number, search: Search): Float64Array[] {
  const [rows, columns] = [rowsOf(matrix), columnsOf(matrix)];
  const { start, random, powerIterations } = search;
  const squared = (vectors: Float64Array[]): Float64Array[] => product(rows, product(columns, vectors));
  const drawn = (count: number): Float64Array[] =>
    Array.from({ length: count }, () => Float64Array.from({ length: matrix.rows }, () => random.normal()));
  let basis = start ? columnsOf(start).slice(0, size) : [];
  basis.push(...drawn(size - basis.length));
  for (let iteration = 0; iteration < powerIterations; iteration++) {
    basis = orthonormalColumns(squared(basis));
  }
  // A start may hold too little of the matrix. Where random directions add nothing either, there is no more.
  while (basis.length < size) {
    const more = orthonormalColumns([...basis, ...squared(drawn(size - basis.length))], basis.length);
    if (more.length === basis.length) break;
    basis = more;
  }
  return basis;
}

function firstOf({ U, s }: Directions, rank: number): Directions {
  const count = Math.min(rank, s.length);
  return { U: U.subMatrix(0, U.rows - 1, 0, count - 1), s: s.slice(0, count) };
}
