import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Metric } from '../evaluate/metrics/index.ts';
import { rowsFromRuns } from '../leaderboard/from-runs.ts';
import { mergeRows, withSource } from '../leaderboard/merge.ts';
import { parseLeaderboardCsv } from '../leaderboard/read-csv.ts';
import type { LeaderboardRow, PlacedRow } from '../leaderboard/row.ts';
import { withFileErrors } from '../record/files.ts';
import { findRuns, sha256 } from '../record/read-run.ts';
import { plainText } from '../report/plain-text.ts';
import type { LeaderboardOptions } from './leaderboard-options.ts';
import { settingsOrigins } from './settings-origins.ts';

/** Rows of a leaderboard, and what was left out of it and why. */
export interface FoundRows {
  readonly rows: readonly LeaderboardRow[];
  readonly leftOut: readonly string[];
}

/**
 * The rows of the files, or where none are given those of the recorded runs with those of `--merge`.
 * @param metrics what is computed of recorded runs
 * @throws UsageError where there is no such file or no run; UserError for a file that is not valid, and rows that disagree
 */
export async function readLeaderboardRows(
  files: readonly string[],
  options: Pick<LeaderboardOptions, 'results' | 'merge'>,
  metrics: readonly Metric[],
): Promise<FoundRows> {
  const others = [...files, ...(options.merge ?? [])];
  const recorded = files.length > 0 ? { placed: [], leftOut: [] } : await recordedRows(options, metrics);
  const rows = mergeRows([...recorded.placed, ...others.flatMap(rowsOfFile)]).map(({ row }) => row);
  if (rows.length === 0) {
    const where = files.length > 0 ? others.join(', ') : `${options.results}/runs/`;
    throw new UsageError(
      `There is no finished run and no row in ${where}. Make some with "palimpsest run", or name a folder with --results.`,
    );
  }
  return { rows, leftOut: recorded.leftOut };
}

function rowsOfFile(file: string): PlacedRow[] {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const text = withFileErrors(`read ${file}`, () => readFileSync(file, 'utf8'));
  // Sources are divided by semicolons.
  const name = plainText(basename(file)).replaceAll(';', ',');
  return withSource(parseLeaderboardCsv(text, file), `${name} sha256:${sha256(text)}`);
}

async function recordedRows(
  { results, merge }: Pick<LeaderboardOptions, 'results' | 'merge'>,
  metrics: readonly Metric[],
): Promise<{ placed: PlacedRow[]; leftOut: string[] }> {
  const { runs, unreadable } = findRuns(results);
  if (runs.length === 0 && merge === undefined) return { placed: [], leftOut: [] };
  const origins = await settingsOrigins(
    runs.map(({ record }) => record.definition),
    results,
  );
  const { rows, leftOut } = rowsFromRuns(runs, metrics, origins);
  const where = `the runs in ${join(results, 'runs')}`;
  return {
    placed: rows.map((row) => ({ row, where })),
    leftOut: [...leftOut, ...unreadable.map(({ error }) => error)],
  };
}
