import { Matrix, solve } from 'ml-matrix';

/**
 * Minimises `½ vᵀ P v + qᵀ v` where no entry of v is below `floor`, exactly but for rounding, by the active-set
 * method of Lawson & Hanson (1974, "Solving Least Squares Problems", chapter 23): an entry whose gradient is negative
 * is set free, the programme of the free ones is solved, and where that leaves the floor the step is cut short and an
 * entry goes back. Each round ends lower than the one before, so no set comes twice.
 * @param P symmetric and positive definite
 * @param q as many as P has rows
 */
export function minimiseAboveFloor(P: Matrix, q: readonly number[], floor: number): number[] {
  const count = q.length;
  // In u = v − floor the bound is 0 and the linear term q + floor · P 1.
  const linear = q.map((value, row) => value + floor * P.getRow(row).reduce((sum, entry) => sum + entry, 0));
  const scale = Math.max(...linear.map(Math.abs), Number.MIN_VALUE);
  const u = new Array<number>(count).fill(0);
  const free = new Set<number>();
  const gradientAt = (row: number): number =>
    P.getRow(row).reduce((sum, entry, column) => sum + entry * (u[column] as number), linear[row] as number);
  for (let round = 0; round < 3 * count + 10; round++) {
    const next = steepest(count, free, gradientAt);
    if (next === undefined || gradientAt(next) > -1e-12 * scale) break;
    free.add(next);
    settle(P, linear, u, free);
  }
  return u.map((value) => value + floor);
}

/** The held entry with the most negative gradient. */
function steepest(
  count: number,
  free: ReadonlySet<number>,
  gradientAt: (row: number) => number,
): number | undefined {
  const held = Array.from({ length: count }, (_, row) => row).filter((row) => !free.has(row));
  const [first, ...others] = held;
  if (first === undefined) return undefined;
  return others.reduce((best, row) => (gradientAt(row) < gradientAt(best) ? row : best), first);
}

/** Moves u to the minimum over the free entries, or as far as 0 allows, until all free ones are above 0. */
function settle(P: Matrix, linear: readonly number[], u: number[], free: Set<number>): void {
  while (free.size > 0) {
    const rows = [...free];
    const right = Matrix.columnVector(rows.map((row) => -(linear[row] as number)));
    const wanted = solve(P.selection(rows, rows), right).getColumn(0);
    const blocking = rows.flatMap((row, at) => {
      const target = wanted[at] as number;
      const now = u[row] as number;
      return target > 0 ? [] : [{ row, step: now / (now - target) }];
    });
    const step = Math.min(1, ...blocking.map((block) => block.step));
    rows.forEach((row, at) => {
      const now = u[row] as number;
      u[row] = now + step * ((wanted[at] as number) - now);
    });
    if (blocking.length === 0) return;
    for (const block of blocking) {
      if (block.step > step) continue;
      u[block.row] = 0;
      free.delete(block.row);
    }
  }
}
