import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { hasPlaces, type TableCell, type TableContent } from './table-content.ts';

/** Tables with their notes as one page: best bold, second underlined. */
export function formatHtmlTables(contents: readonly TableContent[]): string {
  return htmlPage('Recorded runs', ['<h1>Recorded runs</h1>', ...contents.map(htmlTableSection)].join('\n'));
}

/** A table with its heading and its notes, as HTML. */
export function htmlTableSection(content: TableContent): string {
  const { title, columns, notes, incomplete } = content;
  const rows = columns[0]?.cells.length ?? 0;
  const heads = columns.map(({ head, align }) => ({ head: head.join(' '), align }));
  const cells = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => htmlCell(column.cells[row])),
  );
  const legend = hasPlaces(content)
    ? ['<b>Bold</b> is the best of its column, <u>underlined</u> the second.']
    : [];
  const left = incomplete.map((line) => `Not in the table: ${escapeHtml(line)}`);
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    ...(columns.length === 0 ? [] : [htmlTable(title, heads, cells)]),
    htmlNotes([...notes.map(escapeHtml), ...legend, ...left]),
  ].join('\n');
}

/** Notes below a table, as HTML. */
export function htmlNotes(notes: readonly string[]): string {
  return notes.length === 0
    ? ''
    : `<ul class="notes">\n${notes.map((note) => `<li>${note}</li>`).join('\n')}\n</ul>`;
}

function htmlCell(cell: TableCell | undefined): string {
  const text = (cell?.lines ?? []).map(escapeHtml).join('<br>');
  if (cell?.place === 'best') return `<b>${text}</b>`;
  return cell?.place === 'second' ? `<u>${text}</u>` : text;
}
