import type { Encoding, Examples, StoredValues } from './examples.ts';
import type { RawSet } from './raw-dataset.ts';
import type { RowStore } from './row-store.ts';
import type { RowFilter } from './task-plan.ts';

/** Rows of one table that belong to a task, with the answers wanted. Tasks with the same rows share it. */
export interface PickedRows {
  readonly store: RowStore;
  /** Positions in the store. */
  readonly rows: Int32Array;
  /** Output index of each row. */
  readonly labels: Int32Array;
}

/** The rows of a set that a filter takes, in their order. */
export function pickRows(set: RawSet, filter: RowFilter): PickedRows {
  const { labels, domains, rows: store } = set.table;
  const rows = set.rows.filter((row) => {
    const inDomain = filter.domain === null || domains?.[row] === filter.domain;
    return inDomain && (filter.outputOf[labels[row] as number] as number) >= 0;
  });
  return { store, rows, labels: rows.map((row) => filter.outputOf[labels[row] as number] as number) };
}

/** Examples that copy nothing: they read their rows from the shared store and move values while reading. */
export class ExampleView implements Examples {
  readonly count: number;
  readonly shape: readonly number[];
  readonly encoding: Encoding;
  readonly labels: Int32Array;
  readonly #picked: PickedRows;
  readonly #sources: Int32Array | null;
  #scratch: StoredValues | undefined;

  /** @param sources where each value comes from in the stored input, -1 for 0; null for as stored */
  constructor(
    picked: PickedRows,
    input: { shape: readonly number[]; encoding: Encoding },
    sources: Int32Array | null,
  ) {
    this.count = picked.rows.length;
    this.shape = input.shape;
    this.encoding = input.encoding;
    this.labels = picked.labels;
    this.#picked = picked;
    this.#sources = sources;
  }

  readStored(rows: ArrayLike<number>, into: StoredValues): void {
    const wanted = new Int32Array(rows.length);
    for (let index = 0; index < rows.length; index++) {
      const row = this.#picked.rows[rows[index] as number];
      if (row === undefined)
        throw new RangeError(`example ${rows[index]} does not exist; there are ${this.count}`);
      wanted[index] = row;
    }
    const { store } = this.#picked;
    if (this.#sources === null) {
      store.read(wanted, into);
      return;
    }
    const stored = this.#stored(rows.length * store.rowSize);
    store.read(wanted, stored);
    moveValues(stored, store.rowSize, into, this.#sources, rows.length);
  }

  /** Room for `length` values, kept from call to call. */
  #stored(length: number): StoredValues {
    if (this.#scratch === undefined || this.#scratch.length < length) {
      this.#scratch = this.encoding.storage === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
    }
    return this.#scratch;
  }
}

/** Rows of `rowSize` values become rows of `sources.length` values. */
function moveValues(
  from: StoredValues,
  rowSize: number,
  into: StoredValues,
  sources: Int32Array,
  count: number,
): void {
  const size = sources.length;
  for (let row = 0; row < count; row++) {
    const [read, write] = [row * rowSize, row * size];
    for (let index = 0; index < size; index++) {
      const source = sources[index] as number;
      into[write + index] = source < 0 ? 0 : (from[read + source] as number);
    }
  }
}
