import { hasPlaces, type TableCell, type TableColumn, type TableContent } from './table-content.ts';

/** A table in GitHub's Markdown with its notes as a list: best bold, second underlined. */
export function formatMarkdownTable(content: TableContent): string {
  const { title, columns, notes, incomplete } = content;
  const legend = hasPlaces(content)
    ? ['**Bold** is the best of its column, <ins>underlined</ins> the second.']
    : [];
  const left = incomplete.map((line) => `- Not in the table: ${escapeMarkdown(line)}`);
  return [
    `### ${escapeMarkdown(title)}`,
    '',
    ...(columns.length === 0 ? [] : [...tableLines(columns), '']),
    ...notes.map((line) => `- ${escapeMarkdown(line)}`),
    ...legend.map((line) => `- ${line}`),
    ...left,
    '',
  ].join('\n');
}

function tableLines(columns: readonly TableColumn[]): string[] {
  const rows = columns[0]?.cells.length ?? 0;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ head }) => escapeMarkdown(head.join(' ')))),
    line(columns.map(({ align }) => (align === 'right' ? '---:' : ':---'))),
    ...Array.from({ length: rows }, (_, row) => line(columns.map(({ cells }) => markdownCell(cells[row])))),
  ];
}

function markdownCell(cell: TableCell | undefined): string {
  const text = (cell?.lines ?? []).map(escapeMarkdown).join('<br>');
  if (cell?.place === 'best') return `**${text}**`;
  return cell?.place === 'second' ? `<ins>${text}</ins>` : text;
}

/** Text that Markdown shows as it is, anywhere in a line: no markup, link, mathematics, HTML, list or cell begins in it. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~$@&]/g, '\\$&')
    .replace(/:(?=\S)/g, '\\:')
    .replace(/\bwww\./gi, (match) => `${match.slice(0, -1)}\\.`)
    .replace(/^(\s*)([-+](?!\d)|=)/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?!\d)/, '$1\\$2');
}
