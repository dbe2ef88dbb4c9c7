import { htmlPage } from '../report/html-page.ts';
import { htmlTableSection } from '../report/html-table.ts';
import type { TableContent } from '../report/table-content.ts';

/** A leaderboard as one page that loads nothing, its tables sorted by their heads; every text is escaped. */
export function formatLeaderboardHtml(contents: readonly TableContent[]): string {
  return htmlPage('Leaderboard', ['<h1>Leaderboard</h1>', ...contents.map(htmlTableSection)].join('\n'));
}
