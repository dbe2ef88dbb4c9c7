import { Matrix } from 'ml-matrix';
import { orthonormalColumns } from './qr.ts';
import { type Directions, directionsWithin } from './range-finder.ts';
import { columnsOf, fromColumns } from './vectors.ts';

/** A sketch `S = U diag(s)` of matrices that came one after another: S Sᵀ stands for the sum of their A Aᵀ. */
export type Sketch = Directions;

/**
 * Takes the energy of the first direction that has no room from all: `√max(s_i² − s_{r+1}², 0)`, i ≤ r
 * (Ghashami, Liberty, Phillips, Woodruff 2016).
 * @param s singular values, falling; where there is no (r+1)-th one it is 0
 * @param rank r
 * @returns at most r values
 */
export function shrunk(s: readonly number[], rank: number): number[] {
  const left = (s[rank] ?? 0) ** 2;
  return s.slice(0, rank).map((value) => Math.sqrt(Math.max(value ** 2 - left, 0)));
}

/**
 * The sketch after one more matrix A, as the code of CoSO does it: both A and what it makes with the sketch are shrunk.
 *
 *     Q = U_r diag(shrunk(s)),   [decay · S, Q] = U' diag(s') V'ᵀ,   S ← U'_r diag(shrunk(s'))
 *
 * With decay 1, `0 ≼ A Aᵀ − S Sᵀ ≼ ‖A − A_k‖² / (r + 1 − k) · I` for all matrices so far side by side and every k ≤ r,
 * as for the textbook's sketch of r + 1 rows: each shrinking by δ takes at least (r + 1) δ of the squared Frobenius norm.
 * @param sketch of the matrices before; none for the first
 * @param leading the leading r + 1 left singular vectors and values of A, U `[m, r + 1]`, or all if there are fewer
 * @param rank r, directions of the sketch
 * @param decay what is left of the sketch's values before A is added
 */
export function extendSketch(
  sketch: Sketch | undefined,
  leading: Directions,
  { rank, decay, what }: { readonly rank: number; readonly decay: number; readonly what: string },
): Sketch {
  const added = { U: firstColumns(leading.U, rank), s: shrunk(leading.s, rank) };
  if (!sketch) return added;
  const before = { U: sketch.U, s: sketch.s.map((value) => decay * value) };
  const columns = [before, added].flatMap((part) => columnsOf(sketchMatrix(part)));
  const basis = orthonormalColumns([...columnsOf(before.U), ...columnsOf(added.U)], before.s.length);
  const both = fromColumns(columns, added.U.rows);
  const found = directionsWithin(both, basis, rank + 1, what);
  return { U: firstColumns(found.U, rank), s: shrunk(found.s, rank) };
}

/** S = U diag(s), `[m, r]`. */
export function sketchMatrix({ U, s }: Sketch): Matrix {
  return s.length === 0 ? U : U.clone().mulRowVector([...s]);
}

/**
 * Shares of the directions in the sketch's squared Frobenius norm; they
 * sum to 1. A sketch of nothing has no directions.
 */
export function energies({ s }: Sketch): number[] {
  const total = s.reduce((sum, value) => sum + value ** 2, 0);
  return total === 0 ? [] : s.map((value) => value ** 2 / total);
}

/** The first columns, or all where there are no more. */
export function firstColumns(matrix: Matrix, count: number): Matrix {
  const columns = Math.min(count, matrix.columns);
  return columns === 0 ? new Matrix(matrix.rows, 0) : matrix.subMatrix(0, matrix.rows - 1, 0, columns - 1);
}
