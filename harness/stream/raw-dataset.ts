import type { RowStore } from './row-store.ts';

/** Labelled rows as a reader found them. */
export interface RawTable {
  readonly rows: RowStore;
  /** Class of each row, an index into the dataset's `classes`. */
  readonly labels: Int32Array;
  /** Domain of each row, an index into the dataset's `domains`; null where the data have none. */
  readonly domains: Int32Array | null;
}

/** Some rows of a table, ascending. */
export interface RawSet {
  readonly table: RawTable;
  readonly rows: Int32Array;
}

/** A dataset as it was read, before a scenario makes tasks of it. All readers return this. */
export interface RawDataset {
  /** Shape of one input: `[channels, height, width]` for images, `[values]` for vectors. */
  readonly shape: readonly number[];
  /** Names of the classes; their order is the natural class order. */
  readonly classes: readonly string[];
  /** Names of the domains in natural order; empty where the data have none. */
  readonly domains: readonly string[];
  readonly train: RawSet;
  /** Null where the data bring none. */
  readonly validation: RawSet | null;
  readonly test: RawSet;
  /** SHA-256 of each file, in the definition's order; files of a folder carry their relative path. */
  readonly checksums: readonly string[];
}

/** All rows of a table. */
export function allRows(table: RawTable): RawSet {
  return { table, rows: Int32Array.from({ length: table.labels.length }, (_, row) => row) };
}

/** Names in natural order: by value if all are whole numbers, else by code unit (the same on every machine). */
export function naturalOrder(names: Iterable<string>): string[] {
  const sorted = [...names];
  if (sorted.every((name) => /^-?\d{1,15}$/.test(name))) {
    return sorted.sort((left, right) => Number(left) - Number(right) || (left < right ? -1 : 1));
  }
  return sorted.sort();
}
