import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';

/** What a published ± is. Only with its kind known does it say how far two means may lie apart. */
export const errorKinds = ['sem', 'sd', 'population-sd', 'tolerance', 'unspecified'] as const;

/**
 * One of {@link errorKinds}: `sem` and `sd` have the divisor n − 1, `population-sd` the divisor n. `tolerance` is no
 * spread: its authors' own tests accept what is not worse than the value by more than it.
 */
export type ErrorKind = (typeof errorKinds)[number];

const units = ['percent', 'fraction', 'other'] as const;
const trusts = ['primary', 'secondary'] as const;

/** One number of a paper's table, as published. */
export interface PublishedCell {
  /** Names the cell within its table: `class/ewc`. */
  readonly id: string;
  readonly benchmark: string;
  readonly scenario: string;
  readonly setting: string;
  readonly backbone: string;
  readonly metric: string;
  readonly method: string;
  /** As printed; not always a number: `24/56/20`. */
  readonly text: string;
  /** What the text means; `other` cannot be compared with an accuracy. */
  readonly unit: (typeof units)[number];
  /** The printed ±, in the same unit; null where none is known. */
  readonly error: number | null;
  /** Null where there is no error. */
  readonly errorKind: ErrorKind | null;
  /** Number of runs behind the value; null where it is not known. */
  readonly seeds: number | null;
  /** Whether the value was read in the paper or its authors' own files, or in another's copy. */
  readonly trust: (typeof trusts)[number];
  readonly source: string;
  readonly note: string;
}

/** The columns of `table-N.csv`, in order. */
const columns = [
  ...['cell', 'benchmark', 'scenario', 'setting', 'backbone', 'metric', 'method', 'value', 'unit'],
  ...['error', 'error_kind', 'seeds', 'trust', 'source', 'note'],
] as const;

/**
 * Reads a table of published values.
 * @param where how errors name the text: usually the file's path
 * @throws UserError naming the line or the cell, and what would be right
 */
export function parsePublished(text: string, where: string): PublishedCell[] {
  const cells = readRecords(text, where).map((record, index) =>
    cellOf(record, `${where}, line ${index + 2}`),
  );
  const seen = new Set<string>();
  for (const { id } of cells) {
    if (seen.has(id))
      throw new UserError(`${where} has the cell "${id}" twice; each needs a name of its own.`);
    seen.add(id);
  }
  if (cells.length === 0) throw new UserError(`${where} has no cell.`);
  return cells;
}

/** The value and its error as fractions: 97.12 % is 0.9712; null where the text is no accuracy. */
export function publishedFraction({ text, unit, error }: PublishedCell): PublishedNumber | null {
  const value = Number(text);
  if (unit === 'other' || text.trim() === '' || !Number.isFinite(value)) return null;
  const scale = unit === 'percent' ? 0.01 : 1;
  return { value: value * scale, error: error === null ? null : error * scale };
}

/**
 * How far rounding may have moved a published value: half a unit of its last printed digit, as a fraction. 97.12 % says no
 * more than 97.115 to 97.125 %, so it is 0.00005. Null where the text is no accuracy in plain digits.
 */
export function publishedRounding({ text, unit }: PublishedCell): number | null {
  const digits = /^[-−]?\d+(?:\.(\d*))?$/.exec(text.trim());
  if (digits === null || unit === 'other') return null;
  const decimals = digits[1]?.length ?? 0;
  return 0.5 * 10 ** -(unit === 'percent' ? decimals + 2 : decimals);
}

/** A published value with its error, as fractions. */
export interface PublishedNumber {
  readonly value: number;
  readonly error: number | null;
}

function readRecords(text: string, where: string): Record<string, string>[] {
  try {
    return parse(text, {
      bom: true,
      skip_empty_lines: true,
      columns: (header: string[]) => checkHeader(header, where),
    }) as Record<string, string>[];
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${where} is not a CSV file: ${messageOf(error)}.`);
    throw error;
  }
}

function checkHeader(header: string[], where: string): string[] {
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length === 0) return header;
  throw new UserError(
    `${where} has no column ${missing.map((name) => `"${name}"`).join(', ')}; a published table has ${columns.join(', ')}.`,
  );
}

function cellOf(record: Readonly<Record<string, string>>, at: string): PublishedCell {
  const text = (column: string): string => record[column]?.trim() ?? '';
  const choice = <Name extends string>(column: string, names: readonly Name[]): Name => {
    const found = names.find((name) => name === text(column));
    if (found !== undefined) return found;
    throw new UserError(`${at}: ${column} is "${text(column)}", but must be one of ${names.join(', ')}.`);
  };
  const amount = (column: string, least: number): number | null => {
    if (text(column) === '') return null;
    const value = Number(text(column));
    if (Number.isFinite(value) && value >= least) return value;
    throw new UserError(
      `${at}: ${column} is "${text(column)}", but must be a number from ${least} up, or empty.`,
    );
  };
  const id = text('cell');
  if (!/^[\w./-]+$/.test(id)) {
    throw new UserError(
      `${at}: cell is "${id}", but must be letters, digits and . / - without spaces, as in class/ewc.`,
    );
  }
  const error = amount('error', 0);
  if ((error === null) !== (text('error_kind') === '')) {
    throw new UserError(`${at}: the cell ${id} needs both error and error_kind, or neither.`);
  }
  const seeds = amount('seeds', 1);
  if (seeds !== null && !Number.isInteger(seeds)) throw new UserError(`${at}: seeds must be a whole number.`);
  return {
    id,
    benchmark: text('benchmark'),
    scenario: text('scenario'),
    setting: text('setting'),
    backbone: text('backbone'),
    metric: text('metric'),
    method: text('method'),
    text: text('value'),
    unit: choice('unit', units),
    error,
    errorKind: error === null ? null : choice('error_kind', errorKinds),
    seeds,
    trust: choice('trust', trusts),
    source: text('source'),
    note: text('note'),
  };
}
