import { randomBytes } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import type { StoredValues } from './examples.ts';
import { bytesPerValue, FileRows, MemoryRows, type RowStore, type Storage, valuesOf } from './row-store.ts';

/** Rows of one table are kept in memory up to this many bytes. */
export const defaultMemoryLimit = 512 * 1024 * 1024;

const largestChunk = 4 * 1024 * 1024;

/**
 * Collects rows whose number is not known before. They stay in memory up to `memoryLimit` bytes; beyond it, all of
 * them move to a scratch file in the system's folder for temporary files, which vanishes when it is closed or the
 * process ends.
 */
export class RowWriter {
  readonly #storage: Storage;
  readonly #rowSize: number;
  readonly #memoryLimit: number;
  readonly #rowsPerChunk: number;
  readonly #full: StoredValues[] = [];
  #current: StoredValues | undefined;
  #rowsInCurrent = 0;
  #count = 0;
  #scratch: { path: string; descriptor: number; written: number } | undefined;

  constructor(storage: Storage, rowSize: number, memoryLimit: number = defaultMemoryLimit) {
    this.#storage = storage;
    this.#rowSize = rowSize;
    this.#memoryLimit = memoryLimit;
    const chunkBytes = Math.min(largestChunk, memoryLimit);
    this.#rowsPerChunk = Math.max(1, Math.floor(chunkBytes / (rowSize * bytesPerValue(storage))));
  }

  /** Adds one row; it is copied. */
  append(row: StoredValues): void {
    if (row.length !== this.#rowSize) {
      throw new RangeError(`a row of ${row.length} values was added to rows of ${this.#rowSize}`);
    }
    this.#current ??= valuesOf(
      this.#storage,
      new ArrayBuffer(this.#rowsPerChunk * this.#rowSize * bytesPerValue(this.#storage)),
    );
    this.#current.set(row, this.#rowsInCurrent * this.#rowSize);
    this.#rowsInCurrent++;
    this.#count++;
    if (this.#rowsInCurrent === this.#rowsPerChunk) this.#endChunk();
  }

  /** The rows added; the writer must not be used afterwards. */
  finish(): RowStore {
    const layout = { storage: this.#storage, count: this.#count, rowSize: this.#rowSize };
    if (this.#current !== undefined) {
      // A copy of the used part, so that a small table does not hold a whole chunk.
      this.#current = this.#current.slice(0, this.#rowsInCurrent * this.#rowSize);
      this.#endChunk();
    }
    if (this.#scratch !== undefined) return new FileRows(layout, { ...this.#scratch, offset: 0 });
    return new MemoryRows(layout, this.#full, this.#rowsPerChunk);
  }

  /** Lets go of the rows; for when what they come from turned out to be wrong. */
  discard(): void {
    this.#full.length = 0;
    if (this.#scratch === undefined) return;
    closeSync(this.#scratch.descriptor);
    this.#scratch = undefined;
  }

  #endChunk(): void {
    const chunk = this.#current;
    if (chunk === undefined) return;
    this.#rowsInCurrent = 0;
    if (this.#scratch !== undefined) {
      this.#write(chunk);
      return;
    }
    this.#full.push(chunk);
    this.#current = undefined;
    if (this.#count * this.#rowSize * bytesPerValue(this.#storage) > this.#memoryLimit) this.#moveToFile();
  }

  #moveToFile(): void {
    this.#scratch = { ...openScratchFile(), written: 0 };
    for (const chunk of this.#full) this.#write(chunk);
    this.#full.length = 0;
  }

  #write(chunk: StoredValues): void {
    const scratch = this.#scratch;
    if (scratch === undefined) return;
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let done = 0;
    try {
      while (done < bytes.length) {
        done += writeSync(scratch.descriptor, bytes, done, bytes.length - done, scratch.written + done);
      }
    } catch (thrown) {
      this.discard();
      throw noScratchFile(thrown);
    }
    scratch.written += bytes.length;
  }
}

/** Opens a file that has no name any more, so that even a killed process leaves nothing behind. */
function openScratchFile(): { path: string; descriptor: number } {
  const path = join(tmpdir(), `palimpsest-rows-${process.pid}-${randomBytes(6).toString('hex')}`);
  let descriptor: number;
  try {
    descriptor = openSync(path, 'wx+', 0o600);
  } catch (thrown) {
    throw noScratchFile(thrown);
  }
  try {
    unlinkSync(path);
  } catch {
    // Some systems do not delete open files.
    process.once('exit', () => unlinkSync(path));
  }
  return { path, descriptor };
}

function noScratchFile(thrown: unknown): UserError {
  return new UserError(
    `The rows of a large table could not be written to ${tmpdir()} (${messageOf(thrown)}). ` +
      'Make room there, or name another folder by the environment variable TMPDIR.',
  );
}
