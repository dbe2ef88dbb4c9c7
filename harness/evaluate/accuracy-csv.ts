import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import { type AccuracyCell, cellProblem } from './accuracy-matrix.ts';

const columns = ['after', 'task', 'correct', 'total'] as const;

interface CsvLine {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/** The exchange format: header `after,task,correct,total`, one line a cell, a newline after each. */
export function formatAccuracyCsv(cells: readonly AccuracyCell[]): string {
  const lines = cells.map(({ after, task, correct, total }) => `${after},${task},${correct},${total}\n`);
  return `${columns.join(',')}\n${lines.join('')}`;
}

/**
 * Reads an accuracy matrix from CSV. Columns may come in any order and further ones are passed over.
 * @param where How errors name the text: usually the file's path.
 * @throws UserError naming the line: missing column, number that is no integer or out of range, two lines for one cell.
 */
export function parseAccuracyCsv(text: string, where: string): AccuracyCell[] {
  if (text.trim() === '')
    throw new UserError(`${where} is empty; its first line must be ${columns.join(',')}.`);
  const lineOf = new Map<string, number>();
  return readLines(text, where).map(({ record, info }) => {
    const at = `${where}, line ${info.lines}`;
    const cell = cellOf(record, at);
    const problem = cellProblem(cell);
    if (problem !== undefined) throw new UserError(`${at}: ${problem}.`);
    const address = `after ${cell.after}, task ${cell.task}`;
    const earlier = lineOf.get(address);
    if (earlier !== undefined) {
      throw new UserError(
        `${at}: the cell (${address}) stands already in line ${earlier}; keep one of them.`,
      );
    }
    lineOf.set(address, info.lines);
    return cell;
  });
}

function readLines(text: string, where: string): CsvLine[] {
  try {
    const options = { bom: true, trim: true, skip_empty_lines: true, info: true } as const;
    return parse(text, {
      ...options,
      columns: (header: string[]) => checkHeader(header, where),
    }) as unknown as CsvLine[];
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${where} is not a CSV file: ${messageOf(error)}.`);
    throw error;
  }
}

function checkHeader(header: string[], where: string): string[] {
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const found = header.map((name) => JSON.stringify(name)).join(', ');
    throw new UserError(
      `${where} has no column ${missing.map((name) => `"${name}"`).join(', ')}; its header is ${found}. ` +
        `An accuracy matrix begins with the line ${columns.join(',')}.`,
    );
  }
  const repeated = columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (repeated !== undefined) throw new UserError(`${where} has the column "${repeated}" twice.`);
  return header;
}

function cellOf(record: Readonly<Record<string, string>>, at: string): AccuracyCell {
  const number = (column: (typeof columns)[number]): number => {
    const text = record[column] ?? '';
    if (!/^\d+$/.test(text)) {
      throw new UserError(
        `${at}: ${column} is ${JSON.stringify(text)}, but must be a whole number, 0 or more.`,
      );
    }
    return Number(text);
  };
  return { after: number('after'), task: number('task'), correct: number('correct'), total: number('total') };
}
