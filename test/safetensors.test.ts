import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../harness/engine/tensor.ts';
import { UserError } from '../harness/errors.ts';
import { decodeSafetensors, encodeSafetensors, type FileContents } from '../harness/safetensors.ts';

/** A file with the given header, which may be anything, and the values. */
function fileOf(header: unknown, values: readonly number[] = []): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.from(values)]);
}

function decode(bytes: Buffer): FileContents {
  return decodeSafetensors(bytes, 'some.safetensors');
}

/** The error's message without the file's name and the advice. */
function complaint(bytes: Buffer): string {
  try {
    decode(bytes);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UserError);
    const message = (thrown as UserError).message;
    return (
      /^some\.safetensors is not a whole safetensors file: (.*)\. Fetch or write it again\.$/s.exec(
        message,
      )?.[1] ?? ''
    );
  }
  return 'none';
}

const small = encodeSafetensors({
  tensors: { b: { shape: [2], data: Float32Array.of(1, -2) }, a: { shape: [], data: Int32Array.of(7) } },
  metadata: { step: '3' },
});

describe('encodeSafetensors', () => {
  it('writes the bytes of the format, values in order of name', () => {
    const header =
      '{"__metadata__":{"step":"3"},"a":{"dtype":"I32","shape":[],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    const values = [7, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0];
    expect(small.equals(fileOf(padded, values))).toBe(true);
  });

  it('writes a part of a larger buffer alone', () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const { tensors } = decode(encodeSafetensors({ tensors: { x: { shape: [2], data } }, metadata: {} }));
    expect(tensors.x?.data).toEqual(Float32Array.of(2, 3));
  });

  it("refuses a tensor with the metadata's name", () => {
    const tensors = { __metadata__: { shape: [0], data: new Uint8Array() } };
    expect(() => encodeSafetensors({ tensors, metadata: {} })).toThrow(UserError);
  });
});

