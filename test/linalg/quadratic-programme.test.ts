import fc from 'fast-check';
import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { minimiseAboveFloor } from '../../harness/linalg/quadratic-programme.ts';

function valueAt(P: Matrix, q: readonly number[], v: readonly number[]): number {
  return v.reduce(
    (sum, value, row) =>
      sum +
      value *
        ((q[row] ?? 0) + 0.5 * v.reduce((total, other, column) => total + P.get(row, column) * other, 0)),
    0,
  );
}

/** The best of all choices of entries that lie on the floor. */
function bruteForce(P: Matrix, q: readonly number[], floor: number): number[] {
  let best = q.map(() => floor);
  for (let set = 1; set < 2 ** q.length; set++) {
    const free = q.map((_, row) => row).filter((row) => set & (2 ** row));
    const right = free.map(
      (row) =>
        -(q[row] ?? 0) -
        q.reduce((sum, _, column) => (free.includes(column) ? sum : sum + P.get(row, column) * floor), 0),
    );
    const found = solve(P.selection(free, free), Matrix.columnVector(right)).getColumn(0);
    if (found.some((value) => value < floor)) continue;
    const v = q.map((_, row) => (free.includes(row) ? (found[free.indexOf(row)] ?? 0) : floor));
    if (valueAt(P, q, v) < valueAt(P, q, best)) best = v;
  }
  return best;
}

const entry = fc.float({ min: -4, max: 4, noNaN: true });
const programme = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    rows: fc.array(fc.array(entry, { minLength: 5, maxLength: 5 }), { minLength: count, maxLength: count }),
    q: fc.array(entry, { minLength: count, maxLength: count }),
    floor: fc.constantFrom(0, 0.5, 1),
  }),
);

describe('a quadratic programme above a floor', () => {
  it('is solved as well as by trying every set, and stays above', () => {
    fc.assert(
      fc.property(programme, ({ rows, q, floor }) => {
        const G = new Matrix(rows);
        const P = G.mmul(G.transpose()).add(Matrix.eye(rows.length).mul(0.01));
        const found = minimiseAboveFloor(P, q, floor);
        expect(Math.min(...found)).toBeGreaterThanOrEqual(floor);
        const best = valueAt(P, q, bruteForce(P, q, floor));
        expect(valueAt(P, q, found)).toBeLessThanOrEqual(best + 1e-7 * (1 + Math.abs(best)));
      }),
      { numRuns: 300 },
    );
  });
});
