import { Matrix } from 'ml-matrix';
import { orthonormalColumns } from './qr.ts';
import { leftSvd } from './svd.ts';
import { columnsOf, fromColumns } from './vectors.ts';

/**
 * A subspace of the inputs of a layer, which has n of them, by an orthonormal basis of the smaller part: of the
 * subspace itself (`taken`), or of what is orthogonal to it (`free`).
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
 * The memory after a task: the leading left singular vectors of what the task's inputs have in free
 * directions are taken, until a share of the squared singular values of all of it is in taken ones (DualGPM;
 * Liang and Li 2023, as released with InfLoRA). After the first task they are, as released, those below the
 * share, one at least; later those that reach it.
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
  const n = covariance.rows;
  if (!memory) {
    const count = Math.max(1, directionsNeeded(s, total, 0, share) - 1);
    return smaller(columnsOf(U).slice(0, count), n, 'taken');
  }
  const held = 1 - energy(left) / total;
  const free = n - directionsTaken(memory);
  const count = Math.min(directionsNeeded(s, total, held, share), free);
  if (count === 0) return memory;
  const added = columnsOf(U).slice(0, count);
  if (memory.kind === 'taken') {
    const basis = columnsOf(memory.basis);
    return smaller(orthonormalColumns([...basis, ...added], basis.length), n, 'taken');
  }
  const others = leftSvd(withoutDirections(memory.basis, added), what).U;
  return smaller(columnsOf(others).slice(0, free - count), n, 'free');
}

/**
 * How many directions it takes to reach a share, all and one more where they do not.
 * @param s their singular values, falling
 * @param total the squared norm that is the whole
 * @param held the share that is held already
 */
function directionsNeeded(s: readonly number[], total: number, held: number, share: number): number {
  // Inputs that are all 0 need none.
  if (total === 0) return 0;
  let sum = held;
  for (let count = 0; count <= s.length; count++) {
    if (sum >= share) return count;
    sum += (s[count] ?? 0) ** 2 / total;
  }
  return s.length + 1;
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
