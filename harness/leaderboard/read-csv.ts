import { Ajv } from 'ajv';
import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import { metrics } from '../evaluate/metrics/index.ts';
import { restoreText } from '../report/csv-text.ts';
import { suggestion } from '../suggest.ts';
import { contradictionOf } from './check-row.ts';
import { columnNames, columns, type Fields, formatColumn, metricColumns, rowSchema } from './columns.ts';
import { type LeaderboardRow, type MetricEntry, type PlacedRow, rowIdentity } from './row.ts';

/** Longer texts are refused before they are taken apart; 10,000 rows of five seeds are about a third of it. */
const mostCharacters = 100_000_000;

const validate = new Ajv({ strict: false, verbose: true }).compile(rowSchema);

const metricIds = metrics.map(({ id }) => id);
const metricNames = new Set(metricIds.flatMap((id) => Object.values(metricColumns(id))));
const texts = new Set<string>([
  ...columnNames.filter((name) => columns[name].kind === 'text'),
  ...metricIds.map((id) => metricColumns(id).values),
]);

/** Whether a text begins as a leaderboard does. */
export function isLeaderboardCsv(text: string): boolean {
  return /^\uFEFF?"?leaderboard_format"?[,\r\n]/.test(text);
}

/**
 * Reads a leaderboard that anyone may have written: every row has the columns, forms and ranges of the schema, does not
 * contradict itself, and stands there once.
 * @param where How errors name the text: usually the file's path
 * @throws UserError naming line and column
 */
export function parseLeaderboardCsv(text: string, where: string): PlacedRow[] {
  if (text.length > mostCharacters)
    throw new UserError(`${where} has more than ${mostCharacters} characters; divide it into several files.`);
  const [head, ...lines] = recordsOf(text, where);
  if (head === undefined)
    throw new UserError(`${where} is empty; a leaderboard begins with the column ${formatColumn}.`);
  const header = checkHeader(head.fields, where);
  const lineOf = new Map<string, number>();
  return lines.map(({ fields, line }) => {
    const at = `${where}, line ${line}`;
    if (fields.length !== header.length)
      throw new UserError(`${at} has ${fields.length} fields, but the header has ${header.length}.`);
    const row = rowOf(header, fields, at);
    const identity = rowIdentity(row);
    const earlier = lineOf.get(identity);
    if (earlier !== undefined) {
      throw new UserError(
        `${at}, column method: ${row.fields.method} with these settings stands already in line ${earlier}; keep one of them.`,
      );
    }
    lineOf.set(identity, line);
    return { row, where: at };
  });
}

interface Line {
  readonly fields: readonly string[];
  readonly line: number;
}

function recordsOf(text: string, where: string): Line[] {
  try {
    const options = { bom: true, info: true, skip_empty_lines: true, relax_column_count: true } as const;
    const found = parse(text, { ...options, record_delimiter: ['\r\n', '\n'] }) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    return found.map(({ record, info }) => ({ fields: record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${where} is not a CSV file: ${messageOf(error)}.`);
    throw error;
  }
}

function checkHeader(header: readonly string[], where: string): readonly string[] {
  const fail = (problem: string) => new UserError(`${where}, line 1: ${problem}.`);
  const given = new Set(header);
  if (given.size < header.length) {
    const twice = header.find((name, index) => header.indexOf(name) !== index);
    throw fail(`the column ${shown(twice)} is there twice`);
  }
  const missing = columnNames.find((name) => !given.has(name));
  if (missing !== undefined) throw fail(`there is no column "${missing}"`);
  const strange = header.find((name) => !Object.hasOwn(columns, name) && !metricNames.has(name));
  if (strange !== undefined) {
    const near = strange.length < 100 ? suggestion(strange, [...columnNames, ...metricNames]) : '';
    throw fail(`a leaderboard has no column ${shown(strange)}.${near} Metrics are named by their full ids`);
  }
  const ids = metricIds.filter((id) => Object.values(metricColumns(id)).some((name) => given.has(name)));
  if (ids.length === 0) throw fail('there is no metric, such as "accuracy/final@1"');
  for (const name of ids.flatMap((id) => Object.values(metricColumns(id))))
    if (!given.has(name)) throw fail(`there is no column "${name}", though the metric has others`);
  return header;
}

/** Whatever was written, cut to a length and on one line. */
function shown(text: string | undefined): string {
  const quoted = JSON.stringify(text ?? '');
  return quoted.length > 60 ? `${quoted.slice(0, 57)}…"` : quoted;
}

function rowOf(header: readonly string[], fields: readonly string[], at: string): LeaderboardRow {
  const values = Object.fromEntries(
    header.map((name, index) => [name, fieldValue(name, fields[index] ?? '')] as const),
  );
  if (!validate(values)) throw schemaError(at);
  const row = { fields: pick(values), metrics: metricsOf(header, values, at) };
  const found = contradictionOf(row);
  if (found !== undefined) throw new UserError(`${at}, column ${found.column}: ${found.message}.`);
  return row;
}

/** A number that is none stays text, which the schema refuses. */
function fieldValue(name: string, field: string): string | number | null {
  if (texts.has(name)) return restoreText(field);
  if (field === '') return null;
  return numberOf(field) ?? field;
}

/** Plain decimal notation alone: no NaN, no hexadecimal, nothing too large to be finite. */
function numberOf(text: string): number | undefined {
  const value = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

function schemaError(at: string): UserError {
  const error = validate.errors?.[0];
  const column = (error?.instancePath ?? '').slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  const choices = (error?.params as { allowedValues?: readonly unknown[] } | undefined)?.allowedValues;
  const value = typeof error?.data === 'string' ? shown(error.data) : String(error?.data);
  const list = choices === undefined ? '' : ` (${choices.map(String).join(', ')})`;
  return new UserError(`${at}, column ${column} is ${value}; it ${error?.message ?? 'is wrong'}${list}.`);
}

function pick(values: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(columnNames.map((name) => [name, values[name]])) as unknown as Fields;
}

function metricsOf(
  header: readonly string[],
  row: Readonly<Record<string, string | number | null>>,
  at: string,
): Map<string, MetricEntry> {
  const found = new Map<string, MetricEntry>();
  const given = new Set(header);
  for (const id of metricIds.filter((metric) => given.has(metric))) {
    const names = metricColumns(id);
    const mean = row[names.mean] as number | null;
    const deviation = row[names.deviation] as number | null;
    const interval = row[names.interval] as number | null;
    const list = String(row[names.values]);
    if (mean === null) {
      if (deviation !== null || interval !== null || list !== '')
        throw new UserError(`${at}, column ${id} is empty, though the metric's other columns are not.`);
      continue;
    }
    const values = list.split(' ').map(numberOf);
    if (!values.every((value) => value !== undefined))
      throw new UserError(
        `${at}, column ${names.values} is ${shown(list)}; it must be numbers with blanks between.`,
      );
    found.set(id, { mean, deviation, interval, values });
  }
  return found;
}
