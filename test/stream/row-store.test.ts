import { existsSync, openSync, readdirSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileRows, type Storage } from '../../harness/stream/row-store.ts';
import { RowWriter } from '../../harness/stream/row-writer.ts';
import { temporaryFolder } from './support.ts';

function write(storage: Storage, count: number, rowSize: number, memoryLimit: number) {
  const writer = new RowWriter(storage, rowSize, memoryLimit);
  const row = storage === 'uint8' ? new Uint8Array(rowSize) : new Float32Array(rowSize);
  for (let index = 0; index < count; index++) writer.append(row.map((_, place) => (index * 3 + place) % 200));
  return writer.finish();
}

for (const storage of ['uint8', 'float32'] as const) {
  test(`${storage} rows read the same from memory and from a scratch file`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat({ max: 39 }), { maxLength: 30 }),
        (count, rowSize, memoryLimit, wanted) => {
          const rows = wanted.map((row) => row % count);
          for (const limit of [memoryLimit, 1e6]) {
            const store = write(storage, count, rowSize, limit);
            const into = new Float32Array(rows.length * rowSize);
            store.read(rows, into);
            const expected = rows.flatMap((row) =>
              Array.from({ length: rowSize }, (_, place) => (row * 3 + place) % 200),
            );
            expect([...into]).toEqual(expected);
            expect(store.count).toBe(count);
            store.close();
          }
        },
      ),
    );
  });
}

test('rows that do not exist are refused, in memory and in a file', () => {
  for (const limit of [1, 1000]) {
    const store = write('uint8', 5, 2, limit);
    expect(() => store.read([5], new Uint8Array(2))).toThrow(/row 5 does not exist; there are 5 rows/);
    expect(() => store.read([-1], new Uint8Array(2))).toThrow(RangeError);
    store.close();
    store.close();
  }
});

test('float32 rows are not read into bytes', () => {
  const store = write('float32', 2, 2, 1000);
  expect(() => store.read([0], new Uint8Array(2))).toThrow(TypeError);
});

test.skipIf(process.platform === 'win32')('a scratch file has no name, so nothing can be left behind', () => {
  const store = write('uint8', 100, 10, 1);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`palimpsest-rows-${process.pid}-`))).toEqual(
    [],
  );
  store.close();
});

test('a file that shrinks while in use is a clear error', () => {
  const path = join(temporaryFolder({ rows: new Uint8Array(20) }), 'rows');
  expect(existsSync(path)).toBe(true);
  const layout = { storage: 'uint8', count: 10, rowSize: 2 } as const;
  const store = new FileRows(layout, { path, descriptor: openSync(path, 'r'), offset: 0 });
  truncateSync(path, 11);
  expect(() => store.read([4, 5], new Uint8Array(4))).toThrow(
    /rows ends at byte 11; it was shortened while in use/,
  );
  store.close();
});
