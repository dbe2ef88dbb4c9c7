import { Buffer } from 'node:buffer';
import { sizeOf } from './engine/tensor.ts';
import { UserError } from './errors.ts';

/** A tensor of a safetensors file. `U8` holds stored pixels, `F32` and `I32` what the engines know. */
export interface FileTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** What a safetensors file holds. */
export interface FileContents {
  readonly tensors: Readonly<Record<string, FileTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const elementTypes = {
  F32: { bytes: 4, view: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  I32: { bytes: 4, view: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  U8: { bytes: 1, view: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
} as const;

type ElementType = keyof typeof elementTypes;

/** The format's own limit on the length of a header, in bytes. */
const headerLimit = 100_000_000;

/** The header's key beside the tensors' names. */
const metadataKey = '__metadata__';

/**
 * The bytes of a safetensors file: header length, JSON header, then the values in order of name.
 * @throws UserError when a tensor has the name that the format keeps for the metadata
 */
export function encodeSafetensors({ tensors, metadata }: FileContents): Buffer {
  if (Object.hasOwn(tensors, metadataKey)) {
    throw new UserError(`A tensor cannot be called "${metadataKey}" in a safetensors file; rename it.`);
  }
  const entries: [string, unknown][] = [[metadataKey, metadata]];
  const parts: Buffer[] = [];
  let offset = 0;
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name] as FileTensor;
    const end = offset + data.byteLength;
    entries.push([name, { dtype: elementTypeOf(data), shape, data_offsets: [offset, end] }]);
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padding = Buffer.alloc((8 - (json.length % 8)) % 8, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length + padding.length));
  return Buffer.concat([length, json, padding, ...parts]);
}

/**
 * Reads a safetensors file's bytes. Every length and offset is checked against the bytes that are there
 * before anything is allocated.
 * @param where the file's name, for errors
 * @throws UserError when the file is truncated, or its header is not what the format says
 */
export function decodeSafetensors(bytes: Buffer, where: string): FileContents {
  const fail: Fail = (what) => {
    throw new UserError(`${where} is not a whole safetensors file: ${what}. Fetch or write it again.`);
  };
  if (bytes.length < 8) fail(`it has ${bytes.length} bytes, fewer than the 8 of the header's length`);
  const headerLength = bytes.readBigUInt64LE(0);
  if (headerLength > BigInt(headerLimit) || headerLength > BigInt(bytes.length - 8)) {
    fail(`its header claims ${headerLength} bytes, but ${bytes.length - 8} follow`);
  }
  const valuesStart = 8 + Number(headerLength);
  const header = parseHeader(bytes.subarray(8, valuesStart), fail);
  const values = bytes.subarray(valuesStart);
  const { [metadataKey]: metadata = {}, ...descriptions } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    fail('its metadata is not a map of strings');
  }
  const entries = Object.entries(descriptions).map(([name, description]): [string, Entry] => [
    name,
    readEntry(name, description, values.length, fail),
  ]);
  checkCover(entries, values.length, fail);
  return {
    // Not by assignment, for which a tensor called __proto__ would be something else.
    tensors: Object.fromEntries(entries.map(([name, entry]) => [name, readTensor(entry, values)])),
    metadata: metadata as Record<string, string>,
  };
}

type Fail = (what: string) => never;

/** A tensor's description in the header. */
interface Entry {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Buffer, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('its header is not JSON');
  }
  return isRecord(header) ? header : fail('its header is not a JSON object');
}

function readEntry(name: string, description: unknown, available: number, fail: Fail): Entry {
  const tensor = `tensor ${shown(name)}`;
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = isRecord(description) ? description : fail(`${tensor} has no description`);
  if (typeof dtype !== 'string' || !Object.hasOwn(elementTypes, dtype)) {
    return fail(`${tensor} has the type ${shown(dtype)}; F32, I32 and U8 can be read`);
  }
  const type = dtype as ElementType;
  if (!isCounts(shape)) return fail(`${tensor} has the shape ${shown(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`${tensor} has no pair of offsets`);
  const [begin, end] = offsets as [number, number];
  if (end < begin || end > available) {
    return fail(`${tensor} lies at bytes ${begin} to ${end}, but there are ${available}`);
  }
  if (sizeOf(shape) * elementTypes[type].bytes !== end - begin) {
    return fail(`${tensor} of shape ${shown(shape)} does not fit its ${end - begin} bytes`);
  }
  return { type, shape, begin, end };
}

/** The format wants every byte to belong to one tensor. Without that, a small file could ask for a lot of memory. */
function checkCover(entries: readonly [string, Entry][], available: number, fail: Fail): void {
  let covered = 0;
  for (const [name, { begin, end }] of entries.toSorted(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered)
      fail(`tensor ${shown(name)} begins at byte ${begin}, but the one before ends at ${covered}`);
    covered = end;
  }
  if (covered !== available) fail(`its tensors end at byte ${covered}, but there are ${available}`);
}

function readTensor({ type, shape, begin, end }: Entry, values: Buffer): FileTensor {
  // A copy, because a typed array must start at a multiple of its element's size.
  const copy = new Uint8Array(end - begin);
  copy.set(values.subarray(begin, end));
  return { shape, data: elementTypes[type].view(copy.buffer) };
}

/** A part of the header as an error shows it: a hostile one can be very long. */
function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? 'none';
  return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}

function elementTypeOf(data: FileTensor['data']): ElementType {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}
