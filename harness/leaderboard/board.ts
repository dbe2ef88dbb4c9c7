import type { Metric } from '../evaluate/metrics/index.ts';
import { averageRanks } from '../evaluate/statistics.ts';
import { digestOf } from '../record/canonical.ts';
import { allDifferingSettings } from '../report/differing-settings.ts';
import { definitionOf, importedTasksOf, isImported, type LeaderboardRow } from './row.ts';

/** A row in its place. */
export interface RankedRow {
  readonly row: LeaderboardRow;
  /**
   * What the row is called: the method's name and `key=value` for what sets
   * it apart from the default and from its rivals.
   */
  readonly label: readonly string[];
  /** From 1 by the first metric, equal means share the mean of their ranks; null for references and incomplete rows. */
  readonly rank: number | null;
  /** Why the row is not complete; empty when it is. */
  readonly lacking: readonly string[];
}

/**
 * Rows that may be compared: one version of one scenario on the same data, by what
 * was measured; imported ones of as many tasks.
 */
export interface Board {
  readonly rows: readonly RankedRow[];
  readonly incomplete: readonly RankedRow[];
}

/** What makes a row complete. */
export interface BoardOptions {
  /** What is shown; the first decides the ranks. */
  readonly metrics: readonly Metric[];
  /** Fewer finished seeds are too few for a rank. */
  readonly leastSeeds: number;
}

/**
 * Sorts rows into boards by scenario, version, data and what was measured, and ranks the complete ones by the first metric.
 * References stand among them without a rank. Boards are in order of scenario names, the newest version first.
 */
export function boardsOf(rows: readonly LeaderboardRow[], options: BoardOptions): Board[] {
  const groups = new Map<string, LeaderboardRow[]>();
  for (const row of rows) {
    const key = boardKey(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map((group) => boardOf(group, options)).sort(compareBoards);
}

/** The first row of a board, which says what all have in common. */
export function firstOf({ rows, incomplete }: Board): LeaderboardRow {
  const first = rows[0] ?? incomplete[0];
  if (first === undefined) throw new Error('A board has at least one row.');
  return first.row;
}

function boardKey(row: LeaderboardRow): string {
  const { fields } = row;
  const { scenario, scenario_version, scenario_digest, dataset_revision, dataset_sha256 } = fields;
  const identity = [scenario, scenario_version, scenario_digest, dataset_revision, dataset_sha256];
  return digestOf([...identity, fields.imported_measure, importedTasksOf(row)]);
}

function compareBoards(left: Board, right: Board): number {
  const [a, b] = [firstOf(left).fields, firstOf(right).fields];
  return a.scenario.localeCompare(b.scenario) || b.scenario_version - a.scenario_version;
}

function boardOf(group: readonly LeaderboardRow[], options: BoardOptions): Board {
  const [metric] = options.metrics;
  const differing = allDifferingSettings(group.map(definitionOf));
  const all = group.map((row, index) => ({
    row,
    label: labelOf(row, differing[index] ?? []),
    lacking: lackingOf(row, options),
    rank: null,
  }));
  if (metric === undefined) throw new Error('A leaderboard has at least one metric.');
  const sign = metric.direction === 'higher' ? -1 : 1;
  const order = ({ row }: RankedRow) => sign * (row.metrics.get(metric.id)?.mean ?? 0);
  const complete = all.filter(({ lacking }) => lacking.length === 0);
  const contenders = complete.filter(({ row }) => row.fields.uses_past_data === 'false');
  const ranks = averageRanks(contenders.map(order));
  const rankOf = new Map(contenders.map((contender, index) => [contender, ranks[index] ?? null]));
  return {
    rows: complete
      .toSorted((left, right) => order(left) - order(right))
      .map((one) => ({ ...one, rank: rankOf.get(one) ?? null })),
    incomplete: all.filter(({ lacking }) => lacking.length > 0),
  };
}

/**
 * Why a row has no rank, each reason in a few words. A reference needs the first metric alone: one that trains once on all
 * data has a final accuracy to be held against, and nothing that it forgot.
 */
function lackingOf({ fields, metrics }: LeaderboardRow, options: BoardOptions): string[] {
  const { seeds, seeds_unfinished: unfinished } = fields;
  const needed = fields.uses_past_data === 'true' ? options.metrics.slice(0, 1) : options.metrics;
  return [
    ...(unfinished > 0 ? [`${unfinished} of ${seeds + unfinished} seeds not finished`] : []),
    ...(seeds < options.leastSeeds ? [`${seeds} of at least ${options.leastSeeds} seeds`] : []),
    ...needed.flatMap(({ id }) => (metrics.has(id) ? [] : [`no ${id}`])),
  ];
}

function labelOf(row: LeaderboardRow, differs: readonly string[]): string[] {
  const { method, uses_past_data, imported_from, settings_origin, settings_changed } = row.fields;
  const changed = settings_changed === '' ? [] : settings_changed.split('; ');
  return [
    method,
    ...(uses_past_data === 'true' ? ['(reference)'] : []),
    ...(isImported(row) ? [`(imported from ${imported_from})`] : []),
    ...(settings_origin === 'tuned' ? ['(tuned)'] : []),
    ...new Set([...changed, ...differs]),
  ];
}
