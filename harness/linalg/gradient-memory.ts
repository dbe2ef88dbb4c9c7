import { Matrix } from 'ml-matrix';
import { orthonormalColumns } from './qr.ts';
import { leftSvd } from './svd.ts';
import { columnsOf, fromColumns } from './vectors.ts';

/**
 * A subspace of the inputs of a layer, which has n of them, by an orthonormal basis of the smaller part: of the subspace itself
 * (`taken`), or of what is orthogonal to it (`free`).
 */
export interface GradientMemory {
  readonly kind: 'taken' | 'free';
  /** `[n, directions]`, at most n/2 of them, but for a subspace that is everything */
  readonly basis: Matrix;
}

/** What a matrix `[n, m]` has in the directions that are not taken: `C − M Mᵀ C`, or `F Fᵀ C`. */
export function freePart(memory: GradientMemory | undefined, matrix: Matrix): Matrix {
  if (!memory) return matrix;
  const inBasis = memory.basis.mmul(memory.basis.transpose().mmul(matrix));
  return memory.kind === 'free' ? inBasis : Matrix.sub(matrix, inBasis);
}

/** How many directions are taken. */
export function directionsTaken({ kind, basis }: GradientMemory): number {
  return kind === 'taken' ? basis.columns : basis.rows - basis.columns;
}

/**
 * The memory after a task: the leading left singular vectors of what the task's inputs have in free directions are taken, until a
 * share of the squared singular values of all of it is in taken ones (DualGPM; Liang and Li 2023, as released with InfLoRA).
 * After the first task they are, as released, those below the share, one at least; later those that reach it.
 * @param covariance of the task's inputs, `[n, n]`, to any scale
 * @param share ε, 0 to 1
 * @param what names the matrix in an error
 * @throws UserError when a value is NaN or infinite
 */
export function extendMemory(
  memory: GradientMemory | undefined,
  covariance: Matrix,
  share: number,
  what: string,
): GradientMemory {
  const left = freePart(memory, covariance);
  const { U, s } = leftSvd(left, what);
  const total = energy(covariance);
  // Inputs that are all 0 take no direction.
  let taken = total === 0 ? 1 : 1 - energy(left) / total;
  let count = 0;
  // A direction that is the last that is needed counts, but not for the first memory.
  const reached = (next: number): boolean => (memory ? taken >= share : taken + next >= share);
  for (const value of s) {
    const next = value ** 2 / total;
    if (reached(next)) break;
    taken += next;
    count++;
  }
  if (!memory) count = Math.max(count, 1);
  const free = memory ? U.rows - directionsTaken(memory) : U.rows;
  count = Math.min(count, free);
  const added = columnsOf(U).slice(0, count);
  if (!memory) return smaller(added, U.rows, 'taken');
  if (count === 0) return memory;
  const basis = columnsOf(memory.basis);
  if (memory.kind === 'taken')
    return smaller(orthonormalColumns([...basis, ...added], basis.length), U.rows, 'taken');
  const others = columnsOf(leftSvd(withoutDirections(memory.basis, added), what).U).slice(0, free - count);
  return smaller(others, U.rows, 'free');
}

/** Squared Frobenius norm: the sum of the squared singular values. */
function energy(matrix: Matrix): number {
  return matrix.norm('frobenius') ** 2;
}

function withoutDirections(matrix: Matrix, directions: readonly Float64Array[]): Matrix {
  const U = fromColumns(directions, matrix.rows);
  return Matrix.sub(matrix, U.mmul(U.transpose().mmul(matrix)));
}

/** The part of a subspace with fewer directions; one that is everything is `taken` whole. */
function smaller(basis: readonly Float64Array[], n: number, kind: GradientMemory['kind']): GradientMemory {
  const complement = kind === 'taken' ? 'free' : 'taken';
  if (basis.length > 0 && basis.length <= n / 2) return { kind, basis: fromColumns(basis, n) };
  if (kind === 'taken' && basis.length === n) return { kind, basis: Matrix.eye(n) };
  const rest = orthonormalColumns([...basis, ...columnsOf(Matrix.eye(n))], basis.length).slice(basis.length);
  return { kind: complement, basis: fromColumns(rest, n) };
}
