import { CsvError, type Info, parse } from 'csv-parse';
import { messageOf, UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import type { RawDataset } from '../raw-dataset.ts';
import type { CheckedFile, ReaderContext } from './data-file.ts';
import { cellError, fitsFloat32, readTable, type TableBuilder, type TableSpec } from './table-builder.ts';
import { openText } from './text-file.ts';

/** Of what `Number` reads, not blanks (which it takes for 0) nor numbers to another base, which are codes of something. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Where in a record the input, the label and the domain stand. */
interface Columns {
  readonly header: readonly string[];
  readonly features: readonly number[];
  readonly label: number;
  readonly domain: number | undefined;
}

/**
 * Reads CSV files (also `.csv.gz`) whose first line names the columns. Inputs become `float32`.
 * @throws UserError that names file, line and column of what cannot be read
 */
export function readCsv(spec: TableSpec, context: ReaderContext): Promise<RawDataset> {
  return readTable(spec, context, parseCsv);
}

async function parseCsv(file: CheckedFile, spec: TableSpec, builder: TableBuilder): Promise<void> {
  const text = openText(file.path);
  const { delimiter = ',' } = spec;
  const parser = parse({ bom: true, delimiter, info: true, skip_empty_lines: true, trim: true });
  text.on('error', (error) => parser.destroy(error));
  let columns: Columns | undefined;
  try {
    for await (const item of text.pipe(parser)) {
      const { record, info } = item as { record: string[]; info: Info };
      if (columns === undefined) columns = findColumns(record, spec, builder);
      else addRecord(record, info.lines, columns, builder);
    }
  } catch (error) {
    builder.discard();
    throw error instanceof UserError ? error : unreadable(error, file.path);
  } finally {
    text.destroy();
  }
}

function unreadable(error: unknown, path: string): UserError {
  const [first] = messageOf(error).split('\n');
  const cure =
    error instanceof CsvError ? ' Every line must have the columns that the first line names.' : '';
  return new UserError(`${path} is not readable CSV: ${first}.${cure}`);
}

function findColumns(header: readonly string[], spec: TableSpec, builder: TableBuilder): Columns {
  const { path } = builder;
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) throw cellError(path, 1, `the column "${twice}" occurs twice; rename one`);
  const place = (name: string): number => {
    const index = header.indexOf(name);
    if (index >= 0) return index;
    const known = header.map((column) => `"${column}"`).join(', ');
    const cure = otherDelimiter(header, spec) ?? `The columns are ${known}`;
    throw cellError(path, 1, `there is no column "${name}".${suggestion(name, header)} ${cure}`);
  };
  const label = place(spec.labelColumn);
  const domain = spec.domainColumn === undefined ? undefined : place(spec.domainColumn);
  const others = header.filter((_, index) => index !== label && index !== domain);
  const features = (spec.featureColumns ?? builder.featuresFrom(others, 1)).map(place);
  return { header, label, domain, features };
}

/** What to say where the whole header was taken for one column. */
function otherDelimiter(
  [only = '', ...others]: readonly string[],
  { delimiter = ',' }: TableSpec,
): string | undefined {
  const found = [',', ';', '\t', '|'].find((other) => other !== delimiter && only.includes(other));
  if (others.length > 0 || found === undefined) return undefined;
  return `The line has no ${JSON.stringify(delimiter)}; if ${JSON.stringify(found)} parts its values, add "delimiter": ${JSON.stringify(found)} to the reader`;
}

function addRecord(record: readonly string[], line: number, columns: Columns, builder: TableBuilder): void {
  const values = columns.features.map((index) => {
    // What stands in quotation marks is not trimmed.
    const text = (record[index] ?? '').trim();
    const value = Number(text);
    if (decimal.test(text) && fitsFloat32(value)) return value;
    const what = text === '' ? 'is empty' : `is "${text}"`;
    throw cellError(
      builder.path,
      line,
      `column "${columns.header[index]}" ${what}; it must be a number within float32`,
    );
  });
  const domain = columns.domain === undefined ? undefined : (record[columns.domain] ?? '');
  builder.add(values, record[columns.label] ?? '', domain, line);
}
