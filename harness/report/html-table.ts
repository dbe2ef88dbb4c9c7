import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { hasPlaces, type TableColumn, type TableContent } from './table-content.ts';

/** Tables with their notes as one page: best bold, second underlined. */
export function formatHtmlTables(contents: readonly TableContent[]): string {
  return htmlPage('Recorded runs', ['<h1>Recorded runs</h1>', ...contents.map(htmlTableSection)].join('\n'));
}

/** A table with its heading and its notes, as HTML. */
export function htmlTableSection(content: TableContent): string {
  const { title, columns, notes, incomplete } = content;
  const rows = columns[0]?.cells.length ?? 0;
  const heads = columns.map(({ head, align }) => ({ head: head.join(' '), align }));
  const cells = Array.from({ length: rows }, (_, row) => columns.map((column) => htmlCell(column, row)));
  const legend = hasPlaces(content)
    ? ['<b>Bold</b> is the best of its column, <u>underlined</u> the second.']
    : [];
  const left = incomplete.map((line) => `Not in the table: ${escapeHtml(line)}`);
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    ...(rows === 0 ? [] : [htmlTable(title, heads, cells)]),
    htmlNotes([...notes.map(escapeHtml), ...legend, ...left]),
  ].join('\n');
}

/** Notes below a table, as HTML. */
export function htmlNotes(notes: readonly string[]): string {
  return notes.length === 0
    ? ''
    : `<ul class="notes">\n${notes.map((note) => `<li>${note}</li>`).join('\n')}\n</ul>`;
}

/** One cell, with what it is sorted by where that is not its text. */
function htmlCell({ cells, sortBy }: TableColumn, row: number): string {
  const { lines = [], place } = cells[row] ?? {};
  const text = lines.map(escapeHtml).join('<br>');
  const value = sortBy?.[row] ?? null;
  const sorted = value === null ? text : `<span data-value="${value}">${text}</span>`;
  if (place === 'best') return `<b>${sorted}</b>`;
  return place === 'second' ? `<u>${sorted}</u>` : sorted;
}
