import { duration, percent, signedPercent } from '../report/format.ts';
import { plainText } from '../report/plain-text.ts';
import type { TableColumn, TableContent } from '../report/table-content.ts';
import type { PeerComparison, PeerPair } from './peer.ts';
import type { CellResult, JudgedCell, TableResult } from './table-result.ts';
import { countsText, errorText, oursText, outcomeText, publishedText, titleOf } from './words.ts';

/** What a reproduced table says to people: published beside ours, what is missing below, then how it was judged. */
export function reproductionContent(result: TableResult): TableContent {
  const { cells, quick, table } = result;
  const reasons = reasonsOf(cells);
  const notes = [
    ...(quick
      ? [
          'Quick: shortened training and one seed. It shows that all runs; the numbers are not the paper’s protocol.',
        ]
      : []),
    `${countsText(result)}.`,
    ...reasons.map((reason, index) => `[${index + 1}] not attempted: ${reason}`),
    ...cells.flatMap(runNotes),
    ...(table.metric === null ? [] : judgedBy(table.metric.id, cells)),
    ...(table.reproduction.remarks ?? []),
    ...bindingRemarks(cells),
    `Paper: ${table.reproduction.link}`,
  ];
  return {
    title: titleOf(result),
    columns: cellColumns(cells, reasons),
    notes: notes.map(plainText),
    incomplete: [],
  };
}

/** The runs of a table's peer beside ours, seed by seed. @returns null where there are none */
export function peerContent(peer: PeerComparison | null): TableContent | null {
  if (peer === null || peer.pairs.length === 0) return null;
  const column = (head: string, text: (pair: PeerPair) => string): TableColumn => ({
    head: [head],
    align: head === 'cell' ? 'left' : 'right',
    cells: peer.pairs.map((pair) => ({ lines: [text(pair)] })),
  });
  return {
    title: `Seed by seed beside ${peer.name}`,
    columns: [
      column('cell', ({ cell }) => cell),
      column('seed', ({ seed }) => String(seed)),
      column('peer', ({ value }) => percent(value)),
      column('ours', ({ ours }) => percent(ours)),
      column('difference', ({ difference }) => signedPercent(difference)),
      column('peer time', ({ seconds }) => (seconds === null ? '' : duration(seconds))),
      column('our time', ({ ourSeconds }) => duration(ourSeconds)),
      column('ratio', ({ seconds, ourSeconds }) =>
        seconds === null ? '' : (ourSeconds / seconds).toFixed(2),
      ),
    ],
    notes: [],
    incomplete: [],
  };
}

function judgedBy(metric: string, cells: readonly CellResult[]): string[] {
  const bySpreadOfOurs = cells.some(
    ({ outcome }) => outcome.kind === 'judged' && outcome.judgement.spread?.from === 'own runs',
  );
  return [
    `Accuracies in % (${metric}); ours ± 95% t interval of the mean.`,
    'Matched: |difference of the means| ≤ 2·√(SEM² + SD²/k) with k runs of ours and the published spread; ' +
      'a margin of more than 5 points needs as many runs as the paper had.',
    ...(bySpreadOfOurs
      ? ['By our own spread: the paper gives none; the 95% quantile of Student’s t stands in place of 2.']
      : []),
    'Trust: primary was read in the paper or its authors’ files, secondary in another’s copy.',
  ];
}

function cellColumns(cells: readonly CellResult[], reasons: readonly string[]): TableColumn[] {
  const column = (
    head: string,
    align: 'left' | 'right',
    text: (cell: CellResult) => string,
  ): TableColumn => ({
    head: [head],
    align,
    cells: cells.map((cell) => ({ lines: [plainText(text(cell))] })),
  });
  const ours =
    (text: (judged: JudgedCell) => string) =>
    ({ outcome }: CellResult) =>
      outcome.kind === 'judged' ? text(outcome) : '';
  return [
    column('cell', 'left', ({ published }) => published.id),
    column('published', 'right', ({ published }) => publishedText(published)),
    column('error', 'left', ({ published }) => errorText(published)),
    column('trust', 'left', ({ published }) => published.trust),
    column('ours', 'right', ours(oursText)),
    column(
      'seeds',
      'right',
      ours(({ seeds }) => String(seeds.length)),
    ),
    column(
      'difference',
      'right',
      ours(({ judgement }) => signedPercent(judgement.difference)),
    ),
    column(
      'margin',
      'right',
      ours(({ judgement: { margin } }) => (margin === null ? '' : percent(margin))),
    ),
    column('verdict', 'left', (cell) =>
      cell.outcome.kind === 'judged'
        ? outcomeText(cell)
        : `not attempted [${reasons.indexOf(cell.outcome.reason) + 1}]`,
    ),
  ];
}

function reasonsOf(cells: readonly CellResult[]): string[] {
  return [
    ...new Set(cells.flatMap(({ outcome }) => (outcome.kind === 'not-attempted' ? [outcome.reason] : []))),
  ];
}

/** Which runs a cell lacks or does not count. */
function runNotes({ published, outcome }: CellResult): string[] {
  if (outcome.kind !== 'judged') return [];
  const { failures, leftOut } = outcome;
  const runs = leftOut.map(
    ({ run, seed, differs }) =>
      `${run} (seed ${seed}) differs in ${differs.join(' and ') || 'its definition'}`,
  );
  return [
    ...failures.map((failure) => `${published.id}: ${failure}`),
    ...(runs.length === 0
      ? []
      : [`${published.id}: left out, as they make no sample with the others: ${runs.join('; ')}`]),
  ];
}

function bindingRemarks(cells: readonly CellResult[]): string[] {
  const remarks = new Map<string, string[]>();
  for (const { published, binding, outcome } of cells) {
    if (binding.remark === undefined || outcome.kind !== 'judged') continue;
    remarks.set(binding.remark, [...(remarks.get(binding.remark) ?? []), published.id]);
  }
  return [...remarks].map(([remark, ids]) => `${ids.join(', ')}: ${remark}`);
}
