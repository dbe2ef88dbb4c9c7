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
      throw new Error(
        `A batch has room for ${this.#limit} rows, but composeBatch made it ${this.#rows.length}.`,
      );
    }
  }
}

/**
 * Writes rows as a batch into the feeds of a program.
 * What these have room for beyond the rows becomes padding of weight 0.
 * @param candidatesOf the mask of a task's examples, `[outputs]`
 */
export function writeBatch(
  rows: readonly ExampleReference[],
  candidatesOf: (task: number) => Float32Array,
  { inputs, candidates, weights, labels, tasks }: HostTensors,
): void {
  inputs?.data.fill(0);
  candidates?.data.fill(1);
  weights?.data.fill(0).fill(1, 0, rows.length);
  rows.forEach(({ examples, row, task }, index) => {
    const size = sizeOf(examples.shape);
    decode(examples, [row], inputs?.data.subarray(index * size, (index + 1) * size) as Float32Array);
    const mask = candidatesOf(task);
    candidates?.data.set(mask, index * mask.length);
    if (labels) labels.data[index] = examples.labels[row] as number;
    if (tasks) tasks.data[index] = task;
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

/** One step of feeds that hold several (leading axis: steps). It shares their memory, so writing to it fills them. */
export function feedsOfStep(feeds: HostTensors, step: number): HostTensors {
  return Object.fromEntries(
    Object.entries(feeds).map(
      ([
        name,
        {
          shape: [, ...shape],
          dtype,
          data,
        },
      ]): [string, HostTensor] => {
        const size = sizeOf(shape);
        return [name, { shape, dtype, data: data.subarray(step * size, (step + 1) * size) }];
      },
    ),
  );
}
