import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import { type SourceFile, textOf } from './source-file.ts';

/** One line of a table and its number in the file. */
export interface CsvLine {
  readonly fields: readonly string[];
  readonly line: number;
}

/** The lines of a CSV file, commas or tabs between; empty lines are passed over. @throws UserError */
export function csvLines(file: SourceFile): CsvLine[] {
  const text = textOf(file);
  const delimiter = text.slice(0, text.indexOf('\n') + 1 || undefined).includes('\t') ? '\t' : ',';
  try {
    const options = { trim: true, skip_empty_lines: true, relax_column_count: true, info: true } as const;
    const rows = parse(text, { ...options, delimiter }) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    return rows.map(({ record, info }) => ({ fields: record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError)
      throw new UserError(`${file.path} is not a CSV file: ${messageOf(error)}.`);
    throw error;
  }
}
