import fc from 'fast-check';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import {
  energies,
  extendSketch,
  firstColumns,
  type Sketch,
  shrunk,
  sketchMatrix,
} from '../../harness/linalg/frequent-directions.ts';
import { leadingDirections } from '../../harness/linalg/range-finder.ts';
import { svd } from '../../harness/linalg/svd.ts';
import { Random } from '../../harness/random.ts';
import { distanceFromOrthonormal, largestEntry, matrixCases, matrixOf, normal } from './matrices.ts';

function sketchOf(matrices: readonly Matrix[], rank: number, decay = 1): Sketch {
  let sketch: Sketch | undefined;
  for (const matrix of matrices) sketch = extended(sketch, matrix, rank, decay);
  if (!sketch) throw new Error('There is no matrix.');
  return sketch;
}

function extended(sketch: Sketch | undefined, matrix: Matrix, rank: number, decay: number): Sketch {
  const leading = leadingDirections(matrix, rank + 1, {
    method: 'exact',
    what: 'A',
    random: new Random(0),
    powerIterations: 1,
    oversampling: 0,
  });
  return extendSketch(sketch, leading, { rank, decay, what: 'sketch' });
}

function gram(matrix: Matrix): Matrix {
  return matrix.mmul(matrix.transpose());
}

function gramOf(sketch: Sketch): Matrix {
  const { rows } = sketch.U;
  return sketch.s.length === 0 ? Matrix.zeros(rows, rows) : gram(sketchMatrix(sketch));
}

/** Some matrices of one height and all kinds. */
const streams = fc
  .array(matrixCases, { minLength: 1, maxLength: 5 })
  .map((cases) => cases.map((kind) => matrixOf({ ...kind, rows: cases[0]?.rows ?? 1 })));

