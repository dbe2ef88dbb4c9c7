import { closeSync, readSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Encoding, StoredValues } from './examples.ts';

/** Type in which values are kept. */
export type Storage = Encoding['storage'];

/** Rows of equal length, in memory or in a file. */
export interface RowStore {
  readonly storage: Storage;
  readonly count: number;
  /** Values (not bytes) in a row. */
  readonly rowSize: number;
  /**
   * Copies the given rows into `into`, one after the other, from its start. `uint8` rows may be read into a
   * `Float32Array`, where they keep their value.
   * @throws RangeError for a row that does not exist
   */
  read(rows: ArrayLike<number>, into: StoredValues): void;
  /** Closes the file behind the rows, if there is one. */
  close(): void;
}

/** Stored values of `bytes` read as the given type. */
export function valuesOf(storage: Storage, bytes: ArrayBuffer, offset = 0, length?: number): StoredValues {
  return storage === 'uint8'
    ? new Uint8Array(bytes, offset, length)
    : new Float32Array(bytes, offset, length === undefined ? undefined : length / 4);
}

/** Bytes that one stored value takes. */
export function bytesPerValue(storage: Storage): number {
  return storage === 'uint8' ? 1 : 4;
}

/** Rows in memory, in chunks of `rowsPerChunk` rows. */
export class MemoryRows implements RowStore {
  readonly storage: Storage;
  readonly count: number;
  readonly rowSize: number;
  readonly #chunks: readonly StoredValues[];
  readonly #rowsPerChunk: number;

  constructor(
    layout: { storage: Storage; count: number; rowSize: number },
    chunks: readonly StoredValues[],
    rowsPerChunk: number,
  ) {
    this.storage = layout.storage;
    this.count = layout.count;
    this.rowSize = layout.rowSize;
    this.#chunks = chunks;
    this.#rowsPerChunk = rowsPerChunk;
  }

  read(rows: ArrayLike<number>, into: StoredValues): void {
    checkTarget(this, into);
    const size = this.rowSize;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] as number;
      const chunk = this.#chunks[Math.floor(row / this.#rowsPerChunk)];
      if (chunk === undefined || row >= this.count) throw noSuchRow(row, this.count);
      const start = (row % this.#rowsPerChunk) * size;
      into.set(chunk.subarray(start, start + size), index * size);
    }
  }

  close(): void {
    // Memory needs no closing.
  }
}

/** Closes files of stores that were dropped without `close`. */
const openFiles = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** Rows in a file, fetched by position when they are asked for. */
export class FileRows implements RowStore {
  readonly storage: Storage;
  readonly count: number;
  readonly rowSize: number;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #offset: number;
  #scratch = new Uint8Array(0);
  #open = true;

  /** Takes over the open file `descriptor`; the rows start at byte `offset`. */
  constructor(
    layout: { storage: Storage; count: number; rowSize: number },
    file: { path: string; descriptor: number; offset: number },
  ) {
    this.storage = layout.storage;
    this.count = layout.count;
    this.rowSize = layout.rowSize;
    this.#path = file.path;
    this.#descriptor = file.descriptor;
    this.#offset = file.offset;
    openFiles.register(this, file.descriptor, this);
  }

  read(rows: ArrayLike<number>, into: StoredValues): void {
    checkTarget(this, into);
    if (this.storage === 'uint8' && into instanceof Float32Array) {
      const length = rows.length * this.rowSize;
      if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
      this.#readBytes(rows, this.#scratch);
      into.set(this.#scratch.subarray(0, length));
      return;
    }
    this.#readBytes(rows, new Uint8Array(into.buffer, into.byteOffset, into.byteLength));
  }

  #readBytes(rows: ArrayLike<number>, bytes: Uint8Array): void {
    const rowBytes = this.rowSize * bytesPerValue(this.storage);
    let index = 0;
    while (index < rows.length) {
      const first = rows[index] as number;
      let run = 1;
      // Neighbouring rows come in one read: evaluation asks for them in order.
      while (index + run < rows.length && rows[index + run] === first + run) run++;
      if (!(first >= 0 && first + run <= this.count)) throw noSuchRow(first + run - 1, this.count);
      const target = bytes.subarray(index * rowBytes, (index + run) * rowBytes);
      readFully(this.#descriptor, this.#path, target, this.#offset + first * rowBytes);
      index += run;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    openFiles.unregister(this);
    closeSync(this.#descriptor);
  }
}

/**
 * Fills `target` from the given position of a file.
 * @throws UserError if the file ends before `target` is full
 */
export function readFully(descriptor: number, path: string, target: Uint8Array, position: number): void {
  let done = 0;
  while (done < target.length) {
    const bytes = readSync(descriptor, target, done, target.length - done, position + done);
    if (bytes === 0) {
      throw new UserError(
        `${path} ends at byte ${position + done}; it was shortened while in use. Get it anew.`,
      );
    }
    done += bytes;
  }
}

function checkTarget(store: RowStore, into: StoredValues): void {
  if (store.storage === 'float32' && !(into instanceof Float32Array)) {
    throw new TypeError('float32 rows can only be read into a Float32Array');
  }
}

function noSuchRow(row: number, count: number): RangeError {
  return new RangeError(`row ${row} does not exist; there are ${count} rows, counted from 0`);
}
