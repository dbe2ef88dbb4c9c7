import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { orthonormalise } from '../../harness/linalg/qr.ts';
import { type Directions, directionsWithin, leadingDirections } from '../../harness/linalg/range-finder.ts';
import { svd } from '../../harness/linalg/svd.ts';
import { columnsOf } from '../../harness/linalg/vectors.ts';
import { Random } from '../../harness/random.ts';
import {
  distanceFromOrthonormal,
  largestEntry,
  type MatrixCase,
  matrixCases,
  matrixOf,
  normal,
  withSingularValues,
} from './matrices.ts';

const search = {
  method: 'randomised',
  what: 'A',
  powerIterations: 2,
  oversampling: 2,
} as const;

function found(matrix: Matrix, rank: number, options: object = {}): Directions {
  return leadingDirections(matrix, rank, { ...search, random: new Random(1, 'search'), ...options });
}

/** The energy `‖Uᵀ A‖²` that directions hold of a matrix. */
function energyIn({ U }: Directions, matrix: Matrix): number {
  return U.columns === 0 ? 0 : U.transpose().mmul(matrix).norm('frobenius') ** 2;
}

function energyOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

/** The cases with how many directions are asked for. */
const asked: fc.Arbitrary<[MatrixCase, number]> = fc.tuple(matrixCases, fc.integer({ min: 1, max: 16 }));

describe('leading directions', () => {
  it.each(['exact', 'randomised'] as const)(
    'of every matrix are orthonormal, in order, and not above the singular values: %s',
    (method) => {
      fc.assert(
        fc.property(asked, ([kind, rank]) => {
          const matrix = matrixOf(kind);
          const { U, s } = found(matrix, rank, { method });
          const right = svd(matrix, 'A').s;
          const largest = right[0] ?? 0;
          expect([U.rows, U.columns]).toEqual([kind.rows, s.length]);
          expect(s.length).toBeLessThanOrEqual(Math.min(rank, right.length));
          expect(distanceFromOrthonormal(U)).toBeLessThan(1e-12);
          expect([...s].sort((a, b) => b - a)).toEqual(s);
          s.forEach((value, index) => {
            expect(value).toBeLessThanOrEqual((right[index] ?? 0) + 1e-12 * largest);
          });
        }),
        { seed: 1, numRuns: 300 },
      );
    },
  );

  it('are the exact ones where the exact method is asked for', () => {
    fc.assert(
      fc.property(asked, ([kind, rank]) => {
        const matrix = matrixOf(kind);
        const whole = svd(matrix, 'A');
        const { U, s } = found(matrix, rank, { method: 'exact' });
        const count = Math.min(rank, whole.s.length);
        expect(s).toEqual(whole.s.slice(0, count));
        expect(U.to2DArray()).toEqual(whole.U.subMatrix(0, kind.rows - 1, 0, count - 1).to2DArray());
      }),
      { seed: 2 },
    );
  });

  it('that a random search does not find hold next to nothing', () => {
    fc.assert(
      fc.property(asked, ([kind, rank]) => {
        const matrix = matrixOf(kind);
        const right = svd(matrix, 'A').s;
        const { s } = found(matrix, rank);
        for (const value of right.slice(s.length, rank))
          expect(value).toBeLessThanOrEqual(2e-6 * (right[0] ?? 0));
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('of matrices of low rank are exact, whatever the search begins with', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 1e6 }),
        fc.boolean(),
        (rank, seed, wide) => {
          const random = new Random(seed, 'low rank', rank);
          const [rows, columns] = wide ? [20, 33] : [33, 20];
          const matrix = normal(rows, rank, random).mmul(normal(rank, columns, random));
          // A start that holds but one direction of the matrix.
          const start = orthonormalise(matrix.subMatrix(0, rows - 1, 0, 0));
          for (const beginning of [undefined, start, orthonormalise(normal(rows, 9, random))]) {
            const { U, s } = found(matrix, 9, { start: beginning, powerIterations: 1 });
            const right = svd(matrix, 'A').s;
            expect(s).toHaveLength(rank);
            s.forEach((value, index) => {
              expect(Math.abs(value - (right[index] ?? 0))).toBeLessThan(1e-12 * (right[0] ?? 0));
            });
            const outside = Matrix.sub(matrix, U.mmul(U.transpose().mmul(matrix)));
            expect(largestEntry(outside)).toBeLessThan(1e-12 * (right[0] ?? 0));
          }
        },
      ),
      { seed: 4, numRuns: 40 },
    );
  });

  it.each([
    ['slowly', 1e-2, Array.from({ length: 60 }, (_, index) => 1 / (1 + index))],
    ['fast', 1e-6, Array.from({ length: 60 }, (_, index) => 0.7 ** index)],
  ])('of singular values that fall %s hold all but %d of what can be held', (_how, share, values) => {
    const random = new Random(5, 'spectrum');
    for (const [rows, columns] of [
      [60, 90],
      [90, 60],
    ] as const) {
      // biome-ignore format: pairs
      const matrix = withSingularValues(rows, columns, values, random);
      const cold = found(matrix, 12, { oversampling: 8 });
      expect(energyIn(cold, matrix)).toBeGreaterThan((1 - share) * energyOf(values.slice(0, 12)));
      // From there one application more is better still.
      const warm = found(matrix, 12, { oversampling: 8, powerIterations: 1, start: cold.U });
      expect(energyIn(warm, matrix)).toBeGreaterThanOrEqual(energyIn(cold, matrix) * (1 - 1e-12));
      warm.s.slice(0, 6).forEach((value, index) => {
        expect(Math.abs(value / (values[index] ?? 0) - 1)).toBeLessThan(share);
      });
    }
  });

  it('of one matrix and one seed are the same', () => {
    const matrix = normal(40, 30, new Random(6, 'same'));
    const [first, second] = [found(matrix, 5), found(matrix, 5)];
    expect(second.s).toEqual(first.s);
    expect(second.U.to2DArray()).toEqual(first.U.to2DArray());
  });

  it.each([NaN, Infinity, -Infinity])('of a matrix that holds %d are an error that names it', (value) => {
    const matrix = normal(30, 20, new Random(7, 'bad')).set(4, 6, value);
    for (const method of ['exact', 'randomised'] as const) {
      const search = () => found(matrix, 3, { method, what: 'gradient of blocks.0.attn.proj.weight' });
      expect(search).toThrow(UserError);
      expect(search).toThrow(`"gradient of blocks.0.attn.proj.weight" holds ${value} (row 5, column 7)`);
    }
  });
});

