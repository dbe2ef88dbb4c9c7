import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import {
  directionsTaken,
  extendMemory,
  freePart,
  type GradientMemory,
} from '../../harness/linalg/gradient-memory.ts';
import { orthonormalColumns } from '../../harness/linalg/qr.ts';
import { leftSvd } from '../../harness/linalg/svd.ts';
import { columnsOf, fromColumns } from '../../harness/linalg/vectors.ts';
import { Random } from '../../harness/random.ts';

/** C of inputs with random directions of very different size. */
function covariance(n: number, random: Random): Matrix {
  const inputs = new Matrix(
    Array.from({ length: 2 * n }, () =>
      Array.from({ length: n }, (_, index) => random.normal() * 0.6 ** index),
    ),
  );
  const turned = inputs.mmul(
    new Matrix(Array.from({ length: n }, () => Array.from({ length: n }, () => random.normal()))),
  );
  return turned.transpose().mmul(turned);
}

/** The projection on what is taken, `[n, n]`. */
function projector({ kind, basis }: GradientMemory): Matrix {
  const inBasis = basis.mmul(basis.transpose());
  return kind === 'taken' ? inBasis : Matrix.sub(Matrix.eye(basis.rows), inBasis);
}

function distance(left: Matrix, right: Matrix): number {
  return Matrix.sub(left, right).norm('frobenius');
}

/** The same rule with a basis that only grows: gradient projection memory (Saha et al. 2021). */
function singleMemory(basis: Matrix | undefined, C: Matrix, share: number): Matrix {
  const left = basis ? Matrix.sub(C, basis.mmul(basis.transpose().mmul(C))) : C;
  const { U, s } = leftSvd(left, 'reference');
  const total = C.norm('frobenius') ** 2;
  let taken = 1 - left.norm('frobenius') ** 2 / total;
  let count = 0;
  if (basis) while (taken < share && count < s.length) taken += (s[count++] ?? 0) ** 2 / total;
  else {
    const sums = s.map(
      (_, index) => s.slice(0, index + 1).reduce((sum, value) => sum + value ** 2, 0) / total,
    );
    count = Math.max(1, sums.filter((sum) => sum < share).length);
  }
  const columns = basis ? columnsOf(basis) : [];
  return fromColumns(
    orthonormalColumns([...columns, ...columnsOf(U).slice(0, count)], columns.length),
    C.rows,
  );
}

describe('a gradient memory', () => {
  it('takes, of the first inputs, the directions below the share, and then those that reach it', () => {
    // Shares of the squares: 9/14, 4/14, 1/14, 0.
    const first = extendMemory(undefined, Matrix.diag([3, 2, 1, 0]), 0.95, 'test');
    expect(directionsTaken(first)).toBe(2);
    expect(projector(extendMemory(undefined, Matrix.diag([3, 2, 1, 0]), 0.9, 'test')).diag()).toEqual([
      1, 0, 0, 0,
    ]);
    // e₁ holds 1/14 of these; with e₄, 10/14; with e₃, 14/14.
    const one = extendMemory(undefined, Matrix.diag([3, 0, 0, 0]), 0.9, 'test');
    const next = extendMemory(one, Matrix.diag([1, 0, 2, 3]), 0.7, 'test');
    expect(projector(next).diag().map(Math.round)).toEqual([1, 0, 0, 1]);
    const later = extendMemory(next, Matrix.diag([1, 0, 2, 3]), 0.72, 'test');
    expect(projector(later).diag().map(Math.round)).toEqual([1, 0, 1, 1]);
  });

  it('takes one direction at least, and leaves a memory that holds the share already', () => {
    const one = extendMemory(undefined, Matrix.diag([3, 1, 1]), 0, 'test');
    expect(directionsTaken(one)).toBe(1);
    expect(extendMemory(one, Matrix.diag([5, 0, 0.1]), 0.9, 'test')).toBe(one);
    // Inputs that are all 0, e.g. behind units that never fire.
    expect(extendMemory(one, Matrix.zeros(3, 3), 0.9, 'test')).toBe(one);
    expect(directionsTaken(extendMemory(undefined, Matrix.zeros(3, 3), 0.9, 'test'))).toBe(1);
  });

  it('holds the smaller part alone, with the projections of a memory that holds all', () => {
    const shares = fc.array(fc.double({ min: 0.3, max: 0.9999, noNaN: true }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.integer(), shares, (n, seed, rising) => {
        const random = new Random(seed, 'gradient memory');
        let memory: GradientMemory | undefined;
        let reference: Matrix | undefined;
        for (const share of rising) {
          const C = covariance(n, random);
          memory = extendMemory(memory, C, share, 'test');
          reference = singleMemory(reference, C, share);
          expect(directionsTaken(memory)).toBe(reference.columns);
          expect(distance(projector(memory), reference.mmul(reference.transpose()))).toBeLessThan(1e-6);
          const { basis } = memory;
          expect(distance(basis.transpose().mmul(basis), Matrix.eye(basis.columns))).toBeLessThan(1e-9);
          expect(basis.columns <= n / 2 || directionsTaken(memory) === n).toBe(true);
          const free = freePart(memory, C);
          expect(distance(free, Matrix.sub(C, projector(memory).mmul(C)))).toBeLessThan(
            1e-9 * C.norm('frobenius'),
          );
          expect(projector(memory).mmul(free).norm('frobenius')).toBeLessThan(1e-9 * C.norm('frobenius'));
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('that is everything leaves nothing free, for good', () => {
    const random = new Random(2, 'everything');
    const first = extendMemory(undefined, covariance(4, random), 0.5, 'test');
    const all = extendMemory(first, covariance(4, random), 1.1, 'test');
    expect(directionsTaken(all)).toBe(4);
    const C = covariance(4, random);
    expect(freePart(all, C).norm('frobenius')).toBe(0);
    expect(directionsTaken(extendMemory(all, C, 1.1, 'test'))).toBe(4);
  });

  it('refuses what is no number, with the name of the matrix', () => {
    expect(() => extendMemory(undefined, Matrix.diag([1, Number.NaN]), 0.9, 'the inputs of qkv')).toThrow(
      /the inputs of qkv.*NaN/,
    );
  });
});
