import type { Activation } from '../../harness/nn/rank-one-cells.ts';
import { at, softmax, sum } from './float64.ts';

/** Cells of a layer as plain lists. */
export interface ListedCells {
  /** A row for each cell. */
  readonly keys: readonly (readonly number[])[];
  /** A row for each output, with an entry for each cell. */
  readonly values: readonly (readonly number[])[];
}

/** `Σ_i w_i z_i B_i` for one row: the formula of MoRA in float64 and plain loops. */
export function mixture(
  x: readonly number[],
  { keys, values }: ListedCells,
  settings: Omit<Activation, 'inference'>,
  training: boolean,
): number[] {
  const z = keys.map((key) => sum(key.map((value, index) => value * at(x, index))));
  const shares = settings.activation === 'all' ? z.map(() => 1) : weights(z, settings, training);
  return values.map((row) => sum(row.map((value, cell) => value * at(shares, cell) * at(z, cell))));
}

function weights(
  z: readonly number[],
  { topk, temperature, threshold }: Omit<Activation, 'inference'>,
  training: boolean,
): number[] {
  const length = Math.max(Math.hypot(...z), 1e-12);
  const s = z.map((value) => value / length);
  const count = Math.min(Math.max(topk, 2), s.length);
  const chosen = [...s.keys()].sort((left, right) => at(s, right) - at(s, left)).slice(0, count);
  const shares = softmax(chosen.map((cell) => at(s, cell) / temperature));
  return s.map((value, cell) => {
    const place = chosen.indexOf(cell);
    return place < 0 || (!training && threshold > 0 && value < threshold) ? 0 : at(shares, place);
  });
}
