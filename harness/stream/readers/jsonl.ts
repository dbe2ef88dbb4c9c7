import { createInterface } from 'node:readline';
import { messageOf, UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import type { RawDataset } from '../raw-dataset.ts';
import type { CheckedFile, ReaderContext } from './data-file.ts';
import { cellError, fitsFloat32, readTable, type TableBuilder, type TableSpec } from './table-builder.ts';
import { openText } from './text-file.ts';

type JsonRow = Readonly<Record<string, unknown>>;

/**
 * Reads JSONL files (also `.jsonl.gz`): one object a line, whose input is made of numbers and (nested) arrays of
 * numbers. Inputs become `float32`.
 * @throws UserError that names file, line and key of what cannot be read
 */
export function readJsonl(spec: TableSpec, context: ReaderContext): Promise<RawDataset> {
  return readTable(spec, context, parseJsonl);
}

async function parseJsonl(file: CheckedFile, spec: TableSpec, builder: TableBuilder): Promise<void> {
  const text = openText(file.path);
  const lines = createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY });
  // readline does not pass its input's errors on.
  const failure = new Promise<never>((_, reject) => text.on('error', reject));
  try {
    await Promise.race([addLines(lines, spec, builder), failure]);
  } catch (error) {
    builder.discard();
    throw error instanceof UserError
      ? error
      : new UserError(`${file.path} cannot be read: ${messageOf(error)}.`);
  } finally {
    text.destroy();
  }
}

async function addLines(lines: AsyncIterable<string>, spec: TableSpec, builder: TableBuilder): Promise<void> {
  let line = 0;
  let keys = spec.featureColumns;
  for await (const text of lines) {
    line++;
    if (text.trim() === '') continue;
    const row = parseRow(line === 1 ? text.replace(/^\uFEFF/, '') : text, line, builder.path);
    const others = Object.keys(row).filter((key) => key !== spec.labelColumn && key !== spec.domainColumn);
    keys ??= builder.featuresFrom(others, line);
    const extra =
      spec.featureColumns === undefined ? others.find((key) => keys?.includes(key) === false) : undefined;
    if (extra !== undefined) {
      throw cellError(
        builder.path,
        line,
        `the key "${extra}" does not occur in the first row; list "featureColumns"`,
      );
    }
    const values: number[] = [];
    for (const key of keys) {
      const shape = addNumbers(entryOf(row, key, line, builder.path), values, key, line, builder.path);
      builder.requireShape(key, shape, line);
    }
    const domain =
      spec.domainColumn === undefined ? undefined : nameOf(row, spec.domainColumn, line, builder.path);
    builder.add(values, nameOf(row, spec.labelColumn, line, builder.path), domain, line);
  }
}

function parseRow(text: string, line: number, path: string): JsonRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw cellError(path, line, `this is not JSON (${messageOf(error)})`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRow;
  throw cellError(path, line, 'a JSON object must stand here');
}

function entryOf(row: JsonRow, key: string, line: number, path: string): unknown {
  if (Object.hasOwn(row, key)) return row[key];
  throw cellError(path, line, `there is no key "${key}".${suggestion(key, Object.keys(row))}`);
}

function nameOf(row: JsonRow, key: string, line: number, path: string): string {
  const value = entryOf(row, key, line, path);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw cellError(path, line, `"${key}" is ${JSON.stringify(value)}; it must be a string or a number`);
}

const ofNumber: readonly number[] = [];

/**
 * Adds a number, or all numbers of a (nested) list, to `values`.
 * @returns its shape, `[]` for a number
 */
function addNumbers(
  value: unknown,
  values: number[],
  key: string,
  line: number,
  path: string,
): readonly number[] {
  if (Array.isArray(value)) {
    const shapes = value.map((part) => addNumbers(part, values, key, line, path));
    const [first = ofNumber] = shapes;
    if (shapes.some((shape) => shape.length !== first.length || shape.some((size, at) => size !== first[at])))
      throw cellError(path, line, `"${key}" holds a list whose entries are of different lengths`);
    return [shapes.length, ...first];
  }
  if (typeof value === 'number' && fitsFloat32(value)) {
    values.push(value);
    return ofNumber;
  }
  const shown = typeof value === 'number' ? value : JSON.stringify(value);
  throw cellError(path, line, `"${key}" holds ${shown}; it must hold numbers within float32`);
}
