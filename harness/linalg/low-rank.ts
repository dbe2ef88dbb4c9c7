import { Matrix } from 'ml-matrix';

/** A matrix B A of low rank by its factors. */
export interface Factors {
  /** A, `[rank, in]` */
  readonly down: Matrix;
  /** B, `[out, rank]` */
  readonly up: Matrix;
}

/** The factors of a sum: those of the second at the end of those of the first. `[B₁ B₂] [A₁; A₂] = B₁ A₁ + B₂ A₂`. */
export function stacked(first: Factors | undefined, second: Factors): Factors {
  if (!first) return second;
  const rank = first.down.rows;
  const down = Matrix.zeros(rank + second.down.rows, second.down.columns);
  down.setSubMatrix(first.down, 0, 0).setSubMatrix(second.down, rank, 0);
  const up = Matrix.zeros(second.up.rows, down.rows);
  up.setSubMatrix(first.up, 0, 0).setSubMatrix(second.up, 0, rank);
  return { down, up };
}
