import { UsageError } from '../errors.ts';
import {
  metrics as allMetrics,
  defaultMetrics,
  findMetrics,
  type Metric,
} from '../evaluate/metrics/index.ts';
import { acrossScenarios } from '../leaderboard/across.ts';
import { boardsOf } from '../leaderboard/board.ts';
import { acrossContent, boardContents } from '../leaderboard/content.ts';
import { formatLeaderboardHtml } from '../leaderboard/html.ts';
import { leaderboardJson } from '../leaderboard/json.ts';
import type { LeaderboardRow } from '../leaderboard/row.ts';
import { formatLeaderboardCsv } from '../leaderboard/write-csv.ts';
import { formatMarkdownTable } from '../report/markdown-table.ts';
import { formatTerminalContent } from '../report/terminal-table.ts';
import { suggestion } from '../suggest.ts';
import { outputStyle, print, printJson } from './command.ts';
import type { LeaderboardOptions } from './leaderboard-options.ts';
import { readLeaderboardRows } from './leaderboard-rows.ts';
import { checkOutputs, writeOutput } from './write-output.ts';

/** Drawing more rows of a table on a terminal takes seconds, and nobody reads them there. */
const mostShown = 100;

/**
 * Prints a leaderboard and writes the files that were asked for.
 * @param files leaderboards to show instead of recorded runs
 * @throws UsageError for unknown scenarios, metrics or files; UserError for a
 *   file that is not valid, and rows that disagree
 */
export async function printLeaderboard(files: readonly string[], options: LeaderboardOptions): Promise<void> {
  const { csv, markdown, html, json } = options;
  const taken = checkOutputs({ '--csv': csv, '--markdown': markdown, '--html': html }, json);
  const chosen = options.metric === undefined ? undefined : chooseMetrics(options.metric);
  const { rows: all, leftOut } = await readLeaderboardRows(files, options, chosen ?? defaultMetrics);
  const rows = chooseScenarios(all, options.scenario);
  const metrics = chosen ?? sharedMetrics(rows);
  const [first] = metrics;
  if (first === undefined) throw new UsageError('The rows have no metric in common. Name one with --metric.');
  const boards = boardsOf(rows, { metrics, leastSeeds: options.leastSeeds });
  const across = acrossScenarios(boards, first);
  const contents = (most: number, full: boolean) => [
    ...boards.flatMap((board) => boardContents(board, { metrics, most, full })),
    acrossContent(across),
  ];
  const formats: [string | undefined, () => string][] = [
    [csv, () => formatLeaderboardCsv(rows)],
    [markdown, () => contents(Number.POSITIVE_INFINITY, false).map(formatMarkdownTable).join('\n')],
    [html, () => formatLeaderboardHtml(contents(Number.POSITIVE_INFINITY, true))],
  ];
  const written = formats.flatMap(([path, format]) => {
    if (path === undefined) return [];
    writeOutput(path, format());
    return [path];
  });
  if (json === true) printJson({ ...Object(leaderboardJson(boards, across)), leftOut });
  else if (!taken) {
    const style = outputStyle();
    for (const content of contents(mostShown, false)) print(`${formatTerminalContent(content, style)}\n`);
    for (const path of written) print(`The leaderboard is in ${path}.`);
  }
  for (const line of leftOut) console.error(`Left out: ${line}`);
}

/** @throws UsageError for an unknown metric, or one that a row alone cannot have */
function chooseMetrics(ids: readonly string[]): Metric[] {
  const found = findMetrics(ids);
  const comparing = found.find(({ referenceCells }) => referenceCells !== undefined);
  if (comparing !== undefined)
    throw new UsageError(`${comparing.id} compares with another run, which a leaderboard does not name.`);
  return found;
}

/** Of the default metrics those that any row has, else all that any row has. */
function sharedMetrics(rows: readonly LeaderboardRow[]): readonly Metric[] {
  const present = new Set(rows.flatMap((row) => [...row.metrics.keys()]));
  const usual = defaultMetrics.filter(({ id }) => present.has(id));
  return usual.length > 0 ? usual : allMetrics.filter(({ id }) => present.has(id));
}

/** @throws UsageError for a scenario that has no row, with the nearest name */
function chooseScenarios(
  rows: readonly LeaderboardRow[],
  wanted: readonly string[] | undefined,
): readonly LeaderboardRow[] {
  if (wanted === undefined) return rows;
  const namesOf = ({ fields }: LeaderboardRow): [string, string] => [
    fields.scenario,
    `${fields.scenario}@${fields.scenario_version}`,
  ];
  const known = new Set(rows.flatMap(namesOf));
  const strange = wanted.find((name) => !known.has(name));
  if (strange !== undefined)
    throw new UsageError(`There is no row of a scenario "${strange}".${suggestion(strange, known)}`);
  return rows.filter((row) => namesOf(row).some((name) => wanted.includes(name)));
}
