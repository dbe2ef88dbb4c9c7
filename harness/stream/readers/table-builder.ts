import { UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import { sizeOf } from '../examples.ts';
import { naturalOrder, type RawDataset, type RawTable } from '../raw-dataset.ts';
import type { RowStore } from '../row-store.ts';
import { RowWriter } from '../row-writer.ts';
import type { ReaderSpec } from '../scenario.ts';
import { type CheckedFile, checkFile, type ReaderContext } from './data-file.ts';
import { trainAndTest } from './hold-out.ts';

/** Reader of a table whose rows name their class: CSV or JSONL. */
export type TableSpec = Extract<ReaderSpec, { kind: 'csv' | 'jsonl' }>;

/** Puts the rows of one file into a builder. */
export type TableParser = (file: CheckedFile, spec: TableSpec, builder: TableBuilder) => Promise<void>;

/** Names in the order of first sight, each with the line where that was. */
class NameColumn {
  readonly lines = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #rows: number[] = [];

  add(name: string, line: number): void {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(name, number);
      this.lines.set(name, line);
    }
    this.#rows.push(number);
  }

  /** For each row, the position of its name in `order`, which holds every name. */
  indicesIn(order: readonly string[]): Int32Array {
    const places = [...this.#numbers.keys()].map((name) => order.indexOf(name));
    return Int32Array.from(this.#rows, (number) => places[number] as number);
  }
}

/** Collects the rows of one file: the values of the input, the name of the class, the name of the domain. */
export class TableBuilder {
  readonly path: string;
  readonly labels = new NameColumn();
  readonly domains = new NameColumn();
  readonly #memoryLimit: number;
  readonly #training: TableBuilder | undefined;
  #features: readonly string[] = [];
  readonly #shapes = new Map<string, string>();
  #writer: RowWriter | undefined;
  #width = 0;

  /** @param training the rows of the training file, where this is the test file that belongs to it */
  constructor(path: string, memoryLimit: number, training?: TableBuilder) {
    this.path = path;
    this.#memoryLimit = memoryLimit;
    this.#training = training;
  }

  /** Values in a row; 0 before the first row. */
  get width(): number {
    return this.#width;
  }

  /**
   * The features that make the input, in its order, where the reader does not list them: as they stand in this file,
   * but in a test file as they stand in the training file, so that a value means the same in both.
   * @param found names of the features in this file
   * @param line where they stand, counted from 1
   * @throws UserError if a test file lacks a feature of the training file or has another besides
   */
  featuresFrom(found: readonly string[], line: number): readonly string[] {
    if (this.#training === undefined) {
      this.#features = found;
    } else {
      this.#features = this.#training.#features;
      requireSameFeatures(found, this.#features, line, this.path, this.#training.path);
    }
    return this.#features;
  }

  /**
   * Holds a feature that is a list to its shape in the first row, in a test file to that in the training file's: else
   * values would change places without a change of their number.
   * @throws UserError if it has another
   */
  requireShape(feature: string, shape: readonly number[], line: number): void {
    // A number by itself has no axis.
    const found = shape.join(' × ') || '1';
    const expected = (this.#training ?? this).#shapes.get(feature);
    if (expected === undefined) this.#shapes.set(feature, found);
    else if (found !== expected) {
      const where = this.#training === undefined ? 'the first row' : `that of ${this.#training.path}`;
      throw cellError(this.path, line, `"${feature}" has ${found} values, in ${where} ${expected}`);
    }
  }

  /**
   * Adds a row.
   * @param line where it stands in the file, counted from 1
   * @throws UserError if it has no class or another number of values than the first row
   */
  add(values: readonly number[], label: string, domain: string | undefined, line: number): void {
    if (label === '') throw cellError(this.path, line, 'the label is empty');
    if (domain === '') throw cellError(this.path, line, 'the domain is empty');
    for (const name of [label, domain ?? '']) {
      // What a decoder writes for bytes that are not UTF-8: names that differ in such bytes alone would be one.
      if (!name.includes('\uFFFD')) continue;
      throw cellError(this.path, line, `"${name}" is not UTF-8. Save the file in that encoding`);
    }
    if (this.#writer === undefined) {
      if (values.length === 0) throw cellError(this.path, line, 'there are no values beside the label');
      this.#width = values.length;
      this.#writer = new RowWriter('float32', values.length, this.#memoryLimit);
    }
    if (values.length !== this.#width) {
      throw cellError(
        this.path,
        line,
        `the input has ${values.length} values, that of the first row ${this.#width}`,
      );
    }
    this.#writer.append(new Float32Array(values));
    this.labels.add(label, line);
    if (domain !== undefined) this.domains.add(domain, line);
  }

  /** Lets go of the rows of a file that turned out to be wrong. */
  discard(): void {
    this.#writer?.discard();
  }

  /** All rows' values. */
  finish(): RowStore {
    if (this.#writer === undefined)
      throw new UserError(`${this.path} holds no rows. It must have one for each example.`);
    return this.#writer.finish();
  }
}

/** The error of one place in a table. */
export function cellError(path: string, line: number, reason: string): UserError {
  return new UserError(`${path}, line ${line}: ${reason}.`);
}

/**
 * Whether a number survives as float32: neither NaN nor infinite nor too large.
 */
export function fitsFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/**
 * Reads the file or files of a table and gives its classes and domains their numbers.
 * @throws UserError for faulty files, a class or domain that only the test file has, or features that only one file has
 */
export async function readTable(
  spec: TableSpec,
  context: ReaderContext,
  parse: TableParser,
): Promise<RawDataset> {
  const trainFile = await checkFile(spec.train, context);
  const testFile = spec.test === undefined ? undefined : await checkFile(spec.test, context);
  if (testFile?.path === trainFile.path) {
    throw new UserError(
      `${trainFile.path} is "train" and "test", so every test example would be trained on. ` +
        'Name another file as "test", or leave it out to have a test set cut.',
    );
  }
  const train = new TableBuilder(trainFile.path, context.memoryLimit);
  await parse(trainFile, spec, train);
  const names = {
    classes: naturalOrder(train.labels.lines.keys()),
    domains: naturalOrder(train.domains.lines.keys()),
  };
  const trainTable = tableOf(train, names, spec);
  let testTable: RawTable | undefined;
  if (testFile !== undefined) {
    const test = new TableBuilder(testFile.path, context.memoryLimit, train);
    await parse(testFile, spec, test);
    requireKnown('label', test.labels.lines, names.classes, test.path, train.path);
    requireKnown('domain', test.domains.lines, names.domains, test.path, train.path);
    testTable = tableOf(test, names, spec);
  }
  return {
    shape: shapeOf(spec, train),
    ...names,
    ...trainAndTest(trainTable, testTable, names, spec.split),
    checksums: [trainFile.sha256, ...(testFile === undefined ? [] : [testFile.sha256])],
  };
}

function tableOf(
  builder: TableBuilder,
  names: { classes: readonly string[]; domains: readonly string[] },
  spec: TableSpec,
): RawTable {
  return {
    rows: builder.finish(),
    labels: builder.labels.indicesIn(names.classes),
    domains: spec.domainColumn === undefined ? null : builder.domains.indicesIn(names.domains),
  };
}

function shapeOf(spec: TableSpec, table: TableBuilder): readonly number[] {
  if (spec.shape === undefined) return [table.width];
  if (sizeOf(spec.shape) !== table.width) {
    throw new UserError(
      `${table.path} has ${table.width} values a row, but the reader's "shape" ${JSON.stringify(spec.shape)} ` +
        `needs ${sizeOf(spec.shape)}. Correct "shape" or "featureColumns".`,
    );
  }
  return spec.shape;
}

function requireKnown(
  column: 'label' | 'domain',
  found: ReadonlyMap<string, number>,
  known: readonly string[],
  path: string,
  trainPath: string,
): void {
  for (const [name, line] of found) {
    if (known.includes(name)) continue;
    const near = suggestion(name, known);
    throw cellError(
      path,
      line,
      `the ${column} "${name}" does not occur in ${trainPath}.${near} Correct it or add training rows`,
    );
  }
}

function requireSameFeatures(
  found: readonly string[],
  wanted: readonly string[],
  line: number,
  path: string,
  trainPath: string,
): void {
  const lacking = missingFrom(found, wanted);
  const others = missingFrom(wanted, found);
  const faults = [
    ...(lacking.length > 0 ? [`lacks ${shortList(lacking)}`] : []),
    ...(others.length > 0 ? [`has ${shortList(others)} besides`] : []),
  ];
  if (faults.length === 0) return;
  throw cellError(
    path,
    line,
    `the features are not those of ${trainPath}: the file ${faults.join(' and ')}. ` +
      'Give both files the same, or list "featureColumns"',
  );
}

/** Those of the wanted names that were not found. */
function missingFrom(found: readonly string[], wanted: readonly string[]): string[] {
  const present = new Set(found);
  return wanted.filter((name) => !present.has(name));
}

/** The names in quotes; of very many the first five and how many more there are. */
function shortList(names: readonly string[]): string {
  const list = names.slice(0, 5).map((name) => `"${name}"`);
  return `${list.join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;
}
