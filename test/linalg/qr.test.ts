import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { orthonormalise, outsideOf } from '../../harness/linalg/qr.ts';
import { svd } from '../../harness/linalg/svd.ts';
import { Random } from '../../harness/random.ts';
import { distanceFromOrthonormal, largestEntry, matrixCases, matrixOf, normal } from './matrices.ts';

describe('orthonormal bases', () => {
  it('are orthonormal to rounding and span the columns, whatever the matrix', () => {
    fc.assert(
      fc.property(matrixCases, (kind) => {
        const matrix = matrixOf(kind);
        const Q = orthonormalise(matrix);
        expect(distanceFromOrthonormal(Q)).toBeLessThan(1e-13);
        if (kind.kind === 'zero') {
          expect(Q.columns).toBe(0);
          return;
        }
        const outside = matrix.clone().sub(Q.mmul(Q.transpose().mmul(matrix)));
        expect(largestEntry(outside)).toBeLessThanOrEqual(2e-12 * (svd(matrix, 'A').s[0] ?? 0));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('leave out columns that depend on those before them', () => {
    const random = new Random(1, 'dependent');
    const free = normal(9, 3, random);
    const dependent = free.mmul(normal(3, 2, random));
    const all = Matrix.zeros(9, 6);
    all.setSubMatrix(free, 0, 0);
    all.setSubMatrix(dependent, 0, 3);
    const Q = orthonormalise(all);
    expect([Q.rows, Q.columns]).toEqual([9, 3]);
    expect(largestEntry(Q.clone().sub(orthonormalise(free)))).toBe(0);
  });

  it('keep columns that are orthonormal already', () => {
    const Q = orthonormalise(normal(8, 5, new Random(2, 'again')));
    expect(largestEntry(orthonormalise(Q).sub(Q))).toBeLessThan(1e-15);
  });

  it('can be empty', () => {
    const Q = orthonormalise(Matrix.zeros(4, 2));
    expect([Q.rows, Q.columns]).toEqual([4, 0]);
  });
});

describe('what a matrix has outside of a subspace', () => {
  it('is orthogonal to it, and all else is inside', () => {
    fc.assert(
      fc.property(matrixCases, fc.integer({ min: 0, max: 14 }), (kind, size) => {
        const matrix = matrixOf(kind);
        const basis = orthonormalise(
          normal(kind.rows, Math.min(size, kind.rows), new Random(kind.seed, 'basis')),
        );
        const outside = outsideOf(matrix, basis);
        const rounding = 1e-13 * matrix.norm('frobenius');
        if (basis.columns === 0) expect(outside.to2DArray()).toEqual(matrix.to2DArray());
        else expect(largestEntry(basis.transpose().mmul(outside))).toBeLessThanOrEqual(rounding);
        const inside = Matrix.sub(matrix, outside);
        expect(largestEntry(outsideOf(inside, basis))).toBeLessThanOrEqual(rounding);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