describe('a sketch of matrices', () => {
  it('keeps to the bound of Frequent Directions, whatever the matrices', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 10 }), (matrices, rank) => {
        const { rows } = matrices[0] as Matrix;
        const all = matrices.reduce((sum, matrix) => sum.add(gram(matrix)), Matrix.zeros(rows, rows));
        const lost = Matrix.sub(all, gramOf(sketchOf(matrices, rank)));
        const spectrum = new EigenvalueDecomposition(lost, { assumeSymmetric: true }).realEigenvalues;
        const squares = svd(all, 'all').s;
        const rounding = 1e-12 * (squares[0] ?? 0);
        expect(Math.min(...spectrum)).toBeGreaterThanOrEqual(-rounding);
        for (let k = 0; k <= Math.min(rank, rows); k++) {
          const tail = squares.slice(k).reduce((sum, square) => sum + square, 0);
          expect(Math.max(...spectrum)).toBeLessThanOrEqual(tail / (rank + 1 - k) + rounding);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('has orthonormal directions, values in order, and no more than its rank', () => {
    fc.assert(
      fc.property(
        streams,
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(0, 0.5, 1),
        (matrices, rank, decay) => {
          const { U, s } = sketchOf(matrices, rank, decay);
          expect(U.columns).toBe(s.length);
          expect(s.length).toBeLessThanOrEqual(rank);
          expect(distanceFromOrthonormal(U)).toBeLessThan(1e-12);
          expect([...s].sort((a, b) => b - a)).toEqual(s);
          expect(Math.min(0, ...s)).toBe(0);
        },
      ),
      { seed: 2, numRuns: 200 },
    );
  });

  it('loses nothing while it has room', () => {
    const random = new Random(3, 'room');
    const basis = normal(12, 4, random);
    const matrices = Array.from({ length: 3 }, () => basis.mmul(normal(4, 9, random)));
    const all = matrices.reduce((sum, matrix) => sum.add(gram(matrix)), Matrix.zeros(12, 12));
    expect(largestEntry(Matrix.sub(gramOf(sketchOf(matrices, 4)), all))).toBeLessThan(
      1e-12 * largestEntry(all),
    );
    // As many directions as the matrices have: there is no (r + 1)-th value to take from the others.
    const square = normal(4, 6, random);
    expect(largestEntry(Matrix.sub(gramOf(sketchOf([square], 4)), gram(square)))).toBeLessThan(1e-12);
    expect(largestEntry(Matrix.sub(gramOf(sketchOf([square], 9)), gram(square)))).toBeLessThan(1e-12);
  });

  it('is worked out as on paper', () => {
    // First values 3, 2, 1 with r = 2: √(9 − 1), √(4 − 1). Then 0, 0, 4 are added, which shrink by none.
    const first = sketchOf([Matrix.diag([3, 2, 1])], 2);
    expect(first.s).toEqual([expect.closeTo(Math.sqrt(8), 12), expect.closeTo(Math.sqrt(3), 12)]);
    // Together √8, √3, 4; the third squared is 3.
    const second = extended(first, Matrix.diag([0, 0, 4]), 2, 1);
    expect(second.s).toEqual([expect.closeTo(Math.sqrt(13), 12), expect.closeTo(Math.sqrt(5), 12)]);
    expect(gramOf(second).diag().map(Math.round)).toEqual([5, 0, 13]);
    // Half of √8, √3 is √2, √(3/4).
    const decayed = extended(first, Matrix.diag([0, 0, 4]), 2, 0.5);
    expect(decayed.s).toEqual([expect.closeTo(Math.sqrt(15.25), 12), expect.closeTo(Math.sqrt(1.25), 12)]);
  });

  it('forgets all before where nothing is left of it', () => {
    const random = new Random(4, 'forget');
    const [before, last] = [normal(7, 5, random), normal(7, 5, random)];
    const difference = Matrix.sub(gramOf(sketchOf([before, last], 3, 0)), gramOf(sketchOf([last], 3)));
    expect(largestEntry(difference)).toBeLessThan(1e-12);
  });

  it('of zeros is empty in energy, and takes in others all the same', () => {
    const zeros = sketchOf([Matrix.zeros(5, 4), Matrix.zeros(5, 3)], 2);
    expect(energies(zeros)).toEqual([]);
    const matrix = normal(5, 4, new Random(5, 'after zeros'));
    const difference = Matrix.sub(gramOf(extended(zeros, matrix, 2, 1)), gramOf(sketchOf([matrix], 2)));
    expect(largestEntry(difference)).toBeLessThan(1e-12);
    const nothing = extendSketch(
      undefined,
      { U: new Matrix(5, 0), s: [] },
      { rank: 2, decay: 1, what: 'none' },
    );
    expect(sketchMatrix(extendSketch(nothing, nothing, { rank: 2, decay: 1, what: 'none' })).columns).toBe(0);
    const began = extended(nothing, matrix, 2, 1);
    expect(largestEntry(Matrix.sub(gramOf(began), gramOf(sketchOf([matrix], 2))))).toBeLessThan(1e-12);
  });
});

describe('the parts of a sketch', () => {
  it('shrink by the first value that has no room, and never below 0', () => {
    expect(shrunk([5, 4, 3, 1], 2)).toEqual([4, Math.sqrt(7)]);
    expect(shrunk([5, 4], 2)).toEqual([5, 4]);
    expect(shrunk([2, 2, 2], 2)).toEqual([0, 0]);
    expect(shrunk([], 2)).toEqual([]);
  });

  it('share the energy', () => {
    expect(energies({ U: Matrix.eye(3, 2), s: [2, 1] })).toEqual([0.8, 0.2]);
    expect(energies({ U: Matrix.eye(3, 2), s: [0, 0] })).toEqual([]);
  });

  it('are columns, also none or all', () => {
    const matrix = new Matrix([[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a matrix
    expect(firstColumns(matrix, 2).to2DArray()).toEqual([[1, 2], [4, 5]]); // biome-ignore format: a matrix
    expect(firstColumns(matrix, 9).to2DArray()).toEqual(matrix.to2DArray());
    expect([firstColumns(matrix, 0).rows, firstColumns(matrix, 0).columns]).toEqual([2, 0]);
  });
});
