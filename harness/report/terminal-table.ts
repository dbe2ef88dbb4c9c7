import Table from 'cli-table3';
import type { ReportTable } from './group-runs.ts';
import { type TableColumn, type TableContent, tableContent } from './table-content.ts';

/** How a table is shown. */
export interface TerminalStyle {
  /** Whether escape codes may be used: the best value is then bold, else it is followed by `*`. */
  readonly colour: boolean;
  /** Characters in a line; a wider table continues below itself. Infinity for no limit. */
  readonly width: number;
}

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  readonly cells: readonly string[];
}

/**
 * A table for people: accuracies in percent, mean ± 95% interval; then
 * what the numbers rest on; then what is not in it.
 */
export function formatTerminalTable(table: ReportTable, style: TerminalStyle): string {
  const legend = !style.colour && table.rows.length > 1 ? ['* is the best of its column.'] : [];
  return formatTerminalContent(tableContent(table), style, legend);
}

/** The content of any table for people. @param legend Lines below its notes. */
export function formatTerminalContent(
  { title, columns, notes, incomplete }: TableContent,
  style: TerminalStyle,
  legend: readonly string[] = [],
): string {
  const drawn = columns.map((column) => styledColumn(column, style));
  const left = incomplete.length === 0 ? [] : ['Not in the table:', ...incomplete.map((line) => `  ${line}`)];
  return `${[title, ...drawColumns(drawn, style.width), ...notes, ...legend, ...left].join('\n')}\n`;
}

function styledColumn({ head, align, cells }: TableColumn, { colour }: TerminalStyle): Column {
  const hasBest = cells.some(({ place }) => place === 'best');
  const styled = cells.map(({ lines, place }) => {
    const text = lines.join('\n');
    if (colour) return place === 'best' ? `\u001b[1m${text}\u001b[22m` : text;
    // The blank keeps the numbers of a column under each other.
    return `${text}${place === 'best' ? '*' : hasBest ? ' ' : ''}`;
  });
  return { head: head.join('\n'), align, cells: styled };
}

/** Draws as many columns as fit beside the first, then the rest below, again beside the first. */
function drawColumns(columns: readonly Column[], width: number): string[] {
  const [first, ...others] = columns;
  if (first === undefined) return [];
  const blocks: Column[][] = [];
  let used = 0;
  for (const column of others) {
    if (blocks.length === 0 || used + columnWidth(column) > width) {
      blocks.push([first]);
      used = columnWidth(first) + 1;
    }
    blocks.at(-1)?.push(column);
    used += columnWidth(column);
  }
  return blocks.map(draw);
}

function draw(columns: readonly Column[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [], compact: true },
  });
  const rows = columns[0]?.cells.length ?? 0;
  for (let row = 0; row < rows; row++) table.push(columns.map(({ cells }) => cells[row] ?? ''));
  return table.toString();
}

/** Width of a column with its padding and one border. */
function columnWidth({ head, cells }: Column): number {
  const lines = [head, ...cells].flatMap((text) => text.split('\n'));
  return (
    Math.max(...lines.map((line) => line.replaceAll(`\u001b[1m`, '').replaceAll('\u001b[22m', '').length)) + 3
  );
}
