import type { Metric } from '../evaluate/metrics/index.ts';
import {
  type CriticalDifference,
  criticalDifference,
  type Friedman,
  friedmanTest,
} from '../evaluate/statistics.ts';
import { type Board, firstOf } from './board.ts';
import { isImported, type LeaderboardRow } from './row.ts';

/** The studentised range is not computed for more methods. */
const mostMethods = 200;

/** A method over several scenarios. */
export interface MethodAcross {
  /** `ewc`, `ewc (tuned)`, or `ewc strength=5`. */
  readonly name: string;
  /** Scenarios in which it has one complete row. */
  readonly scenarios: number;
  /**
   * Mean of its ranks over the scenarios, 1 is best; null where it does not
   * cover all of them or nothing could be ranked.
   */
  readonly averageRank: number | null;
}

/** How methods compare over the scenarios of a leaderboard, by its first metric. */
export interface Across {
  readonly metric: string;
  /** Scenarios that are compared over, `name@version`. */
  readonly scenarios: readonly string[];
  readonly methods: readonly MethodAcross[];
  /** Over the methods that cover all scenarios, in the order of `ranked`; or why it could not be computed. */
  readonly result:
    | {
        readonly kind: 'ranked';
        readonly ranked: readonly string[];
        readonly friedman: Friedman;
        readonly difference: CriticalDifference;
      }
    | { readonly kind: 'none'; readonly reason: string };
}

/**
 * Ranks over scenarios: Friedman's test and Nemenyi's critical difference over the methods that have a complete row
 * on every scenario. Of a scenario with several versions the newest counts, lest one scenario counts twice. Imported
 * rows do not take part: which protocol they followed is not known.
 */
export function acrossScenarios(boards: readonly Board[], metric: Metric): Across {
  const blocks = new Map<string, Map<string, number>>();
  const names = new Set<string>();
  for (const board of boards) {
    const { fields } = firstOf(board);
    const scores = scoresOf(board, metric);
    if (scores.size === 0 || names.has(fields.scenario)) continue;
    names.add(fields.scenario);
    blocks.set(`${fields.scenario}@${fields.scenario_version}`, scores);
  }
  const coverage = new Map<string, number>();
  for (const scores of blocks.values())
    for (const name of scores.keys()) coverage.set(name, (coverage.get(name) ?? 0) + 1);
  const ranked = [...coverage].flatMap(([name, covered]) => (covered === blocks.size ? [name] : []));
  const result = resultOf(ranked, [...blocks.values()], metric);
  const rankOf = new Map(
    result.kind === 'none' ? [] : ranked.map((name, index) => [name, result.friedman.averageRanks[index]]),
  );
  const methods = [...coverage].map(([name, scenarios]) => ({
    name,
    scenarios,
    averageRank: rankOf.get(name) ?? null,
  }));
  return {
    metric: metric.id,
    scenarios: [...blocks.keys()],
    methods: methods.sort(
      (left, right) =>
        (left.averageRank ?? Number.POSITIVE_INFINITY) - (right.averageRank ?? Number.POSITIVE_INFINITY) ||
        right.scenarios - left.scenarios,
    ),
    result,
  };
}

function scoresOf({ rows }: Board, { id }: Metric): Map<string, number> {
  const found = new Map<string, number>();
  const several = new Set<string>();
  for (const { row, rank } of rows) {
    const mean = row.metrics.get(id)?.mean;
    if (rank === null || mean === undefined || isImported(row)) continue;
    const name = nameOf(row);
    if (found.has(name)) several.add(name);
    found.set(name, mean);
  }
  // Rows that differ in version, engine or the like only: which of them stands for the method is not ours to choose.
  for (const name of several) found.delete(name);
  return found;
}

/** Tuned settings differ from scenario to scenario; what they share is that they were tuned. */
function nameOf({ fields: { method, settings_origin, settings_changed } }: LeaderboardRow): string {
  if (settings_origin === 'tuned') return `${method} (tuned)`;
  return settings_changed === '' ? method : `${method} ${settings_changed}`;
}

function resultOf(
  ranked: readonly string[],
  blocks: readonly ReadonlyMap<string, number>[],
  metric: Metric,
): Across['result'] {
  if (blocks.length < 2) {
    const have = blocks.length === 1 ? 'one scenario has' : 'no scenario has';
    return { kind: 'none', reason: `${have} complete rows; ranks over scenarios need two scenarios` };
  }
  if (ranked.length < 2) {
    const have = ranked.length === 1 ? `only ${ranked[0]} covers` : 'no method covers';
    return {
      kind: 'none',
      reason: `${have} all ${blocks.length} scenarios with one complete row on each; it takes two methods. Choose fewer scenarios with --scenario`,
    };
  }
  if (ranked.length > mostMethods)
    return { kind: 'none', reason: `critical differences are computed for at most ${mostMethods} methods` };
  const scores = blocks.map((block) => ranked.map((name) => block.get(name) ?? Number.NaN));
  const friedman = friedmanTest(scores, metric.direction);
  return { kind: 'ranked', ranked, friedman, difference: criticalDifference(friedman) };
}
