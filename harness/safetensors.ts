import { Buffer } from 'node:buffer';
import { UserError } from './errors.ts';
import { sizeOf } from './engine/tensor.ts';

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

/** The bytes of a safetensors file: header length, JSON header, then the values in order of name. */
export function encodeSafetensors({ tensors, metadata }: FileContents): Buffer {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Buffer[] = [];
  let offset = 0;
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name] as FileTensor;
    header[name] = { dtype: elementTypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
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
  const fail = (what: string): never => {
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
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors: Record<string, FileTensor> = {};
  for (const [name, entry] of Object.entries(entries)) tensors[name] = readTensor(name, entry, values, fail);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    fail('its metadata is not a map of strings');
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(bytes: Buffer, fail: (what: string) => never): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(bytes.toString('utf8'));
    return isRecord(header) ? header : fail('its header is not a JSON object');
  } catch {
    return fail('its header is not JSON');
  }
}

function readTensor(name: string, entry: unknown, values: Buffer, fail: (what: string) => never): FileTensor {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : fail(`tensor "${name}" has no description`);
  if (typeof dtype !== 'string' || !(dtype in elementTypes)) {
    return fail(`tensor "${name}" has the type ${JSON.stringify(dtype)}; F32, I32 and U8 can be read`);
  }
  const type = elementTypes[dtype as ElementType];
  if (!isCounts(shape)) return fail(`tensor "${name}" has the shape ${JSON.stringify(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`tensor "${name}" has no pair of offsets`);
  const [begin, end] = offsets as [number, number];
  if (end < begin || end > values.length) {
    return fail(`tensor "${name}" lies at bytes ${begin} to ${end}, but there are ${values.length}`);
  }
  if (sizeOf(shape) * type.bytes !== end - begin) {
    return fail(`tensor "${name}" of shape [${shape.join(', ')}] does not fit its ${end - begin} bytes`);
  }
  // A copy, because a typed array must start at a multiple of its element's size.
  const copy = new Uint8Array(end - begin);
  copy.set(values.subarray(begin, end));
  return { shape, data: type.view(copy.buffer) };
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
