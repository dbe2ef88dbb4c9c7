import { hasPlaces, type TableCell, type TableContent } from './table-content.ts';

/** A LaTeX table (package `booktabs`): mean ± interval, best bold, second underlined, notes below. */
export function formatLatexTable(content: TableContent): string {
  const { title, columns, notes, incomplete } = content;
  const rows = columns[0]?.cells.length ?? 0;
  const legend = hasPlaces(content)
    ? ['\\textbf{Bold} is the best of its column, \\underline{underlined} the second.']
    : [];
  const left = incomplete.map((line) => `Not in the table: ${escapeLatex(line)}`);
  const tabular = [
    `\\begin{tabular}{${columns.map(({ align }) => align[0]).join('')}}`,
    '\\toprule',
    latexLine(columns.map(({ head }) => escapeLatex(head.join(' ')))),
    '\\midrule',
    ...Array.from({ length: rows }, (_, row) => latexLine(columns.map(({ cells }) => latexCell(cells[row])))),
    '\\bottomrule',
    '\\end{tabular}',
  ];
  return [
    '% Needs \\usepackage{booktabs}; a wide table may need \\usepackage{graphicx} and \\resizebox.',
    '\\begin{table}',
    '\\centering',
    `\\caption{${escapeLatex(title)}}`,
    ...(columns.length === 0 ? [] : tabular),
    '\\par\\smallskip\\footnotesize\\raggedright',
    ...[...notes.map(escapeLatex), ...legend, ...left].map((line) => `${line}\\par`),
    '\\end{table}',
    '',
  ].join('\n');
}

function latexLine(cells: readonly string[]): string {
  return `${cells.join(' & ')} \\\\`;
}

function latexCell(cell: TableCell | undefined): string {
  const [first = '', ...others] = (cell?.lines ?? []).map(escapeLatex);
  const apart = others.map((line) => line.replace(/^\((.*)\)$/, '$1'));
  const text = apart.length === 0 ? first : `${first} (${apart.join(', ')})`;
  if (cell?.place === 'best') return `\\textbf{${text}}`;
  return cell?.place === 'second' ? `\\underline{${text}}` : text;
}

/** Brackets and stars are in braces because a line break before them would take them for its options. */
const replacements: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\char34{}',
  '`': '\\char96{}',
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '±': '$\\pm$',
  '≤': '$\\le$',
  '≥': '$\\ge$',
  '√': '$\\surd$',
  '·': '$\\cdot$',
  '−': '$-$',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
};

/** Text that LaTeX sets as it is. The sign of a negative number becomes a minus, not a hyphen. */
export function escapeLatex(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\{}$&#_%~^<>|"`[\]*±≤≥√·−↑↓]/g, (character) => replacements[character] ?? '')
    .replace(/(^| )-(?=\d)/g, '$1$-$');
}
