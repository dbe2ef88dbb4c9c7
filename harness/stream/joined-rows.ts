import type { StoredValues } from './examples.ts';
import type { RowStore, Storage } from './row-store.ts';

/** Rows of several stores, one store after the other. */
export class JoinedRows implements RowStore {
  readonly storage: Storage;
  readonly count: number;
  readonly rowSize: number;
  readonly #stores: readonly RowStore[];
  /** The number of each store's first row. */
  readonly #starts: readonly number[];

  /** @param stores at least one; all of one storage and row size */
  constructor(stores: readonly RowStore[]) {
    const [first] = stores;
    if (first === undefined) throw new RangeError('there are no stores to join');
    if (stores.some((store) => store.storage !== first.storage || store.rowSize !== first.rowSize)) {
      throw new RangeError('stores of different rows cannot be joined');
    }
    this.storage = first.storage;
    this.rowSize = first.rowSize;
    this.#stores = stores;
    let count = 0;
    this.#starts = stores.map((store) => {
      const start = count;
      count += store.count;
      return start;
    });
    this.count = count;
  }

  read(rows: ArrayLike<number>, into: StoredValues): void {
    let index = 0;
    while (index < rows.length) {
      const place = this.#placeOf(rows[index] as number);
      const start = this.#starts[place] as number;
      const end = start + (this.#stores[place] as RowStore).count;
      // Neighbours of one store come in one read.
      const run: number[] = [];
      for (let row = rows[index + run.length]; row !== undefined; row = rows[index + run.length]) {
        if (!(row >= start && row < end)) break;
        run.push(row - start);
      }
      this.#stores[place]?.read(run, into.subarray(index * this.rowSize));
      index += run.length;
    }
  }

  #placeOf(row: number): number {
    if (!(row >= 0 && row < this.count)) {
      throw new RangeError(`row ${row} does not exist; there are ${this.count} rows, counted from 0`);
    }
    return this.#starts.findLastIndex((start) => start <= row);
  }

  close(): void {
    for (const store of this.#stores) store.close();
  }
}
