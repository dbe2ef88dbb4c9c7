import Table from 'cli-table3';
import { duration, percent, signedPercent } from '../report/format.ts';
import type { PeerComparison } from './peer.ts';
import type { CellResult, TableResult } from './table-result.ts';
import { countsText, errorText, oursText, outcomeText, publishedText, titleOf } from './words.ts';

/** A table for a person: published beside ours, what is missing below, then how it was judged. */
export function formatTable(result: TableResult, peer: PeerComparison | null): string {
  const { metric, cells, quick, table } = result;
  const reasons = reasonsOf(cells);
  return [
    titleOf(result),
    ...(quick
      ? [
          'Quick: shortened training and one seed. It shows that all runs; the numbers are not the paper’s protocol.',
        ]
      : []),
    cellTable(cells, reasons),
    `${countsText(result)}.`,
    ...notes(reasons),
    ...leftOutNotes(cells),
    ...(metric === null ? [] : [judgedBy(metric.id)]),
    ...(table.reproduction.remarks ?? []),
    ...bindingRemarks(cells),
    ...(peer === null || peer.pairs.length === 0 ? [] : ['', peerTable(peer)]),
    `Paper: ${table.reproduction.link}`,
  ].join('\n');
}

function judgedBy(metric: string): string {
  return (
    `Accuracies in % (${metric}); ours ± 95% t interval of the mean. Matched: |difference of the means| ≤ 2·√(SEM² + SD²/k) with k runs\n` +
    'of ours and the published spread; a margin of more than 5 points needs as many runs as the paper had. Trust: primary was read in the\n' +
    'paper or its authors’ files, secondary in another’s copy.'
  );
}

function cellTable(cells: readonly CellResult[], reasons: readonly string[]): string {
  const table = new Table({
    head: ['cell', 'published', 'error', 'trust', 'ours', 'seeds', 'difference', 'margin', 'verdict'],
    colAligns: ['left', 'right', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const cell of cells) {
    const { published, outcome } = cell;
    const judged = outcome.kind === 'judged' ? outcome : null;
    const { margin = null, difference = null } = judged?.judgement ?? {};
    table.push([
      published.id,
      publishedText(published),
      errorText(published),
      published.trust,
      judged === null ? '' : oursText(judged),
      judged === null ? '' : String(judged.seeds.length),
      difference === null ? '' : signedPercent(difference),
      margin === null ? '' : percent(margin),
      judged === null ? `not attempted [${reasons.indexOf(reasonOf(cell)) + 1}]` : outcomeText(cell),
    ]);
  }
  return table.toString();
}

function reasonOf({ outcome }: CellResult): string {
  return outcome.kind === 'not-attempted' ? outcome.reason : '';
}

function reasonsOf(cells: readonly CellResult[]): string[] {
  return [...new Set(cells.filter(({ outcome }) => outcome.kind === 'not-attempted').map(reasonOf))];
}

function notes(reasons: readonly string[]): string[] {
  return reasons.map((reason, index) => `[${index + 1}] not attempted: ${reason}`);
}

function leftOutNotes(cells: readonly CellResult[]): string[] {
  return cells.flatMap(({ published, outcome }) => {
    if (outcome.kind !== 'judged' || outcome.leftOut.length === 0) return [];
    const runs = outcome.leftOut.map(
      ({ run, seed, differs }) =>
        `${run} (seed ${seed}) differs in ${differs.join(' and ') || 'its definition'}`,
    );
    return [`${published.id}: left out, as they make no sample with the others: ${runs.join('; ')}`];
  });
}

function bindingRemarks(cells: readonly CellResult[]): string[] {
  const remarks = new Map<string, string[]>();
  for (const { published, binding, outcome } of cells) {
    if (binding.remark === undefined || outcome.kind !== 'judged') continue;
    remarks.set(binding.remark, [...(remarks.get(binding.remark) ?? []), published.id]);
  }
  return [...remarks].map(([remark, ids]) => `${ids.join(', ')}: ${remark}`);
}

function peerTable({ name, pairs }: PeerComparison): string {
  const table = new Table({
    head: ['cell', 'seed', 'peer', 'ours', 'difference', 'peer time', 'our time', 'ratio'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { cell, seed, value, ours, difference, seconds, ourSeconds } of pairs) {
    table.push([
      cell,
      String(seed),
      percent(value),
      percent(ours),
      signedPercent(difference),
      seconds === null ? '' : duration(seconds),
      duration(ourSeconds),
      seconds === null ? '' : (ourSeconds / seconds).toFixed(2),
    ]);
  }
  return `Seed by seed beside ${name}:\n${table.toString()}`;
}
