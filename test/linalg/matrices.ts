import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { orthonormalise } from '../../harness/linalg/qr.ts';
import { Random } from '../../harness/random.ts';

/** What a made-up matrix is: its sides, its kind, the seed of its values. */
export interface MatrixCase {
  readonly rows: number;
  readonly columns: number;
  readonly kind: 'random' | 'rank-deficient' | 'ill-conditioned' | 'zero' | 'tiny values';
  readonly seed: number;
}

/** Matrices of all kinds, wide, tall, with one row or column. */
export const matrixCases: fc.Arbitrary<MatrixCase> = fc.record({
  rows: fc.integer({ min: 1, max: 14 }),
  columns: fc.integer({ min: 1, max: 14 }),
  kind: fc.constantFrom('random', 'rank-deficient', 'ill-conditioned', 'zero', 'tiny values'),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

/** The matrix of a case, `[rows, columns]`. */
export function matrixOf({ rows, columns, kind, seed }: MatrixCase): Matrix {
  const random = new Random(seed, kind, rows, columns);
  const side = Math.min(rows, columns);
  switch (kind) {
    case 'random':
      return normal(rows, columns, random);
    case 'rank-deficient': {
      const rank = Math.max(1, Math.floor(side / 2));
      return normal(rows, rank, random).mmul(normal(rank, columns, random));
    }
    case 'ill-conditioned':
      return withSingularValues(
        rows,
        columns,
        Array.from({ length: side }, (_, index) => 10 ** (-12 * (index / side))),
        random,
      );
    case 'zero':
      return Matrix.zeros(rows, columns);
    case 'tiny values':
      return normal(rows, columns, random).mul(1e-30);
  }
}

/** A matrix of standard normal values. */
export function normal(rows: number, columns: number, random: Random): Matrix {
  return Matrix.from1DArray(
    rows,
    columns,
    Array.from({ length: rows * columns }, () => random.normal()),
  );
}

/** A matrix `[rows, columns]` with the given singular values and random directions. */
export function withSingularValues(
  rows: number,
  columns: number,
  values: readonly number[],
  random: Random,
): Matrix {
  const left = orthonormalise(normal(rows, values.length, random));
  const right = orthonormalise(normal(columns, values.length, random));
  return left.mulRowVector([...values]).mmul(right.transpose());
}

/** Largest absolute entry of `QᵀQ − I`. */
export function distanceFromOrthonormal(Q: Matrix): number {
  return Q.columns === 0 ? 0 : largestEntry(Q.transpose().mmul(Q).sub(Matrix.eye(Q.columns)));
}

/** Largest absolute entry; 0 when there is none. */
export function largestEntry(matrix: Matrix): number {
  return matrix.to1DArray().reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
