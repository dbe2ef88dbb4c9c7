import { percent, signedPercent } from '../report/format.ts';
import { type ErrorKind, type PublishedCell, publishedFraction } from './published.ts';
import type { CellResult, JudgedCell, TableResult } from './table-result.ts';
import { countVerdicts } from './table-result.ts';
import type { Verdict } from './verdict.ts';

const errorWords: Readonly<Record<ErrorKind, string>> = {
  sem: 'SEM',
  sd: 'SD',
  'population-sd': 'SD (divisor n)',
  tolerance: 'tolerance of its test',
  unspecified: '±, kind not given',
};

/** A published value in percent with its error, or as it was printed where it is no accuracy. */
export function publishedText(cell: PublishedCell): string {
  const number = publishedFraction(cell);
  if (number === null) return cell.text;
  const shown = cell.unit === 'percent' ? cell.text : percent(number.value);
  if (number.error === null) return shown;
  return `${shown} ${cell.errorKind === 'tolerance' ? '−' : '±'} ${percent(number.error)}`;
}

/** What the published errors of a table are: `SEM over 20 runs`. */
export function errorText({ errorKind, seeds }: PublishedCell): string {
  const runs = seeds === null ? '' : `${seeds} ${seeds === 1 ? 'run' : 'runs'}`;
  if (errorKind === null) return runs;
  return runs === '' ? errorWords[errorKind] : `${errorWords[errorKind]} over ${runs}`;
}

/** Our mean in percent with its 95% interval, where there are enough runs for one. */
export function oursText({ summary }: JudgedCell): string {
  const half = summary.interval.kind === 'interval' ? ` ± ${percent(summary.interval.halfWidth)}` : '';
  return `${percent(summary.mean)}${half}`;
}

/** `matched`, `off by +1.23`, `too few seeds to tell (7 would)`, `quick: no verdict`. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'matched':
      return 'matched';
    case 'off':
      return `off by ${signedPercent(verdict.by)}`;
    case 'too-few-seeds':
      return verdict.needed === null
        ? 'too few seeds to tell'
        : `too few seeds to tell (${verdict.needed} would)`;
    case 'quick':
      return 'quick: no verdict';
  }
}

/** What is said of a cell in the last column. */
export function outcomeText({ outcome }: CellResult): string {
  if (outcome.kind === 'not-attempted') return `not attempted: ${outcome.reason}`;
  const { judgement, changes } = outcome;
  const own = judgement.spread?.from === 'own runs' ? ' (by our own spread)' : '';
  const since = changes.length === 0 ? '' : `; recorded before a change of ${changes.join(', ')}`;
  return `${verdictText(judgement.verdict)}${own}${since}`;
}

/**
 * `3 matched, 1 off, 0 with too few seeds to tell, 19 not attempted, of 23 cells`; of quick runs `4 quick: no verdict,
 * 19 not attempted, of 23 cells`.
 */
export function countsText(result: TableResult): string {
  const { matched, off, tooFewSeeds, quick, notAttempted } = countVerdicts(result);
  const judged = result.quick
    ? `${quick} ${verdictText({ kind: 'quick' })}`
    : `${matched} matched, ${off} off, ${tooFewSeeds} with too few seeds to tell`;
  return `${judged}, ${notAttempted} not attempted, of ${result.cells.length} cells`;
}

/** The table's name with its paper's. */
export function titleOf({ table: { id, reproduction } }: TableResult): string {
  return `${id}: ${reproduction.paper}, ${reproduction.table}: ${reproduction.title}`;
}
