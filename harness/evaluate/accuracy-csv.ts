import { CsvError, parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import { cellProblem, isCounted, type MatrixCell } from './accuracy-matrix.ts';

const columns = ['after', 'task', 'correct', 'total'] as const;

/** The columns of a matrix whose accuracies were reported without their counts. */
const reportedColumns = ['after', 'task', 'accuracy'] as const;

interface CsvLine {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * The exchange format: header `after,task,correct,total`, one line a cell, a newline after each. Cells of which the
 * accuracy alone is known make the header `after,task,accuracy`; numbers are written so that they come back exactly.
 */
export function formatAccuracyCsv(cells: readonly MatrixCell[]): string {
  const counted = cells.every(isCounted);
  if (!counted && cells.some(isCounted))
    throw new Error('A matrix has counts in all of its cells or in none.');
  const lines = cells.map((cell) =>
    isCounted(cell)
      ? `${cell.after},${cell.task},${cell.correct},${cell.total}\n`
      : `${cell.after},${cell.task},${cell.accuracy}\n`,
  );
  return `${(counted ? columns : reportedColumns).join(',')}\n${lines.join('')}`;
}

/**
 * Reads an accuracy matrix from CSV: columns `after`, `task` and either `correct` and `total` or, where the counts are not
 * known, `accuracy` (0 to 1). Columns may come in any order and further ones are passed over.
 * @param where How errors name the text: usually the file's path.
 * @throws UserError naming the line: missing column, number that is no integer or out of range, two lines for one cell.
 */
export function parseAccuracyCsv(text: string, where: string): MatrixCell[] {
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
  const wanted = isReported(header) ? reportedColumns : columns;
  const missing = wanted.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const found = header.map((name) => JSON.stringify(name)).join(', ');
    throw new UserError(
      `${where} has no column ${missing.map((name) => `"${name}"`).join(', ')}; its header is ${found}. ` +
        `An accuracy matrix begins with the line ${columns.join(',')}.`,
    );
  }
  const repeated = wanted.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (repeated !== undefined) throw new UserError(`${where} has the column "${repeated}" twice.`);
  return header;
}

/** Whether a header announces accuracies without counts; with counts beside them, the counts are read. */
function isReported(header: readonly string[]): boolean {
  return header.includes('accuracy') && !header.includes('correct') && !header.includes('total');
}

function cellOf(record: Readonly<Record<string, string>>, at: string): MatrixCell {
  const number = (column: string, shape: RegExp, wanted: string): number => {
    const text = record[column] ?? '';
    if (!shape.test(text)) {
      throw new UserError(`${at}: ${column} is ${JSON.stringify(text)}, but must be ${wanted}.`);
    }
    return Number(text);
  };
  const whole = (column: (typeof columns)[number]): number =>
    number(column, /^\d+$/, 'a whole number, 0 or more');
  const address = { after: whole('after'), task: whole('task') };
  if (isReported(Object.keys(record))) {
    const decimal = /^\d+(\.\d+)?(e-?\d+)?$/i;
    return { ...address, accuracy: number('accuracy', decimal, 'a number from 0 to 1') };
  }
  return { ...address, correct: whole('correct'), total: whole('total') };
}
