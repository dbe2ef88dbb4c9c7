import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { leftSvd, svd, withCanonicalSigns } from '../../harness/linalg/svd.ts';
import { distanceFromOrthonormal, largestEntry, matrixCases, matrixOf } from './matrices.ts';

/** The first of the entries of largest absolute value of each column. */
function largestOfColumns(U: Matrix): number[] {
  return Array.from({ length: U.columns }, (_, column) =>
    U.getColumn(column).reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0),
  );
}

describe('the singular value decomposition', () => {
  it('rebuilds the matrix, with orthonormal factors, falling values and the sign rule', () => {
    fc.assert(
      fc.property(matrixCases, (kind) => {
        const matrix = matrixOf(kind);
        const { U, s, V } = svd(matrix, 'A');
        const side = Math.min(kind.rows, kind.columns);
        expect([U.rows, U.columns, s.length, V.rows, V.columns]).toEqual([
          kind.rows,
          side,
          side,
          kind.columns,
          side,
        ]);
        const rebuilt = U.clone()
          .mulRowVector([...s])
          .mmul(V.transpose());
        expect(largestEntry(rebuilt.sub(matrix))).toBeLessThanOrEqual(1e-13 * (s[0] ?? 0));
        expect(distanceFromOrthonormal(U)).toBeLessThan(1e-13);
        expect(distanceFromOrthonormal(V)).toBeLessThan(1e-13);
        expect([...s].sort((a, b) => b - a)).toEqual(s);
        expect(Math.min(...s)).toBeGreaterThanOrEqual(0);
        expect(Math.min(...largestOfColumns(U))).toBeGreaterThan(0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('finds the same left vectors without the right ones', () => {
    fc.assert(
      fc.property(matrixCases, (kind) => {
        const matrix = matrixOf(kind);
        const [whole, left] = [svd(matrix, 'A'), leftSvd(matrix, 'A')];
        expect(left.s).toEqual(whole.s);
        expect(left.U.to2DArray()).toEqual(whole.U.to2DArray());
      }),
      { seed: 2 },
    );
  });

  it('keeps small singular values of ill-conditioned matrices apart from rounding', () => {
    const { s } = svd(new Matrix([[1, 1], [0, 1e-9], [0, 0]]), 'A'); // biome-ignore format: a matrix
    expect(s[0]).toBeCloseTo(Math.SQRT2, 12);
    expect(s[1]).toBeCloseTo(1e-9 / Math.SQRT2, 18);
  });

  it('gives the pair of columns one sign', () => {
    const [U, V] = [new Matrix([[0.6, -0.8], [-0.8, -0.6]]), new Matrix([[1, 0], [0, 1]])]; // biome-ignore format: matrices
    withCanonicalSigns(U, V);
    expect([U.to2DArray(), V.to2DArray()]).toEqual([[[-0.6, 0.8], [0.8, 0.6]], [[-1, -0], [-0, -1]]]); // biome-ignore format: matrices
  });

  it.each([NaN, Infinity, -Infinity])('refuses a matrix that holds %d, and says which', (value) => {
    const matrix = new Matrix([
      [1, 2],
      [3, value],
    ]);
    expect(() => svd(matrix, 'the weight before task 3')).toThrow(
      `"the weight before task 3" holds ${value} (row 2, column 2)`,
    );
    expect(() => leftSvd(matrix, 'the weight')).toThrow('"the weight" holds');
  });
});
