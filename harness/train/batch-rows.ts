import type { HostTensor, HostTensors, TensorSpec } from '../engine/tensor.ts';
import { decode, sizeOf } from '../stream/examples.ts';
import type { ExampleReference } from './example-memory.ts';

/** The rows of one batch while it is put together on the host. */
export class BatchRows {
  readonly #rows: ExampleReference[];
  readonly #limit: number;

  constructor(rows: readonly ExampleReference[], limit: number) {
    this.#rows = [...rows];
    this.#limit = limit;
  }

  /** The rows so far; the current task's come first. */
  get rows(): readonly ExampleReference[] {
    return this.#rows;
  }

  /**
   * Adds rows.
   * @throws Error when the method adds more than its `extraRows` announced
   */
  add(rows: readonly ExampleReference[]): void {
    this.#rows.push(...rows);
    if (this.#rows.length > this.#limit) {
      throw new Error(`A batch has room for ${this.#limit} rows, but composeBatch made it ${this.#rows.length}.`);
    }
  }
}

/**
 * Writes rows as the batch of one step into feeds that hold several (leading axis: steps).
 * What the feeds have room for beyond the rows becomes padding of weight 0.
 * @param candidatesOf the mask of a task's examples, `[outputs]`
 */
export function writeBatch(
  rows: readonly ExampleReference[],
  candidatesOf: (task: number) => Float32Array,
  feeds: HostTensors,
  step = 0,
): void {
  const inputs = partOf(feeds.inputs, step);
  const candidates = partOf(feeds.candidates, step);
  inputs?.fill(0);
  candidates?.fill(1);
  partOf(feeds.weights, step)?.fill(0).fill(1, 0, rows.length);
  const labels = partOf(feeds.labels, step);
  const tasks = partOf(feeds.tasks, step);
  rows.forEach(({ examples, row, task }, index) => {
    const size = sizeOf(examples.shape);
    decode(examples, [row], inputs?.subarray(index * size, (index + 1) * size) as Float32Array);
    const mask = candidatesOf(task);
    candidates?.set(mask, index * mask.length);
    if (labels) labels[index] = examples.labels[row] as number;
    if (tasks) tasks[index] = task;
  });
}

/** Feeds of the given signature, filled with zeros. */
export function emptyFeeds(inputs: Readonly<Record<string, TensorSpec>>): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, dtype }]) => {
      const length = sizeOf(shape);
      const data = dtype === 'float32' ? new Float32Array(length) : new Int32Array(length);
      return [name, { shape, dtype, data }];
    }),
  );
}

/** The values of one step of a feed. */
export function partOf(feed: HostTensor | undefined, step: number): HostTensor['data'] | undefined {
  if (!feed) return undefined;
  const size = feed.data.length / (feed.shape[0] as number);
  return feed.data.subarray(step * size, (step + 1) * size);
}