describe('directions within a subspace', () => {
  it('are those of the part of the matrix in it', () => {
    fc.assert(
      fc.property(matrixCases, fc.integer({ min: 1, max: 14 }), (kind, size) => {
        const matrix = matrixOf(kind);
        const basis = orthonormalise(
          normal(kind.rows, Math.min(size, kind.rows), new Random(kind.seed, 'basis')),
        );
        const { U, s } = directionsWithin(matrix, columnsOf(basis), 14, 'A');
        const part = basis.mmul(basis.transpose().mmul(matrix));
        const right = svd(part, 'part').s;
        s.forEach((value, index) => {
          expect(Math.abs(value - (right[index] ?? 0))).toBeLessThanOrEqual(1e-12 * (right[0] ?? 0));
        });
        // All of U is in the subspace, and holds all of the part.
        expect(largestEntry(Matrix.sub(U, basis.mmul(basis.transpose().mmul(U))))).toBeLessThan(1e-12);
        const missed = Matrix.sub(part, U.mmul(U.transpose().mmul(part)));
        expect(largestEntry(missed)).toBeLessThanOrEqual(2e-12 * (right[0] ?? 0));
      }),
      { seed: 8, numRuns: 200 },
    );
  });

  it('are none in a subspace of no dimension', () => {
    const { U, s } = directionsWithin(normal(4, 3, new Random(9, 'none')), [], 2, 'A');
    expect([U.rows, U.columns, s]).toEqual([4, 0, []]);
  });
});
