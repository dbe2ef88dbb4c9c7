import { formatCsv as formatCsvLines } from '../report/csv-text.ts';
import { formatLatexTable } from '../report/latex-table.ts';
import { formatMarkdownTable } from '../report/markdown-table.ts';
import type { TableContent } from '../report/table-content.ts';
import { formatTerminalContent } from '../report/terminal-table.ts';
import { idOf } from './cell-runs.ts';
import { peerContent, reproductionContent } from './content.ts';
import type { PeerComparison } from './peer.ts';
import type { CellResult, TableResult } from './table-result.ts';
import { outcomeText } from './words.ts';

/** The table for a terminal, and below it the runs of its peer. */
export function formatTerminal(result: TableResult, peer: PeerComparison | null): string {
  const style = { colour: false, width: Number.POSITIVE_INFINITY };
  return joined(result, peer, (content) => formatTerminalContent(content, style)).trimEnd();
}

/** The tables as Markdown. */
export function formatMarkdown(result: TableResult, peer: PeerComparison | null): string {
  return joined(result, peer, formatMarkdownTable);
}

/** The tables as LaTeX, for the package booktabs. */
export function formatLatex(result: TableResult, peer: PeerComparison | null): string {
  return joined(result, peer, formatLatexTable);
}

function joined(
  result: TableResult,
  peer: PeerComparison | null,
  format: (content: TableContent) => string,
): string {
  const beside = peerContent(peer);
  return [reproductionContent(result), ...(beside === null ? [] : [beside])].map(format).join('\n');
}

/** The table as CSV with raw numbers: fractions in full precision, an empty field where there is no value. */
export function formatCsv(result: TableResult): string {
  const records = result.cells.map((cell) => csvRecord(result, cell));
  const columns = Object.keys(records[0] ?? {});
  return formatCsvLines([
    columns,
    ...records.map((record) => columns.map((column) => record[column] ?? null)),
  ]);
}

/** The table as plain data. */
export function tableJson(result: TableResult): unknown {
  const { table, quick } = result;
  const { paper, link, table: name, title } = table.reproduction;
  return {
    table: table.id,
    paper,
    link,
    name,
    title,
    metric: table.metric?.id ?? null,
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
              failures: outcome.failures,
            },
    })),
  };
}

function csvRecord({ table }: TableResult, cell: CellResult): Record<string, string | number | null> {
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
    metric: table.metric?.id ?? null,
    ours: judged?.summary.mean ?? null,
    interval: half,
    deviation: judged?.summary.deviation ?? null,
    seeds: judged?.seeds.length ?? 0,
    seed_values: judged?.seeds.join('; ') ?? null,
    difference: judged?.judgement.difference ?? null,
    margin: judged?.judgement.margin ?? null,
    verdict: judged?.judgement.verdict.kind ?? 'not-attempted',
    detail: [outcomeText(cell), ...(judged?.failures ?? [])].join('; '),
    runs: judged?.sample.runs.map((run) => idOf(judged.sample, run)).join(' ') ?? null,
  };
}
