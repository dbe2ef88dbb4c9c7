import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { messageOf, UserError } from '../../errors.ts';
import { allRows, type RawDataset, type RawTable } from '../raw-dataset.ts';
import { FileRows, MemoryRows, type RowStore, readFully } from '../row-store.ts';
import { RowWriter } from '../row-writer.ts';
import type { DataFile, IdxPart, ReaderSpec } from '../scenario.ts';
import { type CheckedFile, checkFile, type ReaderContext } from './data-file.ts';
import { broken, type IdxHeader, isGzip, longestHeader, parseIdxHeader } from './idx-header.ts';

type IdxSpec = Extract<ReaderSpec, { kind: 'idx' }>;

/** The examples of one IDX file. */
export interface IdxFile {
  /** Lengths of the dimensions; the first is the number of examples. */
  readonly dimensions: readonly number[];
  /** One row an example, `uint8`: its bytes. */
  readonly rows: RowStore;
  /** Bytes in one value: 1, or 2 with the higher one first. */
  readonly valueSize: number;
}

/**
 * Reads a dataset of IDX files (plain or gzipped; told apart by their first bytes). Images of two dimensions get one
 * channel.
 * @throws UserError for files that are missing, damaged, of unequal length, or have labels beyond the classes
 */
export async function readIdxDataset(spec: IdxSpec, context: ReaderContext): Promise<RawDataset> {
  const checksums: string[] = [];
  const train = await readPart(spec.train, spec, context, checksums);
  const validation =
    spec.validation === undefined ? null : await readPart(spec.validation, spec, context, checksums);
  const test = await readPart(spec.test, spec, context, checksums);
  requireShape(train, test, 'test', context);
  if (validation !== null) requireShape(train, validation, 'validation', context);
  return {
    shape: train.shape,
    classes: spec.classes,
    domains: spec.domains ?? [],
    train: allRows(train.table),
    validation: validation && allRows(validation.table),
    test: allRows(test.table),
    checksums,
  };
}

interface Part {
  readonly table: RawTable;
  readonly shape: readonly number[];
}

function requireShape(train: Part, other: Part, name: string, context: ReaderContext): void {
  if (train.shape.join() === other.shape.join()) return;
  throw new UserError(
    `Dataset "${context.dataset}": training images are ${train.shape.join(' × ')}, ` +
      `${name} images ${other.shape.join(' × ')}. Take all files from one release.`,
  );
}

async function readPart(
  part: IdxPart,
  spec: IdxSpec,
  context: ReaderContext,
  checksums: string[],
): Promise<Part> {
  const images = await checkFile(part.images, context);
  checksums.push(images.sha256);
  const inputs = await readIdx(images, context.memoryLimit);
  if (inputs.valueSize !== 1) throw broken(images.path, 'its images are 16-bit integers, not unsigned bytes');
  const numbersIn = async (file: DataFile, kind: 'label' | 'domain', names: readonly string[]) => {
    const checked = await checkFile(file, context);
    checksums.push(checked.sha256);
    return readNumbers(checked, { kind, names, images: images.path, count: inputs.rows.count }, context);
  };
  const table = {
    rows: inputs.rows,
    labels: await numbersIn(part.labels, 'label', spec.classes),
    domains:
      part.domains === undefined || spec.domains === undefined
        ? null
        : await numbersIn(part.domains, 'domain', spec.domains),
  };
  const lengths = inputs.dimensions.slice(1);
  return { table, shape: lengths.length === 2 ? [1, ...lengths] : lengths.length === 0 ? [1] : lengths };
}

/** Reads one number an image, each the position of a name. */
async function readNumbers(
  file: CheckedFile,
  wanted: { kind: 'label' | 'domain'; names: readonly string[]; images: string; count: number },
  context: ReaderContext,
): Promise<Int32Array> {
  const { kind, names } = wanted;
  const { rows, dimensions, valueSize } = await readIdx(file, context.memoryLimit);
  if (dimensions.length !== 1) {
    throw broken(file.path, `${kind}s have one dimension, not ${dimensions.length}`);
  }
  if (rows.count !== wanted.count) {
    throw new UserError(
      `${wanted.images} holds ${wanted.count} images, but ${file.path} ${rows.count} ${kind}s. ` +
        'Take both from one release.',
    );
  }
  const bytes = new Uint8Array(rows.count * valueSize);
  rows.read(
    Int32Array.from({ length: rows.count }, (_, index) => index),
    bytes,
  );
  rows.close();
  const view = new DataView(bytes.buffer);
  const numbers = Int32Array.from({ length: rows.count }, (_, index) =>
    valueSize === 1 ? view.getUint8(index) : view.getInt16(2 * index),
  );
  const wrong = numbers.findIndex((number) => number < 0 || number >= names.length);
  if (wrong >= 0) {
    const [many, every] = kind === 'label' ? ['classes', 'class'] : ['domains', 'domain'];
    throw new UserError(
      `${file.path}: ${kind} ${numbers[wrong]} of example ${wrong} is out of range; ` +
        `the dataset declares ${names.length} ${many}, 0 to ${names.length - 1}. ` +
        `Declare every ${every}, or get the file anew.`,
    );
  }
  return numbers;
}

