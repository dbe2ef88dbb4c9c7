import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RawDataset, RawSet } from '../../harness/stream/raw-dataset.ts';
import type { ReaderContext } from '../../harness/stream/readers/data-file.ts';
import { MemoryRows } from '../../harness/stream/row-store.ts';

/** A folder that is deleted when the test ends, with the given files in it. */
export function temporaryFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** What a reader is told in tests. */
export function contextOf(directory: string, memoryLimit = 1e8): ReaderContext {
  return { dataset: 'toy', directory, obtain: undefined, memoryLimit };
}

/** Bytes of an IDX file of unsigned bytes. */
export function idxBytes(dimensions: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(dimensions.length, 3);
  dimensions.forEach((length, index) => {
    header.writeUInt32BE(length, 4 + 4 * index);
  });
  return Buffer.concat([header, Uint8Array.from(values)]);
}

/** The stored values of rows of a set, by their position in the set. */
export function storedRow(set: RawSet, position: number): number[] {
  const { rows } = set.table;
  const into = rows.storage === 'uint8' ? new Uint8Array(rows.rowSize) : new Float32Array(rows.rowSize);
  rows.read([set.rows[position] ?? -1], into);
  return [...into];
}

/** Names of the classes of a set's rows. */
export function classNames(dataset: RawDataset, set: RawSet): (string | undefined)[] {
  return [...set.rows].map((row) => dataset.classes[set.table.labels[row] ?? -1]);
}

/** A set of rows with the given labels (and domains), whose one stored value is the row's number. */
export function setOf(labels: readonly number[], domains: readonly number[] | null = null): RawSet {
  const layout = { storage: 'uint8', count: labels.length, rowSize: 1 } as const;
  const rows = Int32Array.from(labels, (_, row) => row);
  return {
    table: {
      rows: new MemoryRows(layout, [Uint8Array.from(rows)], Math.max(1, labels.length)),
      labels: Int32Array.from(labels),
      domains: domains === null ? null : Int32Array.from(domains),
    },
    rows,
  };
}
