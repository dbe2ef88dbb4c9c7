import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const assets = new URL('./assets/', import.meta.url);

/**
 * A page that is whole in itself: style and script inside, and a policy that lets it load or send nothing. Tables of the
 * class `sortable` are sorted by the buttons in their heads.
 * @param body HTML; every text in it has gone through `escapeHtml`
 */
export function htmlPage(title: string, body: string): string {
  const style = readFileSync(new URL('page.css', assets), 'utf8');
  const script = readFileSync(new URL('sort-tables.js', assets), 'utf8');
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<script>${script}</script>
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for any place in a page, attributes in quotes among them. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** Rows of a table that are shown at first; `page.css` knows the number, too. */
const rowsAtOnce = 200;

/** One table: heads in plain text, cells as HTML. */
export function htmlTable(
  caption: string,
  columns: readonly { readonly head: string; readonly align: 'left' | 'right'; readonly title?: string }[],
  rows: readonly (readonly string[])[],
): string {
  const heads = columns.map(({ head, align, title }) => {
    const tip = title === undefined ? '' : ` title="${escapeHtml(title)}"`;
    return `<th scope="col" class="${align}"${tip}><button type="button">${escapeHtml(head)}</button></th>`;
  });
  const lines = rows.map(
    (cells) =>
      `<tr>${cells.map((cell, index) => `<td class="${columns[index]?.align ?? 'left'}">${cell}</td>`).join('')}</tr>`,
  );
  // Laying out thousands of rows takes seconds, at every sort again; the style
  // sheet shows the first until all are asked for.
  const long = rows.length > rowsAtOnce;
  const all = `Show all ${rows.length.toLocaleString('en-US')} rows`;
  const more = long ? `\n<p class="more"><button type="button">${all}</button></p>` : '';
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}">
<table class="sortable${long ? ' long' : ''}">
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>
</div>${more}`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
