import { canonicalJson } from '../record/canonical.ts';
import type { RecordedRun, RunDefinition } from '../record/run-record.ts';
import { rowKey } from '../report/group-runs.ts';
import { seedOf } from './cell-runs.ts';

/** A run that makes no sample with the others of its cell, since it is of another kind. */
export interface LeftOutRun {
  readonly run: string;
  readonly seed: number;
  /** In what it differs: `the engine (1.29.0 instead of 1.30.0)`. */
  readonly differs: readonly string[];
}

/** Runs that differ in nothing but their seeds, and those that are left out; both in order of their seeds. */
export interface ChosenRuns {
  readonly runs: readonly RecordedRun[];
  readonly leftOut: readonly LeftOutRun[];
}

/**
 * Of runs of one plan those of one kind. A plan does not say with which version of the engine and on which data, so
 * that it may have runs of several. The kind of what was made last is taken, as that is what further runs would be;
 * where nothing was made, the kind of most runs, of equals the newest.
 * @param made those that were made just now
 */
export function chooseKind(found: readonly RecordedRun[], made: readonly RecordedRun[] = []): ChosenRuns {
  const kinds = new Map<string, RecordedRun[]>();
  for (const run of new Map([...found, ...made].map((own) => [own.record.id, own])).values()) {
    const key = rowKey(run);
    kinds.set(key, [...(kinds.get(key) ?? []), run]);
  }
  const [last] = made.toSorted((one, other) => finishTime(other) - finishTime(one));
  const [largest = []] = [...kinds.values()].sort(
    (one, other) => other.length - one.length || newest(other) - newest(one),
  );
  const chosen = last === undefined ? largest : (kinds.get(rowKey(last)) ?? []);
  const others = [...kinds.values()].filter((runs) => runs !== chosen).flat();
  return {
    runs: inOrder(chosen),
    leftOut: inOrder(others).map((run) => ({
      run: run.record.id,
      seed: seedOf(run.record.definition),
      differs: differences(run, chosen[0] ?? run),
    })),
  };
}

function inOrder(runs: readonly RecordedRun[]): RecordedRun[] {
  return runs.toSorted((one, other) => seedOf(one.record.definition) - seedOf(other.record.definition));
}

function newest(runs: readonly RecordedRun[]): number {
  return Math.max(...runs.map(finishTime));
}

function finishTime({ record: { status } }: RecordedRun): number {
  return status.state === 'finished' ? Date.parse(status.finished) : Number.NEGATIVE_INFINITY;
}

/** What a plan leaves open, each with a short text. */
const parts = {
  'the engine': ({ engine }) => [engine, engine.version],
  'the data': ({ dataset }) => [dataset, `${dataset.revision}, SHA-256 ${dataset.sha256.slice(0, 12)}…`],
  'the backbone': ({ backbone }) => [backbone, weightsOf(backbone)],
} as const satisfies Readonly<Record<string, (definition: RunDefinition) => readonly [unknown, string]>>;

function weightsOf(backbone: object): string {
  const digest = 'weightsDigest' in backbone ? String(backbone.weightsDigest).slice(0, 12) : 'none';
  return `weights ${digest}`;
}

function differences(one: RecordedRun, other: RecordedRun): string[] {
  return Object.entries(parts).flatMap(([what, partOf]) => {
    const [value, text] = partOf(one.record.definition);
    const [otherValue, otherText] = partOf(other.record.definition);
    if (canonicalJson(value) === canonicalJson(otherValue)) return [];
    return [text === otherText ? what : `${what} (${text} instead of ${otherText})`];
  });
}
