import { UserError } from '../errors.ts';
import { orderOf } from './split-classes.ts';
import { everyClass, type SplitInput, type StreamPlan } from './task-plan.ts';

/**
 * All classes in every task, images rotated by another angle in each. With seeded order, the angles come in an order
 * drawn from the class-order seed.
 * @throws UserError if the inputs are not `[channels, height, width]`
 */
export function splitRotations(input: SplitInput, degrees: readonly number[]): StreamPlan {
  const [channels, height, width] = input.shape;
  if (channels === undefined || height === undefined || width === undefined || input.shape.length !== 3) {
    throw new UserError(
      `Scenario "${input.scenario.name}": rotations need images, but inputs have the shape ` +
        `${JSON.stringify(input.shape)}. Give the reader a "shape" [channels, height, width].`,
    );
  }
  const filter = everyClass(input.classes);
  const order = orderOf(degrees.length, input);
  const tasks = order.map((index) => {
    const angle = degrees[index] ?? 0;
    return { name: `rotation ${angle}°`, filter, sources: rotationSources(angle, channels, height, width) };
  });
  return { tasks, outputs: input.classes.length, order };
}

/**
 * Where each pixel of a rotated image comes from, by nearest neighbour about the centre: a position in the image
 * `[channels, height, width]`, or -1 outside of it. Positive angles turn counter-clockwise.
 */
export function rotationSources(
  degrees: number,
  channels: number,
  height: number,
  width: number,
): Int32Array {
  const angle = (degrees * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  const sources = new Int32Array(channels * height * width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [down, right] = [row - middleRow, column - middleColumn];
      const fromRow = nearest(middleRow + cosine * down + sine * right);
      const fromColumn = nearest(middleColumn + cosine * right - sine * down);
      const inside = fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width;
      for (let channel = 0; channel < channels; channel++) {
        const plane = channel * height * width;
        sources[plane + row * width + column] = inside ? plane + fromRow * width + fromColumn : -1;
      }
    }
  }
  return sources;
}

/** Sines and cosines differ in their last bit between machines; the shift keeps ties from depending on it. */
function nearest(position: number): number {
  return Math.floor(position + 0.5 + 1e-6);
}
