import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import { orderOf } from './split-classes.ts';
import { repeatedClasses, type SplitInput, type StreamPlan } from './task-plan.ts';

/**
 * All classes in every task, images rotated by another angle in each. With seeded order, the angles come in an order
 * drawn from the class-order seed.
 * @throws UserError if the inputs are not `[channels, height, width]`
 */
export function splitRotations(input: SplitInput, degrees: readonly number[]): StreamPlan {
  const order = orderOf(degrees.length, input);
  const angles = order.map((index) => degrees[index] ?? 0);
  return { ...rotatedTasks(input, angles), order };
}

/**
 * The same with angles drawn from the class-order seed, uniformly from [0, `below`) in hundredths of a degree, so that
 * a record can show them exactly; with natural order they are the same for every seed.
 * @throws UserError if the inputs are not `[channels, height, width]`
 */
export function splitDrawnRotations(
  input: SplitInput,
  { count, below }: { readonly count: number; readonly below: number },
): StreamPlan {
  const seed = input.scenario.classOrder === 'seeded' ? input.classOrderSeed : 0;
  const random = new Random(seed, 'rotations');
  const hundredths = Array.from({ length: count }, () => random.integer(Math.ceil(below * 100)));
  return {
    ...rotatedTasks(
      input,
      hundredths.map((angle) => angle / 100),
    ),
    order: hundredths,
  };
}

/** A task for each angle, in the order given. */
function rotatedTasks(input: SplitInput, angles: readonly number[]): Omit<StreamPlan, 'order'> {
  const [channels, height, width] = input.shape;
  if (channels === undefined || height === undefined || width === undefined || input.shape.length !== 3) {
    throw new UserError(
      `Scenario "${input.scenario.name}": rotations need images, but inputs have the shape ` +
        `${JSON.stringify(input.shape)}. Give the reader a "shape" [channels, height, width].`,
    );
  }
  const { outputs, filterOf } = repeatedClasses(input, angles.length);
  const tasks = angles.map((angle, index) => ({
    name: `rotation ${angle}°`,
    filter: filterOf(index),
    sources: rotationSources(angle, channels, height, width),
  }));
  return { tasks, outputs };
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
