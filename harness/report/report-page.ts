import { canonicalJson } from '../record/canonical.ts';
import type { Figure } from './figures/figure.ts';
import { rowLabel } from './figures/figure.ts';
import { type TableFigures, tableFigures } from './figures/table-figures.ts';
import { describeSeeds } from './format.ts';
import type { ReportRow, ReportTable } from './group-runs.ts';
import { escapeHtml, htmlPage } from './html-page.ts';
import { htmlNotes, htmlTableSection } from './html-table.ts';
import { plainText } from './plain-text.ts';
import { tableContent } from './table-content.ts';
import { tableTitle } from './table-notes.ts';

/** More lines of settings than this are folded away. */
const mostSettings = 50;

/** A table with its figures. */
export interface ReportSection {
  readonly table: ReportTable;
  readonly figures: TableFigures;
}

/** Tables with their figures, for a page or for files. @throws UserError for events that cannot be read */
export function reportSections(tables: readonly ReportTable[]): ReportSection[] {
  return tables.map((table) => ({ table, figures: tableFigures(table) }));
}

/**
 * Sections as one page that loads nothing: tables, figures, settings and digests, with a table of contents where there are
 * several.
 * @param title plain text
 * @param unreadable runs that could not be read, in words
 */
export function reportPage(
  title: string,
  sections: readonly ReportSection[],
  unreadable: readonly string[],
): string {
  const titles = sections.map(({ table }) => plainText(tableTitle(table)));
  const contents = sections.map(
    (_, index) => `<li><a href="#section-${index + 1}">${escapeHtml(titles[index] ?? '')}</a></li>`,
  );
  return htmlPage(
    plainText(title),
    [
      `<h1>${escapeHtml(plainText(title))}</h1>`,
      ...(sections.length > 1
        ? [`<nav aria-label="Contents"><ol class="contents">\n${contents.join('\n')}\n</ol></nav>`]
        : []),
      ...sections.map(sectionHtml),
      htmlNotes(unreadable.map((line) => `Left out: ${escapeHtml(plainText(line))}`)),
    ].join('\n'),
  );
}

function sectionHtml({ table, figures }: ReportSection, index: number): string {
  const prefix = `section-${index + 1}`;
  return [
    `<section id="${prefix}">`,
    htmlTableSection(tableContent(table)),
    htmlNotes(figures.notes.map(escapeHtml)),
    `<div class="figures">\n${figures.figures.map(figureHtml).join('\n')}\n</div>`,
    ...(figures.matrices.length === 0
      ? []
      : [
          '<h3>Accuracy matrices</h3>',
          '<p class="faint">Accuracy in % on each task (columns) after each task trained (rows; 0 is before training).</p>',
          `<div class="matrices">\n${figures.matrices.map(figureHtml).join('\n')}\n</div>`,
        ]),
    ...(table.rows.length === 0 ? [] : ['<h3>Settings and digests</h3>', settingsList(table.rows)]),
    '</section>',
  ].join('\n');
}

function figureHtml({ id, title, description, notes, draw, table }: Figure): string {
  const heads = table.heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join('');
  const rows = table.rows.map(
    ([first = '', ...cells]) =>
      `<tr><th scope="row">${escapeHtml(first)}</th>${cells.map((cell) => `<td class="right">${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  const heading = id.startsWith('matrix-') ? '' : `<h3>${escapeHtml(title)}</h3>\n`;
  return `<figure>
${heading}<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(`Figure: ${title}`)}">
${draw('page').replace('<svg ', `<svg class="drawing" `)}
</div>
<figcaption>${htmlNotes(notes.map(escapeHtml))}</figcaption>
<details><summary>Numbers of the figure<span class="hidden">: ${escapeHtml(title)}</span></summary>
<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(description)}">
<table>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</div>
</details>
</figure>`;
}

/** A line for each row; many of them are folded away, so that they need not be laid out. */
function settingsList(rows: readonly ReportRow[]): string {
  const list = `<div class="settings">\n${rows.map(settingsHtml).join('\n')}\n</div>`;
  if (rows.length <= mostSettings) return list;
  return `<details><summary>Settings of ${rows.length.toLocaleString('en-US')} rows</summary>\n${list}\n</details>`;
}

function settingsHtml(row: ReportRow): string {
  const entries = settingsOf(row).map(
    ([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(plainText(text))}</dd>`,
  );
  return `<details><summary>${escapeHtml(rowLabel(row))}</summary><dl>${entries.join('')}</dl></details>`;
}

/** All that the row's runs have in common, and which runs they are. What an imported run does not know is left out. */
function settingsOf({ definition, runs }: ReportRow): [string, string][] {
  const { scenario, dataset, method, training, backbone, engine, measuredOn, palimpsest, imported } =
    definition;
  const own: [string, string][] = [
    ['scenario', `${scenario.name}@${scenario.version}, digest ${scenario.digest}`],
    ['dataset', `${dataset.name} ${dataset.revision}, ${dataset.licence}, sha256 ${dataset.sha256}`],
    ['method', `${method.name}@${method.version}, source ${method.digest}`],
    ['settings', canonicalJson(method.settings)],
    ['training', canonicalJson(training)],
    ['backbone', canonicalJson(backbone)],
    ['measured on', measuredOn],
    ['engine', `${engine.name} ${engine.version} on ${engine.device}, threads ${engine.threads}`],
    ['made by', `palimpsest ${palimpsest}`],
  ];
  const foreign = (): [string, string][] => [
    ['imported from', `${imported?.tool}`],
    ['measures', `${imported?.measure}`],
    ['scenario', `${scenario.name}, as named at import`],
    ['settings', canonicalJson(method.settings)],
    ['imported by', `palimpsest ${palimpsest}, importer ${imported?.format}@${imported?.version}`],
    ...runs.flatMap(({ record }) =>
      (record.definition.imported?.files ?? []).map(({ name, sha256 }): [string, string] => [
        'file',
        `${name}, sha256 ${sha256}`,
      ]),
    ),
  ];
  return [
    ...(imported === undefined ? own : foreign()),
    ...runs.map(({ record }): [string, string] => [
      'run',
      `${record.id}, seed ${describeSeeds(record.definition.seeds)}`,
    ]),
  ];
}
