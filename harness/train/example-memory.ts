import type { Random } from '../random.ts';
import type { FileTensor } from '../safetensors.ts';
import { type Examples, type StoredValues, sizeOf } from '../stream/examples.ts';

/** One example of a set, with the task it came in. */
export interface ExampleReference {
  readonly examples: Examples;
  readonly row: number;
  /** From 1. */
  readonly task: number;
}

/**
 * A replay buffer of fixed capacity. It holds copies of stored values, so its size in bytes is what it costs, and it
 * is a set of examples itself, so batches can be filled from it.
 */
export class ExampleMemory implements Examples {
  readonly capacity: number;
  readonly shape: readonly number[];
  readonly encoding: Examples['encoding'];
  readonly labels: Int32Array;
  /** Task of each example, from 1. */
  readonly tasks: Int32Array;
  readonly #values: StoredValues;
  #count = 0;
  #offered = 0;

  /** @param like a set whose shape and encoding the memory takes over */
  constructor(capacity: number, like: Pick<Examples, 'shape' | 'encoding'>) {
    this.capacity = capacity;
    this.shape = like.shape;
    this.encoding = like.encoding;
    this.labels = new Int32Array(capacity);
    this.tasks = new Int32Array(capacity);
    const length = capacity * sizeOf(like.shape);
    this.#values = like.encoding.storage === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
  }

  /** Examples held now. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the held examples with their labels and tasks. */
  get bytes(): number {
    return this.#count * (sizeOf(this.shape) * this.#values.BYTES_PER_ELEMENT + 8);
  }

  /**
   * Reservoir sampling (Vitter 1985, Algorithm R): after n offers each of the n examples is held with
   * probability min(1, capacity / n), whatever their order.
   */
  offer(example: ExampleReference, random: Random): void {
    this.#offered++;
    const place = this.#count < this.capacity ? this.#count++ : random.integer(this.#offered);
    if (place < this.capacity) this.put(place, example);
  }

  /** Stores a copy of an example at a place. */
  put(place: number, { examples, row, task }: ExampleReference): void {
    examples.readStored([row], this.#slot(place));
    this.labels[place] = examples.labels[row] as number;
    this.tasks[place] = task;
  }

  /** Copies of up to `size` different held examples, at random; examples offered later do not change them. */
  sample(size: number, random: Random): ExampleReference[] {
    const drawn = random.sample(this.#count, size);
    const copies = new ExampleMemory(drawn.length, this);
    return Array.from(drawn, (row, place) => {
      const task = this.tasks[row] as number;
      copies.put(place, { examples: this, row, task });
      return { examples: copies, row: place, task };
    });
  }

  readStored(rows: ArrayLike<number>, into: StoredValues): void {
    const size = sizeOf(this.shape);
    for (let index = 0; index < rows.length; index++)
      into.set(this.#slot(rows[index] as number), index * size);
  }

  /** What a checkpoint must hold. */
  toTensors(): Record<string, FileTensor> {
    const shape = [this.capacity];
    return {
      'memory.values': {
        shape: [this.capacity, ...this.shape],
        data: this.#values,
      },
      'memory.labels': { shape, data: this.labels },
      'memory.tasks': { shape, data: this.tasks },
      'memory.counts': {
        shape: [2],
        data: Int32Array.of(this.#count, this.#offered),
      },
    };
  }

  /** Takes over what {@link toTensors} gave. */
  restore(tensors: Readonly<Record<string, FileTensor>>): void {
    this.#values.set(tensors['memory.values']?.data ?? []);
    this.labels.set(tensors['memory.labels']?.data ?? []);
    this.tasks.set(tensors['memory.tasks']?.data ?? []);
    [this.#count = 0, this.#offered = 0] = tensors['memory.counts']?.data ?? [];
  }

  #slot(place: number): StoredValues {
    const size = sizeOf(this.shape);
    return this.#values.subarray(place * size, (place + 1) * size);
  }
}