/**
 * Reads one IDX file of unsigned bytes or 16-bit integers. An uncompressed file larger than `memoryLimit` stays on
 * disk and its rows are fetched by position.
 * @throws UserError if the file is not what its header says
 */
export async function readIdx(file: CheckedFile, memoryLimit: number): Promise<IdxFile> {
  const descriptor = openSync(file.path, 'r');
  let keepOpen = false;
  try {
    const start = new Uint8Array(Math.min(longestHeader, file.size));
    readSync(descriptor, start, 0, start.length, 0);
    if (isGzip(start)) return await readCompressed(file, memoryLimit);
    const header = parseIdxHeader(start, file.path);
    checkLength(header, file.size, file.path);
    const layout = { storage: 'uint8', count: header.count, rowSize: header.rowSize } as const;
    if (header.count * header.rowSize > memoryLimit) {
      keepOpen = true;
      const rows = new FileRows(layout, { path: file.path, descriptor, offset: header.length });
      return { dimensions: header.dimensions, rows, valueSize: header.valueSize };
    }
    const bytes = new Uint8Array(header.count * header.rowSize);
    readFully(descriptor, file.path, bytes, header.length);
    const rows = new MemoryRows(layout, [bytes], header.count);
    return { dimensions: header.dimensions, rows, valueSize: header.valueSize };
  } finally {
    if (!keepOpen) closeSync(descriptor);
  }
}

function checkLength(header: IdxHeader, size: number, path: string): void {
  const expected = header.length + header.count * header.rowSize;
  if (size === expected) return;
  const fault = size < expected ? 'it is truncated' : 'it has bytes beyond its end';
  throw broken(
    path,
    `${fault}: its header (${header.dimensions.join(' × ')}) needs ${expected} bytes, it has ${size}`,
  );
}

/** Deflate cannot shrink data further than this. */
const strongestCompression = 1032;

async function readCompressed(file: CheckedFile, memoryLimit: number): Promise<IdxFile> {
  const assembler = new RowAssembler(file, memoryLimit);
  try {
    const source = createReadStream(file.path, { highWaterMark: 256 * 1024 });
    const plain = createGunzip({ chunkSize: 256 * 1024 });
    source.on('error', (error) => plain.destroy(error));
    plain.on('close', () => source.destroy());
    for await (const bytes of source.pipe(plain)) assembler.take(bytes as Buffer);
  } catch (error) {
    assembler.discard();
    if (error instanceof UserError) throw error;
    throw broken(file.path, `it cannot be decompressed (${messageOf(error)})`);
  }
  return assembler.finish();
}

/** Makes rows of decompressed bytes that come in pieces of any length. */
class RowAssembler {
  readonly #file: CheckedFile;
  readonly #memoryLimit: number;
  #start = Buffer.alloc(0);
  #header: IdxHeader | undefined;
  #writer: RowWriter | undefined;
  #row = new Uint8Array(0);
  #filled = 0;
  #size = 0;

  constructor(file: CheckedFile, memoryLimit: number) {
    this.#file = file;
    this.#memoryLimit = memoryLimit;
  }

  take(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#header !== undefined) {
      this.#takeRows(this.#header, bytes);
      return;
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    if (this.#start.length >= longestHeader) this.#begin();
  }

  discard(): void {
    this.#writer?.discard();
  }

  finish(): IdxFile {
    const header = this.#header ?? this.#begin();
    checkLength(header, this.#size, this.#file.path);
    if (this.#writer === undefined) throw new Error('a header was read, but no writer made');
    return { dimensions: header.dimensions, rows: this.#writer.finish(), valueSize: header.valueSize };
  }

  #begin(): IdxHeader {
    const { path, size } = this.#file;
    const header = parseIdxHeader(this.#start.subarray(0, longestHeader), path);
    const promised = header.count * header.rowSize;
    if (promised > size * strongestCompression) {
      throw broken(
        path,
        `its header says ${header.dimensions.join(' × ')}, more than ${size} compressed bytes can hold`,
      );
    }
    this.#header = header;
    this.#row = new Uint8Array(header.rowSize);
    this.#writer = new RowWriter('uint8', header.rowSize, this.#memoryLimit);
    this.#takeRows(header, this.#start.subarray(header.length));
    return header;
  }

  #takeRows(header: IdxHeader, bytes: Buffer): void {
    // Without this, a small file could go on decompressing for ever.
    const expected = header.length + header.count * header.rowSize;
    if (this.#size > expected) checkLength(header, this.#size, this.#file.path);
    let position = 0;
    while (position < bytes.length) {
      const piece = bytes.subarray(position, position + this.#row.length - this.#filled);
      this.#row.set(piece, this.#filled);
      this.#filled += piece.length;
      position += piece.length;
      if (this.#filled < this.#row.length) return;
      this.#writer?.append(this.#row);
      this.#filled = 0;
    }
  }
}
