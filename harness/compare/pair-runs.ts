import { UserError } from '../errors.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { RecordedRun, RunDefinition } from '../record/run-record.ts';
import { allDifferingSettings } from '../report/differing-settings.ts';
import { describeSeeds } from '../report/format.ts';
import { groupRuns, type ReportRow } from '../report/group-runs.ts';
import { type DataDefinition, dataDifferences, dataOf, extentOf } from './same-data.ts';

/** One side of a comparison: finished runs that differ in nothing but their seeds. */
export interface Side {
  /** What the runs are called: the caller's word, or the method and its settings for `like:` and an id. */
  readonly label: string;
  readonly definition: RunDefinition;
  /** In order of their seeds. */
  readonly runs: readonly RecordedRun[];
}

/** Runs of both sides with the same seeds. */
export interface PairedRuns {
  readonly first: Side;
  readonly second: Side;
  readonly pairs: readonly (readonly [RecordedRun, RecordedRun])[];
  /** Seeds in words that one side has alone; its runs are left out. */
  readonly unpaired: { readonly first: readonly string[]; readonly second: readonly string[] };
}

/** Before the id of a run: the word then stands for all runs that differ from that one in nothing but their seeds. */
export const likePrefix = 'like:';

/**
 * The finished ones of runs as a side.
 * @throws UserError when there is none, or when they are not samples of one quantity, saying in what they differ
 */
export function sideOf(label: string, runs: readonly RecordedRun[]): Side {
  const finished = runs.filter(({ record }) => record.status.state === 'finished');
  const tables = groupRuns(finished, []);
  const rows = tables.flatMap((table) => table.rows);
  const [row] = rows;
  if (row === undefined) {
    const why = runs.length === 0 ? 'names no runs' : `names ${runs.length} runs, none of which is finished`;
    throw new UserError(`"${label}" ${why}. "palimpsest table" lists what is recorded.`);
  }
  if (tables.length > 1) throw unlikeTables(label, row, rows);
  if (rows.length > 1) {
    const kinds = rows.map((kind) =>
      [kind.definition.method.name, ...kind.differs, `(${wordOf(kind)})`].join(' '),
    );
    throw new UserError(
      `"${label}" names runs of ${rows.length} different kinds: ${kinds.join('; ')}. ` +
        `Write ${wordOf(row)}, say, to name all runs that differ from that one in nothing but their seeds.`,
    );
  }
  return { label, definition: row.definition, runs: row.runs };
}

/** That rows are of several tables, with what tells these apart and the options that choose among them. */
function unlikeTables(label: string, first: ReportRow, rows: readonly ReportRow[]): UserError {
  const data = rows.map(dataOfRuns);
  const kinds = new Map(rows.toReversed().map((row) => [kindOf(row), wordOf(row)]));
  const differences = new Set(data.flatMap((other) => dataDifferences(dataOfRuns(first), other)));
  const scenarios = new Set(data.map(({ scenario }) => scenario.name));
  const examples = [...new Set(data.map(({ measuredOn }) => measuredOn))];
  const cures = [
    ...(scenarios.size > 1 ? ['one scenario with --scenario'] : []),
    ...(examples.length > 1 ? [`--measured-on ${examples.join(' or --measured-on ')}`] : []),
  ];
  return new UserError(
    `"${label}" names runs that cannot be averaged: ${[...differences].join('; ')}. ` +
      `They are of ${[...kinds].map(([kind, word]) => `${kind} (${word})`).join('; ')}. ` +
      `Choose ${cures.length === 0 ? 'one kind by the word behind it' : cures.join(' and ')}.`,
  );
}

/** The word for all runs of a row. */
function wordOf({ runs: [run] }: ReportRow): string {
  return `${likePrefix}${run?.record.id}`;
}

/** What the runs of a row were measured on, in words. */
function kindOf(row: ReportRow): string {
  const { scenario, dataset, measuredOn, imported } = row.definition;
  return [
    ...[`${scenario.name}@${scenario.version}`, dataset.revision, measuredOn, extentOf(dataOfRuns(row))],
    ...(imported === undefined ? [] : [imported.measure]),
  ].join(', ');
}

/** What finished runs that differ in nothing but their seeds were measured on. */
function dataOfRuns({ runs: [run] }: Pick<Side, 'runs'>): DataDefinition {
  if (run === undefined) throw new Error('A side has at least one run.');
  return dataOf(run.record);
}

/**
 * Pairs the runs of two sides by their seeds.
 * @throws UserError when the sides were not measured on the same data, naming every difference, or share no seeds
 */
export function pairRuns(first: Side, second: Side): PairedRuns {
  checkSameData(first, second);
  const byFirst = bySeeds(first);
  const bySecond = bySeeds(second);
  const pairs = [...byFirst].flatMap(([seeds, run]) => {
    const partner = bySecond.get(seeds);
    return partner === undefined ? [] : [[run, partner] as const];
  });
  if (pairs.length === 0) {
    throw new UserError(
      `${first.label} and ${second.label} share no seeds, so no runs can be paired: ${first.label} has ` +
        `${seedsOf(first.runs)}, ${second.label} has ${seedsOf(second.runs)}. Run the missing ones with --seeds.`,
    );
  }
  const [firstLabel, secondLabel] = labelsOf(first, second);
  return {
    first: { ...first, label: firstLabel },
    second: { ...second, label: secondLabel },
    pairs,
    unpaired: { first: left(byFirst, bySecond), second: left(bySecond, byFirst) },
  };
}

/**
 * What a table calls two sides. The id of a run after `like:` tells a reader nothing, so its method stands for it, with
 * the settings that differ from the other side's where both have one method.
 */
function labelsOf(first: Side, second: Side): [string, string] {
  const sides = [first, second] as const;
  const differing = allDifferingSettings(sides.map(({ definition }) => definition));
  const [one, other] = sides.map(({ label, definition: { method } }, index) =>
    label.startsWith(likePrefix) ? [method.name, ...(differing[index] ?? [])].join(' ') : label,
  ) as [string, string];
  return one === other ? [first.label, second.label] : [one, other];
}

function checkSameData(first: Side, second: Side): void {
  const differences = dataDifferences(dataOfRuns(first), dataOfRuns(second));
  if (differences.length === 0) return;
  throw new UserError(
    `${first.label} and ${second.label} are not comparable: ${differences.join('; ')}. ` +
      'Runs are compared on one version of one scenario, on the same examples.',
  );
}

function bySeeds({ runs }: Side): Map<string, RecordedRun> {
  return new Map(runs.map((run) => [canonicalJson(run.record.definition.seeds), run]));
}

function left(of: ReadonlyMap<string, RecordedRun>, other: ReadonlyMap<string, RecordedRun>): string[] {
  return [...of].flatMap(([seeds, run]) =>
    other.has(seeds) ? [] : [describeSeeds(run.record.definition.seeds)],
  );
}

function seedsOf(runs: readonly RecordedRun[]): string {
  return runs.map(({ record }) => describeSeeds(record.definition.seeds)).join('; ');
}
