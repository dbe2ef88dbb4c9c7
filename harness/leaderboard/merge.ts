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
 * Rows without those that were given twice, whatever the order in which they come. Rows of one method with the same settings
 * on the same scenario become one: that of the most seeds where one holds the other's, with the sources of both. Of equal
 * ones, times, machine and date are those of the first that was made.
 * @throws UserError for two that disagree, naming both places, the column and what they say
 */
export function mergeRows(placed: readonly PlacedRow[]): PlacedRow[] {
  const merged = new Map<string, PlacedRow>();
  for (const one of placed) {
    const identity = rowIdentity(one.row);
    const other = merged.get(identity);
    merged.set(identity, other === undefined ? one : { row: mergeTwo(other, one), where: other.where });
  }
  return [...merged.values()];
}

/** The same rows with where they come from, unless they say so already. @param source `a.csv sha256:…` */
export function withSource(placed: readonly PlacedRow[], source: string): PlacedRow[] {
  return placed.map(({ row, where }) => ({
    where,
    row: row.fields.sources === '' ? { ...row, fields: { ...row.fields, sources: source } } : row,
  }));
}

function mergeTwo(left: PlacedRow, right: PlacedRow): LeaderboardRow {
  const [leftRuns, rightRuns] = [matricesByRun(left.row), matricesByRun(right.row)];
  for (const [run, digest] of leftRuns) {
    const other = rightRuns.get(run);
    if (other !== undefined && other !== digest) throw disagreement(left, right, 'matrices_sha256');
  }
  if (leftRuns.size === rightRuns.size && [...leftRuns.keys()].every((run) => rightRuns.has(run)))
    return mergeEqual(left, right);
  const [fewer, more] = leftRuns.size < rightRuns.size ? [left, right] : [right, left];
  const inMore = fewer === left ? rightRuns : leftRuns;
  if ([...matricesByRun(fewer.row).keys()].every((run) => inMore.has(run)))
    return withFields(more.row, { sources: joinedSources(left, right) });
  throw disagreement(left, right, 'seed_values');
}

function matricesByRun({ fields }: LeaderboardRow): Map<string, string> {
  const digests = fields.matrices_sha256.split(' ');
  return new Map(fields.runs.split(' ').map((run, index) => [run, digests[index] ?? '']));
}

function mergeEqual(left: PlacedRow, right: PlacedRow): LeaderboardRow {
  for (const column of results)
    if (left.row.fields[column] !== right.row.fields[column]) throw disagreement(left, right, column);
  for (const [id, entry] of left.row.metrics) {
    const other = right.row.metrics.get(id);
    if (other !== undefined && canonicalJson(other.values) !== canonicalJson(entry.values))
      throw disagreement(left, right, `${id} values`);
  }
  const [first, second] = [left.row, right.row].sort(byDate) as [LeaderboardRow, LeaderboardRow];
  const most = first.fields.seeds_unfinished >= second.fields.seeds_unfinished ? first : second;
  const known = [first, second].sort(byOrigin)[0]?.fields ?? first.fields;
  return {
    fields: {
      ...first.fields,
      // A run that failed somewhere is not forgotten.
      seeds_unfinished: most.fields.seeds_unfinished,
      cells_expected: most.fields.cells_expected,
      settings_origin: known.settings_origin,
      settings_changed: known.settings_changed,
      sources: joinedSources(left, right),
    },
    metrics: new Map([...second.metrics, ...first.metrics]),
  };
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

function textOf({ fields }: LeaderboardRow): string {
  return canonicalJson({ ...fields, sources: '', seeds_unfinished: 0, cells_expected: 0 });
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function withFields(row: LeaderboardRow, changes: Partial<Fields>): LeaderboardRow {
  return { ...row, fields: { ...row.fields, ...changes } };
}

function joinedSources(left: PlacedRow, right: PlacedRow): string {
  const all = [left, right].flatMap(({ row }) => row.fields.sources.split('; '));
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
