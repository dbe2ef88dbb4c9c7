import { UserError } from '../errors.ts';
import { canonicalJson } from '../record/canonical.ts';
import type { ColumnName, Fields } from './columns.ts';
import { type LeaderboardRow, type PlacedRow, rowIdentity } from './row.ts';

/** What the same runs must agree on; cost in seconds and memory, dates and machines may differ. */
const results = [
  'seed_values',
  'uses_past_data',
  'seed_roles_varied',
  'tasks',
  'cells_measured',
  'matrices_sha256',
  'trainable_parameters',
  'total_parameters',
  'kept_bytes',
  'kept_examples',
] as const satisfies ColumnName[];

/**
 * Rows without those that were given twice, whatever the order in which they come. Rows of one method with the same
 * settings on the same scenario become one: that of the most seeds where one holds the other's, with the sources of
 * both. Of equal ones, times, machine and date are those of the first that was made.
 * @throws UserError for two that disagree, naming both places, the column and what they say
 */
export function mergeRows(placed: readonly PlacedRow[]): PlacedRow[] {
  return groupsOf(placed, ({ row }) => rowIdentity(row)).map(mergeGroup);
}

/** The same rows with where they come from, unless they say so already. @param source `a.csv sha256:…` */
export function withSource(placed: readonly PlacedRow[], source: string): PlacedRow[] {
  return placed.map(({ row, where }) => ({
    where,
    row: row.fields.sources === '' ? { ...row, fields: { ...row.fields, sources: source } } : row,
  }));
}

/**
 * Rows of one identity as one. All are held against the largest, not each against the next: two rows that share no
 * seed agree by way of a third that holds both, wherever that one stands.
 */
function mergeGroup(group: readonly PlacedRow[]): PlacedRow {
  const distinct = groupsOf(group, ({ row }) => [...matricesByRun(row).keys()].sort().join(' ')).map(
    mergeSame,
  );
  const [largest, ...others] = distinct.toSorted(
    (left, right) => right.row.fields.seeds - left.row.fields.seeds,
  );
  if (largest === undefined) throw new Error('A group has at least one member.');
  for (const other of others) checkWithin(largest, other);
  return { ...largest, row: withFields(largest.row, { sources: joinedSources(distinct) }) };
}

/** In order of their first members, which no group is without. */
function groupsOf(placed: readonly PlacedRow[], key: (one: PlacedRow) => string): PlacedRow[][] {
  const groups = new Map<string, PlacedRow[]>();
  for (const one of placed) {
    const group = groups.get(key(one));
    if (group === undefined) groups.set(key(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Whether a row has all runs of another, with the same results. */
function checkWithin(larger: PlacedRow, smaller: PlacedRow): void {
  checkMatrices(larger, smaller);
  const runs = matricesByRun(larger.row);
  if (![...matricesByRun(smaller.row).keys()].every((run) => runs.has(run)))
    throw disagreement(larger, smaller, 'seed_values');
}

function checkMatrices(left: PlacedRow, right: PlacedRow): void {
  const digests = matricesByRun(right.row);
  for (const [run, digest] of matricesByRun(left.row))
    if ((digests.get(run) ?? digest) !== digest) throw disagreement(left, right, 'matrices_sha256');
}

function matricesByRun({ fields }: LeaderboardRow): Map<string, string> {
  const digests = fields.matrices_sha256.split(' ');
  return new Map(fields.runs.split(' ').map((run, index) => [run, digests[index] ?? '']));
}

/** Rows of the same runs as one. */
function mergeSame(same: readonly PlacedRow[]): PlacedRow {
  same.forEach((left, index) => {
    for (const right of same.slice(index + 1)) checkEqual(left, right);
  });
  const dated = same.toSorted((left, right) => byDate(left.row, right.row)).map(({ row }) => row);
  const [first] = dated;
  const [known] = dated.toSorted(byOrigin);
  const [most] = dated.toSorted(
    (left, right) => right.fields.seeds_unfinished - left.fields.seeds_unfinished,
  );
  if (same[0] === undefined || first === undefined || known === undefined || most === undefined)
    throw new Error('A group has at least one member.');
  const row = {
    fields: {
      ...first.fields,
      // A run that failed somewhere is not forgotten.
      seeds_unfinished: most.fields.seeds_unfinished,
      cells_expected: most.fields.cells_expected,
      settings_origin: known.fields.settings_origin,
      settings_changed: known.fields.settings_changed,
      sources: joinedSources(same),
    },
    metrics: new Map(dated.toReversed().flatMap(({ metrics }) => [...metrics])),
  };
  return { row, where: same[0].where };
}

function checkEqual(left: PlacedRow, right: PlacedRow): void {
  checkMatrices(left, right);
  for (const column of results)
    if (left.row.fields[column] !== right.row.fields[column]) throw disagreement(left, right, column);
  for (const [id, entry] of left.row.metrics) {
    const other = right.row.metrics.get(id);
    if (other !== undefined && canonicalJson(other.values) !== canonicalJson(entry.values))
      throw disagreement(left, right, `${id} values`);
  }
}

function byDate(left: LeaderboardRow, right: LeaderboardRow): number {
  return compareTexts(left.fields.date, right.fields.date) || compareTexts(textOf(left), textOf(right));
}

/** Whoever knew where the settings come from goes first. */
function byOrigin({ fields: left }: LeaderboardRow, { fields: right }: LeaderboardRow): number {
  const blind = (fields: Fields) => Number(fields.settings_origin === 'unknown');
  const text = (fields: Fields) => `${fields.settings_origin} ${fields.settings_changed}`;
  return blind(left) - blind(right) || compareTexts(text(left), text(right));
}

function textOf({ fields, metrics }: LeaderboardRow): string {
  const known = { ...fields, sources: '', seeds_unfinished: 0, cells_expected: 0 };
  return canonicalJson([known, Object.fromEntries(metrics)]);
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function withFields(row: LeaderboardRow, changes: Partial<Fields>): LeaderboardRow {
  return { ...row, fields: { ...row.fields, ...changes } };
}

function joinedSources(rows: readonly PlacedRow[]): string {
  const all = rows.flatMap(({ row }) => row.fields.sources.split('; '));
  return [...new Set(all)]
    .filter((source) => source !== '')
    .sort()
    .join('; ');
}

function disagreement(left: PlacedRow, right: PlacedRow, column: string): UserError {
  const { scenario, scenario_version: version, method } = left.row.fields;
  const said = ({ row }: PlacedRow): string => {
    const id = column.slice(0, column.lastIndexOf(' '));
    const value = row.metrics.get(id)?.values.join(' ') ?? row.fields[column as ColumnName];
    const text = value === null ? 'empty' : String(value);
    return text.length > 60 ? `${text.slice(0, 57)}…` : text;
  };
  const cure =
    column === 'seed_values'
      ? 'Make one row of the runs of both, or leave one out.'
      : 'The same runs cannot have two results: find out which is right and leave the other out.';
  return new UserError(
    `${left.where} and ${right.where} disagree on ${method} with the same settings on ${scenario}@${version}: ` +
      `column ${column} is ${said(left)} and ${said(right)}. ${cure}`,
  );
}
