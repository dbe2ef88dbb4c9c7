import type { HostTensor, HostTensors, TensorSpec } from '../engine/tensor.ts';
import { decode, sizeOf } from '../stream/examples.ts';
import type { ExampleReference } from './example-memory.ts';

/** How many rows a batch has room for. */
export interface BatchRoom {
  /** For the task's own examples; they come first. */
  readonly own: number;
  /** For what a method adds; it comes after the room of the own, be that full or not. */
  readonly added: number;
}

/** The rows of one batch while it is put together on the host. */
export class BatchRows {
  /** The task's own. */
  readonly own: readonly ExampleReference[];
  readonly #room: BatchRoom;
  readonly #added: ExampleReference[] = [];
  readonly #addedWeights: number[] = [];
  #ownWeight = 1;

  constructor(own: readonly ExampleReference[], room: BatchRoom) {
    this.own = own;
    this.#room = room;
  }

  /** The rows so far; the task's own come first. */
  get rows(): readonly ExampleReference[] {
    return [...this.own, ...this.#added];
  }

  /**
   * Adds rows.
   * @param weight of each in the loss, which is a weighted mean
   * @throws Error when the method adds more than its `extraRows` announced
   */
  add(rows: readonly ExampleReference[], weight = 1): void {
    this.#added.push(...rows);
    for (const _row of rows) this.#addedWeights.push(weight);
    const { own, added } = this.#room;
    if (this.#added.length > added) {
      throw new Error(
        `A batch has room for ${own + added} rows, but composeBatch made it ${own + this.#added.length}.`,
      );
    }
  }

  /** Gives each of the task's own rows a weight instead of 1. */
  weighOwn(weight: number): void {
    this.#ownWeight = weight;
  }

  /** Writes the batch into the feeds of a program, as {@link writeBatch} does. */
  write(candidatesOf: (task: number) => Float32Array, feeds: HostTensors): void {
    clearBatch(feeds);
    writeRows(this.own, 0, candidatesOf, feeds);
    writeRows(this.#added, this.#room.own, candidatesOf, feeds);
    feeds.weights?.data.fill(this.#ownWeight, 0, this.own.length);
    feeds.weights?.data.set(this.#addedWeights, this.#room.own);
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
  feeds: HostTensors,
): void {
  clearBatch(feeds);
  writeRows(rows, 0, candidatesOf, feeds);
  feeds.weights?.data.fill(1, 0, rows.length);
}

function clearBatch({ inputs, candidates, weights }: HostTensors): void {
  inputs?.data.fill(0);
  candidates?.data.fill(1);
  weights?.data.fill(0);
}

/** Everything of rows but their weights. @param first where the first of them goes */
function writeRows(
  rows: readonly ExampleReference[],
  first: number,
  candidatesOf: (task: number) => Float32Array,
  { inputs, candidates, labels, tasks }: HostTensors,
): void {
  rows.forEach(({ examples, row, task }, at) => {
    const index = first + at;
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
