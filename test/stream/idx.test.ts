import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readIdx, readIdxDataset } from '../../harness/stream/readers/idx.ts';
import { parseIdxHeader } from '../../harness/stream/readers/idx-header.ts';
import type { ReaderSpec } from '../../harness/stream/scenario.ts';
import { contextOf, idxBytes, temporaryFolder } from './support.ts';

const pixels = Array.from({ length: 3 * 2 * 2 }, (_, index) => index * 20);

async function read(bytes: Uint8Array, memoryLimit = 1e8) {
  const path = join(temporaryFolder({ 'file.idx': bytes }), 'file.idx');
  return await readIdx({ path, size: statSync(path).size, sha256: '' }, memoryLimit);
}

for (const [form, bytes] of [
  ['plain', idxBytes([3, 2, 2], pixels)],
  ['gzipped', gzipSync(idxBytes([3, 2, 2], pixels))],
] as const) {
  for (const memoryLimit of [1e8, 0]) {
    test(`reads a ${form} file with ${memoryLimit} bytes of memory`, async () => {
      const file = await read(bytes, memoryLimit);
      expect(file.dimensions).toEqual([3, 2, 2]);
      const into = new Uint8Array(8);
      file.rows.read([2, 0], into);
      expect([...into]).toEqual([160, 180, 200, 220, 0, 20, 40, 60]);
      file.rows.close();
    });
  }
}

test('reads a gzipped file whose rows end inside the decompressed pieces', async () => {
  const values = Uint8Array.from({ length: 1000 * 28 * 28 }, (_, index) => (index * 7 + (index >> 9)) % 251);
  const file = await read(gzipSync(idxBytes([1000, 28, 28], values)));
  const into = new Uint8Array(values.length);
  file.rows.read(
    Array.from({ length: 1000 }, (_, row) => row),
    into,
  );
  expect(Buffer.compare(into, values)).toBe(0);
});

const whole = idxBytes([3, 2, 2], pixels);

const faults: [string, Uint8Array, RegExp][] = [
  ['empty', Buffer.alloc(0), /only 0 bytes, too few for a header/],
  [
    'of another kind',
    Buffer.from('PK\u0003\u0004 and more'),
    /begins with 504b0304, where an IDX file has 0000/,
  ],
  [
    'of floats',
    Buffer.from([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0]),
    /type 13 \(32-bit float\); only types 8 \(unsigned byte\) and 11/,
  ],
  ['of five dimensions', Buffer.from([0, 0, 8, 5]), /says 5 dimensions; 1 to 4 are read/],
  ['cut inside its header', whole.subarray(0, 10), /ends inside its header, after 10 bytes/],
  ['truncated', whole.subarray(0, -1), /it is truncated: its header \(3 × 2 × 2\) needs 28 bytes, it has 27/],
  ['too long', Buffer.concat([whole, Buffer.alloc(5)]), /bytes beyond its end: .* needs 28 bytes, it has 33/],
  ['of no examples', idxBytes([0, 2, 2], []), /says 0 × 2 × 2, which holds nothing/],
  ['with a gigantic count', idxBytes([2 ** 32 - 1, 2, 2], pixels), /at most 2147483647 examples/],
  ['with a gigantic row', idxBytes([1, 2 ** 31, 2 ** 31], pixels), /bytes an example/],
  ['with a lying count', idxBytes([2 ** 30, 28, 28], pixels), /it is truncated: .* needs 841813590032 bytes/],
  [
    'gzipped and truncated',
    gzipSync(whole).subarray(0, 20),
    /cannot be decompressed \(unexpected end of file\)/,
  ],
  [
    'gzipped with a lying count',
    gzipSync(idxBytes([2 ** 30, 28, 28], pixels)),
    /more than \d+ compressed bytes can hold/,
  ],
  ['gzipped and too long', gzipSync(Buffer.concat([whole, Buffer.alloc(1e6)])), /bytes beyond its end/],
  ['gzipped and too short', gzipSync(whole.subarray(0, -3)), /it is truncated/],
];

for (const [kind, bytes, message] of faults) {
  test(`refuses a file that is ${kind}`, async () => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain('file.idx is not a readable IDX file');
  });
}

test('any header is read or refused with a clear error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.boolean(), (bytes, plausible) => {
      if (plausible) bytes.set([0, 0, 8].slice(0, bytes.length));
      try {
        const header = parseIdxHeader(bytes, 'fuzzed');
        expect(header.count * header.rowSize).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }),
    { numRuns: 2000 },
  );
});

test('any damage to a file is a clear error or leaves its size', async () => {
  const path = join(temporaryFolder(), 'fuzzed.idx');
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: whole.length - 1 }),
      fc.nat({ max: 255 }),
      fc.boolean(),
      async (at, byte, zip) => {
        const damaged = zip ? gzipSync(whole) : Buffer.from(whole);
        damaged[at] = byte;
        writeFileSync(path, damaged);
        try {
          const file = await readIdx({ path, size: damaged.length, sha256: '' }, 1e8);
          expect(file.rows.count * file.rows.rowSize).toBe(
            file.dimensions.reduce((product, length) => product * length, 1),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      },
    ),
    { numRuns: 200 },
  );
});

function dataset(files: Record<string, Uint8Array>, sha256?: string) {
  const name = (path: string) => ({ path, ...(sha256 === undefined ? {} : { sha256 }) });
  const spec: ReaderSpec = {
    kind: 'idx',
    train: { images: name('images'), labels: { path: 'labels' } },
    test: { images: { path: 'images' }, labels: { path: 'labels' } },
    classes: ['no', 'yes'],
  };
  const folder = temporaryFolder(files);
  return readIdxDataset(spec, contextOf(folder));
}

test('labels beyond the classes are refused', async () => {
  const files = { images: whole, labels: idxBytes([3], [0, 1, 2]) };
  await expect(dataset(files)).rejects.toThrow(
    /labels: label 2 of example 2 is out of range; the dataset declares 2 classes, 0 to 1/,
  );
});

test('another number of labels than images is refused', async () => {
  const files = { images: whole, labels: idxBytes([2], [0, 1]) };
  await expect(dataset(files)).rejects.toThrow(/images holds 3 images, but .*labels 2 labels\./);
});

test('a wrong checksum names both checksums, the file and the cure', async () => {
  const files = { images: whole, labels: idxBytes([3], [0, 1, 1]) };
  const wrong = '0'.repeat(64);
  const error = await dataset(files, wrong).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(String(error)).toMatch(/images \(28 bytes\) is damaged or of another version/);
  expect(String(error)).toMatch(/its SHA-256: {2}[0-9a-f]{64}\n {2}expected: {5}0{64}\nGet it anew\./);
});

test('a missing file names the path and the cure', async () => {
  await expect(dataset({ images: whole })).rejects.toThrow(
    /the file .*labels does not exist\. Put it there, or correct the path\./,
  );
});
