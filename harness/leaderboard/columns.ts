import { maximumTasks } from '../evaluate/accuracy-matrix.ts';
import { metrics } from '../evaluate/metrics/index.ts';

/** What `leaderboard_format` says; another number is another set of columns. */
export const leaderboardFormat = 1;

/** The first column, by which a file is known for a leaderboard. */
export const formatColumn = 'leaderboard_format';

/**
 * What a column holds. `number` may be an empty field, `count` and `text`
 * may not say "no value"; an empty text is a text.
 */
type ColumnKind = 'text' | 'count' | 'number';

interface Column {
  readonly kind: ColumnKind;
  /** JSON Schema of its value. */
  readonly schema: object;
}

const name = { type: 'string', minLength: 1, maxLength: 1000 };
const words = { type: 'string', maxLength: 32_000 };
const list = { type: 'string', maxLength: 4_000_000 };
const whole = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const atLeastOne = { ...whole, minimum: 1 };
const cost = { type: ['number', 'null'], minimum: 0 };
/** SHA-256, or what stands in an imported row. */
const digest = { type: 'string', pattern: '^([0-9a-f]{64}|unknown)$' };
/** One number for all roles, or each role's, of which the class order comes first. */
const seed = '([0-9]+|classOrder [^;]+)';
const json = { type: 'string', maxLength: 32_000, pattern: '^\\{[\\s\\S]*\\}$' };

const text = (schema: object) => ({ kind: 'text', schema }) as const;
const count = (schema: object) => ({ kind: 'count', schema }) as const;
const number = (schema: object) => ({ kind: 'number', schema }) as const;

/** The fixed columns in their order; metrics follow. Their meaning is told in docs/leaderboard.md. */
export const columns = {
  leaderboard_format: count({ const: leaderboardFormat }),
  scenario: text(name),
  scenario_version: count(whole),
  scenario_digest: text(digest),
  dataset: text(name),
  dataset_revision: text(name),
  dataset_licence: text(words),
  dataset_source: text(words),
  dataset_sha256: text(digest),
  measured_on: text({ const: 'test' }),
  method: text(name),
  method_version: count(whole),
  method_digest: text(digest),
  uses_past_data: text({ enum: ['true', 'false'] }),
  imported_from: text(words),
  imported_measure: text(words),
  settings: text(json),
  settings_origin: text({ enum: ['default', 'tuned', 'custom', 'unknown'] }),
  settings_changed: text(words),
  training: text(json),
  backbone: text(json),
  engine: text(name),
  engine_version: text(name),
  device: text(name),
  threads: count(whole),
  palimpsest: text(name),
  seeds: count(atLeastOne),
  seed_values: text({ ...list, pattern: `^${seed}(; ${seed})*$` }),
  seed_roles_varied: text({ ...words, pattern: '^([a-zA-Z]+( [a-zA-Z]+)*)?$' }),
  seeds_unfinished: count(whole),
  tasks: count({ ...atLeastOne, maximum: maximumTasks }),
  cells_measured: count(whole),
  cells_expected: count(whole),
  training_seconds: number(cost),
  evaluation_seconds: number(cost),
  peak_memory_bytes: number(cost),
  trainable_parameters: number(cost),
  total_parameters: number(cost),
  kept_bytes: number(cost),
  kept_examples: number(cost),
  date: text({ type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$' }),
  node: text(words),
  processor: text(words),
  commit: text({
    type: 'string',
    maxLength: 32_000,
    pattern: '^([0-9a-f]{7,64}( modified)?(; [0-9a-f]{7,64}( modified)?)*)?$',
  }),
  runs: text({ ...list, minLength: 1 }),
  matrices_sha256: text({ ...list, pattern: '^[0-9a-f]{64}( [0-9a-f]{64})*$' }),
  sources: text(words),
} as const satisfies Readonly<Record<string, Column>>;

/** A fixed column's name. */
export type ColumnName = keyof typeof columns;

type Kind<Wanted extends ColumnKind> = {
  [Name in ColumnName]: (typeof columns)[Name]['kind'] extends Wanted ? Name : never;
}[ColumnName];

/** The fixed columns of a row by their names. Costs are null for imported rows. */
export type Fields = { readonly [Name in Kind<'text'>]: string } & {
  readonly [Name in Kind<'count'>]: number;
} & { readonly [Name in Kind<'number'>]: number | null };

/** The fixed columns' names in their order. */
export const columnNames = Object.keys(columns) as readonly ColumnName[];

/** The columns of a metric, in their order. */
export const metricColumns = (id: string) =>
  ({ mean: id, deviation: `${id} deviation`, interval: `${id} interval`, values: `${id} values` }) as const;

/** Sums of floating-point numbers may pass the end of a range by so much. */
export const tolerance = 1e-9;

function metricSchemas(): [string, object][] {
  return metrics.flatMap(({ id, range: [least, most] }) => {
    const { mean, deviation, interval, values } = metricColumns(id);
    const limits = {
      ...(Number.isFinite(least) ? { minimum: least - tolerance } : {}),
      ...(Number.isFinite(most) ? { maximum: most + tolerance } : {}),
    };
    const spread = { type: ['number', 'null'], minimum: 0 };
    return [
      [mean, { type: ['number', 'null'], ...limits }],
      [deviation, spread],
      [interval, spread],
      [values, list],
    ];
  });
}

/** JSON Schema of a line of a leaderboard, numbers read as numbers and empty ones as null. */
export const rowSchema = {
  type: 'object',
  required: columnNames,
  additionalProperties: false,
  properties: Object.fromEntries([
    ...Object.entries(columns).map(([column, { schema }]) => [column, schema]),
    ...metricSchemas(),
  ]),
};
