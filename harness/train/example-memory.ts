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
 * A replay buffer. It holds copies of stored values, so its size in bytes is what it costs, and it is a set of examples
 * itself, so batches can be filled from it.
 */
export class ExampleMemory implements Examples {
  /** Examples that {@link offer} fills it with at most. */
  readonly capacity: number;
  readonly shape: readonly number[];
  readonly encoding: Examples['encoding'];
  #values: StoredValues;
  #labels = new Int32Array(0);
  #tasks = new Int32Array(0);
  #count = 0;
  #offered = 0;

  /** @param like a set whose shape and encoding the memory takes over */
  constructor(capacity: number, like: Pick<Examples, 'shape' | 'encoding'>) {
    this.capacity = capacity;
    this.shape = like.shape;
    this.encoding = like.encoding;
    this.#values = like.encoding.storage === 'uint8' ? new Uint8Array(0) : new Float32Array(0);
  }

  /** Examples held now. */
  get count(): number {
    return this.#count;
  }

  get labels(): Int32Array {
    return this.#labels.subarray(0, this.#count);
  }

  /** Task of each example, from 1. */
  get tasks(): Int32Array {
    return this.#tasks.subarray(0, this.#count);
  }

  /** Bytes of the held examples with their labels and tasks. */
  get bytes(): number {
    return this.#count * (sizeOf(this.shape) * this.#values.BYTES_PER_ELEMENT + 8);
  }

  /**
   * Reservoir sampling (Vitter 1985, Algorithm R): after n offers each of the n examples is held with
   * probability min(1, capacity / n), whatever their order.
   * @returns the place that the example was put at; undefined where it was not taken
   */
  offer(example: ExampleReference, random: Random): number | undefined {
    this.#offered++;
    const place = this.#count < this.capacity ? this.#count : random.integer(this.#offered);
    if (place >= this.capacity) return undefined;
    this.put(place, example);
    return place;
  }

  /** Stores a copy of an example at a place, which is one of the held ones or the next. */
  put(place: number, { examples, row, task }: ExampleReference): void {
    this.#makeRoom(place + 1);
    examples.readStored([row], this.#slot(place));
    this.#labels[place] = examples.labels[row] as number;
    this.#tasks[place] = task;
    this.#count = Math.max(this.#count, place + 1);
  }

  /** Holds copies of these examples alone, in their order. Some may be held already. */
  replaceBy(examples: readonly ExampleReference[]): void {
    const next = this.#copied(examples);
    this.#values = next.#values;
    this.#labels = next.#labels;
    this.#tasks = next.#tasks;
    this.#count = next.#count;
  }

  /** The example at a place, as it is now. */
  at(place: number): ExampleReference {
    return { examples: this, row: place, task: this.#tasks[place] as number };
  }

  /** Places of held examples. @param condition on an example's task; every one when left out */
  places(condition: (task: number) => boolean = () => true): number[] {
    return [...this.tasks.keys()].filter((place) => condition(this.#tasks[place] as number));
  }

  /** Copies of up to `size` different held examples, at random; examples offered later do not change them. */
  sample(size: number, random: Random): ExampleReference[] {
    return this.copies(random.sample(this.#count, size));
  }

  /** Copies of the examples at these places; examples offered later do not change them. */
  copies(places: ArrayLike<number>): ExampleReference[] {
    const copies = this.#copied(Array.from(places, (place) => this.at(place)));
    return Array.from(places, (_, row) => copies.at(row));
  }

  readStored(rows: ArrayLike<number>, into: StoredValues): void {
    const size = sizeOf(this.shape);
    for (let index = 0; index < rows.length; index++)
      into.set(this.#slot(rows[index] as number), index * size);
  }

  /** What a checkpoint must hold. */
  toTensors(): Record<string, FileTensor> {
    const shape = [this.#count];
    return {
      'memory.values': {
        shape: [this.#count, ...this.shape],
        data: this.#values.subarray(0, this.#count * sizeOf(this.shape)),
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
    [this.#count = 0, this.#offered = 0] = tensors['memory.counts']?.data ?? [];
    this.#makeRoom(this.#count);
    this.#values.set(tensors['memory.values']?.data ?? []);
    this.#labels.set(tensors['memory.labels']?.data ?? []);
    this.#tasks.set(tensors['memory.tasks']?.data ?? []);
  }

  #copied(examples: readonly ExampleReference[]): ExampleMemory {
    const copies = new ExampleMemory(examples.length, this);
    copies.#makeRoom(examples.length);
    examples.forEach((example, place) => {
      copies.put(place, example);
    });
    return copies;
  }

  /** Room for so many examples; twice what there was where it is not enough, so that filling up is not quadratic. */
  #makeRoom(places: number): void {
    const before = this.#labels.length;
    if (places <= before) return;
    const room = before === 0 ? places : Math.max(places, Math.min(2 * before, this.capacity));
    const length = room * sizeOf(this.shape);
    const values = this.encoding.storage === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
    values.set(this.#values);
    this.#values = values;
    this.#labels = enlarged(this.#labels, room);
    this.#tasks = enlarged(this.#tasks, room);
  }

  #slot(place: number): StoredValues {
    const size = sizeOf(this.shape);
    return this.#values.subarray(place * size, (place + 1) * size);
  }
}

function enlarged(values: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(values);
  return larger;
}
