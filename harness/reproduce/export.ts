import { signedPercent } from '../report/format.ts';
import { idOf } from './cell-runs.ts';
import type { CellResult, TableResult } from './table-result.ts';
import { countsText, errorText, oursText, outcomeText, publishedText, titleOf } from './words.ts';

const header = ['cell', 'published', 'error', 'trust', 'ours', 'seeds', 'difference', 'verdict'] as const;

/** The table as Markdown, ours ± 95% interval. */
export function formatMarkdown(result: TableResult): string {
  const rows = result.cells.map((cell) => textRow(cell).map((text) => text.replaceAll('|', '\\|')));
  const alignment = header.map((_, index) => ([1, 4, 5, 6].includes(index) ? '---:' : '---'));
  const lines = [header, alignment, ...rows].map((row) => `| ${row.join(' | ')} |`);
  return `${titleOf(result)}\n\n${lines.join('\n')}\n\n${countsText(result)}.\n`;
}

/** The table as a LaTeX `tabular` for the package booktabs. */
export function formatLatex(result: TableResult): string {
  const rows = result.cells.map((cell) => `${textRow(cell).map(latex).join(' & ')} \\\\`);
  return [
    `% ${titleOf(result).replaceAll('\n', ' ')}`,
    '\\begin{tabular}{lrllrrrl}',
    '\\toprule',
    `${header.join(' & ')} \\\\`,
    '\\midrule',
    ...rows,
    '\\bottomrule',
    '\\end{tabular}',
    `% ${countsText(result)}`,
    '',
  ].join('\n');
}

/** The table as CSV with raw numbers: fractions in full precision, an empty field where there is no value. */
export function formatCsv(result: TableResult): string {
  const records = result.cells.map((cell) => csvRecord(result, cell));
  const columns = Object.keys(records[0] ?? {});
  const lines = [columns, ...records.map((record) => columns.map((column) => record[column] ?? null))];
  return lines.map((line) => `${line.map(field).join(',')}\n`).join('');
}

/** The table as plain data. */
export function tableJson(result: TableResult): unknown {
  const { table, metric, quick } = result;
  const { paper, link, table: name, title } = table.reproduction;
  return {
    table: table.id,
    paper,
    link,
    name,
    title,
    metric: metric?.id ?? null,
    quick,
    cells: result.cells.map(({ published, outcome }) => ({
      ...published,
      outcome:
        outcome.kind === 'not-attempted'
          ? outcome
          : {
              kind: outcome.kind,
              verdict: outcome.judgement.verdict,
              difference: outcome.judgement.difference,
              margin: outcome.judgement.margin,
              spread: outcome.judgement.spread,
              summary: outcome.summary,
              seeds: outcome.seeds,
              values: outcome.values,
              runs: outcome.sample.runs.map((run) => idOf(outcome.sample, run)),
              changes: outcome.changes,
              leftOut: outcome.leftOut,
            },
    })),
  };
}

function textRow(cell: CellResult): string[] {
  const { published, outcome } = cell;
  const judged = outcome.kind === 'judged' ? outcome : null;
  return [
    published.id,
    publishedText(published),
    errorText(published),
    published.trust,
    judged === null ? '' : oursText(judged),
    judged === null ? '' : String(judged.seeds.length),
    judged === null ? '' : signedPercent(judged.judgement.difference),
    outcomeText(cell),
  ];
}

function csvRecord({ table, metric }: TableResult, cell: CellResult): Record<string, string | number | null> {
  const { published, outcome } = cell;
  const judged = outcome.kind === 'judged' ? outcome : null;
  const half = judged?.summary.interval.kind === 'interval' ? judged.summary.interval.halfWidth : null;
  return {
    table: table.id,
    cell: published.id,
    benchmark: published.benchmark,
    scenario: published.scenario,
    setting: published.setting,
    published_method: published.method,
    published_metric: published.metric,
    published: published.text,
    published_unit: published.unit,
    published_error: published.error,
    published_error_kind: published.errorKind,
    published_seeds: published.seeds,
    trust: published.trust,
    source: published.source,
    metric: metric?.id ?? null,
    ours: judged?.summary.mean ?? null,
    interval: half,
    deviation: judged?.summary.deviation ?? null,
    seeds: judged?.seeds.length ?? 0,
    seed_values: judged?.seeds.join('; ') ?? null,
    difference: judged?.judgement.difference ?? null,
    margin: judged?.judgement.margin ?? null,
    verdict: judged?.judgement.verdict.kind ?? 'not-attempted',
    detail: outcomeText(cell),
    runs: judged?.sample.runs.map((run) => idOf(judged.sample, run)).join(' ') ?? null,
  };
}

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run text that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) && !Number.isFinite(Number(value)) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const latexWords: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '·': '$\\cdot$',
  '√': '$\\surd$',
};

function latex(text: string): string {
  return text.replaceAll(/[\\{}~^±·√&%$#_]/g, (sign) => latexWords[sign] ?? `\\${sign}`);
}