describe('a round trip', () => {
  const shapes = fc.array(fc.nat(3), { maxLength: 4 });
  const tensor = fc
    .tuple(shapes, fc.constantFrom(Float32Array, Int32Array, Uint8Array), fc.nat())
    .map(([shape, Type, seed]) => {
      const values = Array.from({ length: sizeOf(shape) }, (_, index) => (seed + index) % 251);
      return { shape, data: new Type(values) };
    });
  const names = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('__proto__', 'constructor', 'toString', '1', ''),
  );
  const contents = fc.record({
    tensors: fc.array(fc.tuple(names, tensor)).map((entries) => Object.fromEntries(entries)),
    metadata: fc
      .array(fc.tuple(names, fc.string({ unit: 'grapheme' })))
      .map((entries) => Object.fromEntries(entries)),
  });

  it('gives back names, shapes, types, values and metadata', () => {
    fc.assert(
      fc.property(contents, (written) => {
        const read = decode(encodeSafetensors(written));
        const sorted = (record: object): [string, unknown][] =>
          Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(read.tensors)).toEqual(sorted(written.tensors));
        expect(sorted(read.metadata)).toEqual(sorted(written.metadata));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('keeps NaN, infinities and −0 bit for bit', () => {
    const data = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45);
    const { tensors } = decode(encodeSafetensors({ tensors: { x: { shape: [5], data } }, metadata: {} }));
    expect(tensors.x?.data).toEqual(data);
  });
});

describe('a damaged file', () => {
  it.each(Array.from({ length: small.length }, (_, length) => length))(
    'of the first %i bytes is refused',
    (length) => {
      expect(complaint(small.subarray(0, length))).toMatch(/^(it has|its header|tensor)/);
    },
  );

  it.each([
    [2n ** 64n - 1n, 'its header claims 18446744073709551615 bytes'],
    [2n ** 63n, 'its header claims 9223372036854775808 bytes'],
    [100_000_001n, 'its header claims 100000001 bytes'],
    [1000n, 'its header claims 1000 bytes'],
    [1n, 'its header is not JSON'],
    [0n, 'its header is not JSON'],
  ])('whose header claims %i bytes is refused', (length, message) => {
    const lying = Buffer.from(small);
    lying.writeBigUInt64LE(length);
    expect(complaint(lying)).toContain(message);
  });

  it('mutated anywhere is read or refused, and nothing else', () => {
    const mutation = fc.tuple(fc.nat(small.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.nat(8), (mutations, cut) => {
        const bytes = Buffer.from(small.subarray(0, small.length - cut));
        for (const [place, value] of mutations) if (place < bytes.length) bytes[place] = value;
        try {
          decode(bytes);
        } catch (thrown) {
          if (!(thrown instanceof UserError)) throw thrown;
        }
      }),
      { seed: 1, numRuns: 100_000 },
    );
  });
});

describe('a lying header', () => {
  const f32 = (shape: unknown, offsets: unknown): object => ({ dtype: 'F32', shape, data_offsets: offsets });
  const eight = [0, 0, 0, 0, 0, 0, 0, 0];
  const huge = Number.MAX_SAFE_INTEGER;

  it.each([
    ['not JSON', '{"x":', [], 'its header is not JSON'],
    ['a list', [], [], 'its header is not a JSON object'],
    ['null', null, [], 'its header is not a JSON object'],
    ['nested without end', '['.repeat(100_000), [], 'its header is not JSON'],
    ['a tensor that is a number', { x: 1 }, [], 'tensor "x" has no description'],
    ['no type', { x: { shape: [], data_offsets: [0, 4] } }, eight, 'tensor "x" has the type none'],
    [
      'a type of another kind',
      { x: { ...f32([2], [0, 8]), dtype: 'BF16' } },
      eight,
      'tensor "x" has the type "BF16"',
    ],
    [
      "a type that is a method's name",
      { x: { ...f32([2], [0, 8]), dtype: 'toString' } },
      eight,
      'has the type "toString"',
    ],
    ['a negative dimension', { x: f32([-2], [0, 8]) }, eight, 'has the shape [-2]'],
    ['a broken dimension', { x: f32([0.5], [0, 8]) }, eight, 'has the shape [0.5]'],
    ['a shape of text', { x: f32('2', [0, 8]) }, eight, 'has the shape "2"'],
    ['one offset', { x: f32([2], [8]) }, eight, 'has no pair of offsets'],
    ['a negative offset', { x: f32([2], [-8, 0]) }, eight, 'has no pair of offsets'],
    ['offsets beyond the file', { x: f32([4], [0, 16]) }, eight, 'lies at bytes 0 to 16, but there are 8'],
    ['offsets the wrong way round', { x: f32([2], [8, 0]) }, eight, 'lies at bytes 8 to 0'],
    ['offsets at the largest integer', { x: f32([2], [huge - 8, huge]) }, eight, 'but there are 8'],
    ['a shape that is too small', { x: f32([1], [0, 8]) }, eight, 'of shape [1] does not fit its 8 bytes'],
    ['a shape that overflows', { x: f32([huge, huge], [0, 8]) }, eight, 'does not fit its 8 bytes'],
    [
      'a product that is 8 modulo 2⁶⁴',
      { x: f32([2 ** 52, 2 ** 12, 2], [0, 8]) },
      eight,
      'does not fit its 8 bytes',
    ],
    [
      'a product that is not a number',
      { x: f32([...Array(30).fill(huge), 0], [0, 8]) },
      eight,
      'does not fit its 8 bytes',
    ],
    [
      'tensors that overlap',
      { x: f32([2], [0, 8]), y: f32([1], [4, 8]) },
      eight,
      'tensor "y" begins at byte 4',
    ],
    [
      'two tensors of the same bytes',
      { x: f32([2], [0, 8]), y: f32([2], [0, 8]) },
      eight,
      'tensor "y" begins at byte 0',
    ],
    ['a gap', { x: f32([1], [4, 8]) }, eight, 'tensor "x" begins at byte 4'],
    ['bytes of no tensor', { x: f32([1], [0, 4]) }, eight, 'its tensors end at byte 4, but there are 8'],
    ['metadata that is a list', { __metadata__: ['a'] }, [], 'its metadata is not a map of strings'],
    ['metadata of numbers', { __metadata__: { a: 1 } }, [], 'its metadata is not a map of strings'],
  ])('with %s is refused', (_, header, values, message) => {
    expect(complaint(fileOf(header, values))).toContain(message);
  });

  it('is not repeated at length', () => {
    expect(complaint(fileOf({ ['x'.repeat(1e6)]: f32(Array(1e5).fill(1.5), []) })).length).toBeLessThan(300);
  });

  it('cannot reach the prototypes of objects', () => {
    const header =
      '{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"__proto__":"x"}}';
    const { tensors, metadata } = decode(fileOf(header, eight));
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(Object.keys(metadata)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
    expect('shape' in {}).toBe(false);
  });

  it('that names a tensor twice counts once', () => {
    const entry = '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
    expect(Object.keys(decode(fileOf(`{"x":{},"x":${entry}}`, eight)).tensors)).toEqual(['x']);
  });
});
