import { escapeHtml, htmlPage, htmlTable } from '../report/html-page.ts';
import { htmlNotes } from '../report/html-table.ts';
import type { LeaderboardContent } from './content.ts';

/** A leaderboard as one page that loads nothing, its tables sorted by their heads; every text is escaped. */
export function formatLeaderboardHtml(contents: readonly LeaderboardContent[]): string {
  return htmlPage('Leaderboard', ['<h1>Leaderboard</h1>', ...contents.map(section)].join('\n'));
}

function section({ title, columns, notes }: LeaderboardContent): string {
  const rows = columns[0]?.cells.length ?? 0;
  const heads = columns.map(({ head, align }) => ({ head: head.join(' '), align }));
  const cells = Array.from({ length: rows }, (_, row) =>
    columns.map(({ cells: own, sortBy }) => {
      const text = (own[row]?.lines ?? []).map(escapeHtml).join('<br>');
      const value = sortBy?.[row] ?? null;
      return value === null ? text : `<span data-value="${value}">${text}</span>`;
    }),
  );
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    ...(rows === 0 ? [] : [htmlTable(title, heads, cells)]),
    htmlNotes(notes.map(escapeHtml)),
  ].join('\n');
}
