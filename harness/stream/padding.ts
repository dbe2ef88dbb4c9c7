import { UserError } from '../errors.ts';
import type { Scenario } from './scenario.ts';

/** The shape of padded inputs, and where each of their values comes from in the stored input: -1 for the border. */
export interface Padded {
  readonly shape: readonly number[];
  /** null where nothing is padded. */
  readonly sources: Int32Array | null;
}

/**
 * Lays the scenario's border of zeros around images `[channels, height, width]`. What is stored as 0 is black, also
 * where inputs are normalised afterwards.
 * @throws UserError if the inputs are not images
 */
export function padded(
  shape: readonly number[],
  { name, padding = 0 }: Pick<Scenario, 'name' | 'padding'>,
): Padded {
  if (padding === 0) return { shape, sources: null };
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined || shape.length !== 3) {
    throw new UserError(
      `Scenario "${name}": $.padding needs images, but inputs have the shape ${JSON.stringify(shape)}. ` +
        'Leave it out, or give the reader a "shape" [channels, height, width].',
    );
  }
  const [rows, columns] = [height + 2 * padding, width + 2 * padding];
  const sources = new Int32Array(channels * rows * columns).fill(-1);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      const first = (channel * rows + row + padding) * columns + padding;
      for (let column = 0; column < width; column++) {
        sources[first + column] = (channel * height + row) * width + column;
      }
    }
  }
  return { shape: [channels, rows, columns], sources };
}
