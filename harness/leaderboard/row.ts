import { UserError } from '../errors.ts';
import { type Seeds, seedRoles, seedsFrom } from '../random.ts';
import { digestOf } from '../record/canonical.ts';
import { parseFiniteJson } from '../record/finite-json.ts';
import { isNestedTooDeeply } from '../record/nesting.ts';
import type { RunDefinition } from '../record/run-record.ts';
import type { Fields } from './columns.ts';

/** A metric over the seeds of a row, as fractions. */
export interface MetricEntry {
  readonly mean: number;
  /** Sample standard deviation; null for one seed. */
  readonly deviation: number | null;
  /** Half-width of the 95% t interval of the mean; null for fewer than three seeds. */
  readonly interval: number | null;
  /** The value of each seed, in the order of `seed_values`. */
  readonly values: readonly number[];
}

/** A method on one version of a scenario with one backbone and one set of settings, over its seeds. */
export interface LeaderboardRow {
  readonly fields: Fields;
  /** By metric id; a metric without a value is not there. */
  readonly metrics: ReadonlyMap<string, MetricEntry>;
}

/** A row and where it stands, for errors: `a.csv, line 3`. */
export interface PlacedRow {
  readonly row: LeaderboardRow;
  readonly where: string;
}

/** A JSON object in a field. @throws UserError when it is none, or nested out of all reason */
export function jsonField(text: string): Record<string, unknown> {
  if (isNestedTooDeeply(text)) throw new UserError('is nested too deeply');
  let value: unknown;
  try {
    value = parseFiniteJson(text);
  } catch {
    throw new UserError('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError('is not a JSON object');
  return value as Record<string, unknown>;
}

/** The seeds of each run, as `describeSeeds` wrote them. @throws UserError when they cannot be read */
export function seedsOf(fields: Fields): Seeds[] {
  return fields.seed_values.split('; ').map((described) => {
    if (/^\d+$/.test(described)) return seedsFrom(Number(described));
    const byRole = new Map(described.split(', ').map((part) => part.split(' ') as [string, string]));
    const values = seedRoles.map((role) => [role, Number(byRole.get(role) ?? Number.NaN)] as const);
    if (byRole.size !== seedRoles.length || values.some(([, seed]) => !Number.isSafeInteger(seed)))
      throw new UserError('does not name a seed for each role');
    return Object.fromEntries(values) as unknown as Seeds;
  });
}

/** What tells a row apart from others: all that determines a run of it, but the seeds. */
export function definitionOf({ fields }: LeaderboardRow): Omit<RunDefinition, 'seeds' | 'imported'> {
  return {
    scenario: {
      name: fields.scenario,
      version: fields.scenario_version,
      digest: fields.scenario_digest,
    },
    dataset: {
      name: fields.dataset,
      revision: fields.dataset_revision,
      licence: fields.dataset_licence,
      source: fields.dataset_source,
      sha256: fields.dataset_sha256,
    },
    method: {
      name: fields.method,
      version: fields.method_version,
      digest: fields.method_digest,
      settings: jsonField(fields.settings),
    },
    training: jsonField(fields.training),
    backbone: jsonField(fields.backbone) as RunDefinition['backbone'],
    measuredOn: 'test',
    engine: {
      name: fields.engine,
      device: fields.device,
      threads: fields.threads,
      version: fields.engine_version,
    },
    palimpsest: fields.palimpsest,
  };
}

/** A digest of what determines a row's runs but the seeds: rows that share it are one row. */
export function rowIdentity(row: LeaderboardRow): string {
  const { imported_from: tool, imported_measure: measure } = row.fields;
  return digestOf([definitionOf(row), tool, measure, importedTasksOf(row)]);
}

/**
 * How many tasks an imported row has, which nothing else in it says; null for
 * a row of this program, whose scenario says it.
 */
export function importedTasksOf(row: LeaderboardRow): number | null {
  return isImported(row) ? row.fields.tasks : null;
}

/** Whether a row was measured by another tool. */
export function isImported({ fields }: LeaderboardRow): boolean {
  return fields.imported_from !== '';
}
