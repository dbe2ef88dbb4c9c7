import type { Across } from './across.ts';
import type { Board, RankedRow } from './board.ts';

/**
 * A leaderboard as plain data for a program: rows with the columns of the
 * CSV, their ranks, and what incomplete ones lack.
 */
export function leaderboardJson(boards: readonly Board[], across: Across): unknown {
  return {
    boards: boards.map(({ rows, incomplete }) => ({
      rows: rows.map(rowJson),
      incomplete: incomplete.map(rowJson),
    })),
    across,
  };
}

function rowJson({ row, label, rank, lacking }: RankedRow): unknown {
  return {
    name: label.join(' '),
    rank,
    complete: lacking.length === 0,
    lacking,
    ...row.fields,
    metrics: Object.fromEntries(row.metrics),
  };
}
