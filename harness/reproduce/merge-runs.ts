import { canonicalJson } from '../record/canonical.ts';
import { seedOf, type TableRuns } from './cell-runs.ts';

/** A cell whose recorded runs are of another kind than the new ones. */
export interface OtherKind {
  readonly cell: string;
  readonly recorded: number;
  readonly now: number;
}

/** Recorded runs with new ones. */
export interface Merged {
  readonly runs: TableRuns;
  /** Cells whose new runs replaced those recorded. */
  readonly replaced: readonly OtherKind[];
  /** Cells whose recorded runs stayed: there are fewer new ones. */
  readonly kept: readonly OtherKind[];
}

/**
 * Runs of before with new ones: where a cell's definition is the same, seeds are added to; where it has changed, the new
 * runs replace the old, unless they are fewer.
 * @param force replaces more by fewer, too
 */
export function mergeRuns(before: TableRuns, now: TableRuns, force: boolean): Merged {
  const runs = new Map(before);
  const replaced: OtherKind[] = [];
  const kept: OtherKind[] = [];
  for (const [cell, sample] of now) {
    const earlier = before.get(cell);
    const same =
      earlier !== undefined && canonicalJson(earlier.definition) === canonicalJson(sample.definition);
    if (earlier !== undefined && !same) {
      const other = { cell, recorded: earlier.runs.length, now: sample.runs.length };
      const stays = !force && other.now < other.recorded;
      (stays ? kept : replaced).push(other);
      if (stays) continue;
    }
    const bySeed = new Map(
      (same ? [...earlier.runs, ...sample.runs] : sample.runs).map((one) => [seedOf(one), one]),
    );
    const merged = [...bySeed].sort(([one], [other]) => one - other).map(([, own]) => own);
    runs.set(cell, { ...sample, runs: merged });
  }
  return { runs, replaced, kept };
}
