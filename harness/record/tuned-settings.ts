import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Ajv } from 'ajv';
import { UserError } from '../errors.ts';
import { replaceFile } from './files.ts';
import { parseFiniteJson } from './finite-json.ts';
import { whileLocked } from './lock.ts';

/** One try of a method. */
export interface Trial {
  /** What differs from the defaults, by dotted key as in `--set`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The metric for each seed, as a fraction; none when a run failed. */
  readonly values: readonly number[];
  /** Ids of the runs. */
  readonly runs: readonly string[];
  /** Why there are no values. */
  readonly error?: string;
}

/** What was tried for a method, and what came out best. */
export interface TunedMethod {
  readonly version: number;
  /** Position of the best trial, from 0. */
  readonly best: number;
  /** Its settings, with those that held for all trials. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly trials: readonly Trial[];
}

/** The record of a search for settings, `results/tuned/<scenario>.json`. */
export interface TunedSettings {
  readonly format: 'palimpsest-tuned-1';
  readonly scenario: { readonly name: string; readonly version: number; readonly digest: string };
  readonly dataset: { readonly name: string; readonly revision: string; readonly sha256: string };
  readonly measuredOn: 'validation';
  /** Only so many tasks of the stream were run; all when left out. */
  readonly firstTasks?: number;
  /** Id of the metric that decided. */
  readonly metric: string;
  readonly seeds: readonly number[];
  /** How many trials each method was given. */
  readonly trials: number;
  readonly methods: Readonly<Record<string, TunedMethod>>;
}

/**
 * Whether the best trial has values. It has none where all failed: then its
 * settings are only those that were tried first.
 */
export function isMeasured({ trials, best }: TunedMethod): boolean {
  return (trials[best]?.values.length ?? 0) > 0;
}

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const object = (properties: Record<string, unknown>, optional: Record<string, unknown> = {}): object => ({
  type: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});
const trial = object(
  {
    settings: { type: 'object' },
    values: { type: 'array', items: { type: 'number' } },
    runs: { type: 'array', items: text },
  },
  { error: text },
);
const method = object({
  version: count,
  best: count,
  settings: { type: 'object' },
  trials: { type: 'array', minItems: 1, items: trial },
});

const validate = new Ajv({ strict: false }).compile<TunedSettings>(
  object(
    {
      format: { const: 'palimpsest-tuned-1' },
      scenario: object({ name: text, version: count, digest: text }),
      dataset: object({ name: text, revision: text, sha256: text }),
      measuredOn: { const: 'validation' },
      metric: text,
      seeds: { type: 'array', minItems: 1, items: count },
      trials: { type: 'integer', minimum: 1 },
      methods: { type: 'object', additionalProperties: method },
    },
    { firstTasks: { type: 'integer', minimum: 1 } },
  ),
);

/** The record in a file, or undefined when there is no such file. @throws UserError when it is not such a record */
export function readTunedSettings(file: string): TunedSettings | undefined {
  if (!existsSync(file)) return undefined;
  const value = parse(file);
  if (validate(value)) return value;
  const [error] = validate.errors ?? [];
  throw new UserError(
    `${file} is no record of tuned settings: ${error?.instancePath || 'the whole'} ${error?.message}. ` +
      'Write it with "palimpsest tune".',
  );
}

/** Writes the record of a search, as a whole. */
export function writeTunedSettings(file: string, tuned: TunedSettings): void {
  replaceFile(file, `${JSON.stringify(tuned, null, 2)}\n`);
}

/** A record after methods were added. */
export interface AddedSettings {
  readonly file: string;
  readonly tuned: TunedSettings;
  /** It took the place of a record of another kind. */
  readonly anew: boolean;
}

/**
 * Adds the methods of a search to the record in a file; a search of another kind (another text of the scenario, other
 * data, another metric, number of trials, tasks or seeds) begins the record anew. The file is locked meanwhile, so
 * that what another process adds stays.
 * @throws UserError when what is there is no such record
 */
export function addTunedSettings(file: string, found: TunedSettings): Promise<AddedSettings> {
  return whileLocked(file, () => {
    const before = readTunedSettings(file);
    const anew = before !== undefined && !isDeepStrictEqual(kindOf(before), kindOf(found));
    const methods = anew ? found.methods : { ...before?.methods, ...found.methods };
    const tuned: TunedSettings = { ...found, methods };
    writeTunedSettings(file, tuned);
    return { file, tuned, anew };
  });
}

function kindOf({ scenario, dataset, metric, firstTasks, seeds, trials }: TunedSettings): unknown {
  return [scenario.digest, dataset, metric, firstTasks, seeds, trials];
}

function parse(file: string): unknown {
  try {
    return parseFiniteJson(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} cannot be read as JSON (${(error as Error).message}).`);
  }
}
