import { Ajv } from 'ajv';
import { maximumTasks } from '../evaluate/accuracy-matrix.ts';
import { amount, cost, count, object, record, seeds, sharedDefinition, text } from '../record/run-schema.ts';
import type { RunSample } from './run-sample.ts';

/** What a reference file says it is. */
export const referenceFormat = 'palimpsest-reference@1';

/** Recorded runs of a method that later ones are held against: one file, small enough for a repository. */
export interface Reference extends RunSample {
  readonly format: typeof referenceFormat;
  /** Settings as given when the runs were made, so that later runs are given the same; all others had their defaults. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** A reference as it stands in its file. */
type StoredReference = Reference & { readonly digest: string };

const run = object({
  seeds,
  totals: { type: 'array', items: { type: 'integer', minimum: 1 } },
  correct: { type: 'array', items: { type: 'array', items: { type: ['integer', 'null'], minimum: 0 } } },
  cost: { ...cost, type: 'object' },
  timing: { ...object({ computingSeconds: amount, calibrationSeconds: amount }), type: ['object', 'null'] },
});

const schema = object({
  format: { const: referenceFormat },
  digest: text,
  overrides: record,
  definition: object(sharedDefinition),
  tasks: { ...count, minimum: 1, maximum: maximumTasks },
  runs: { type: 'array', minItems: 1, items: run },
});

const validate = new Ajv({ strict: false }).compile<StoredReference>(schema);

/** The value as a reference, or what is wrong with it: the place in the file and what would be right. */
export function checkReference(
  value: unknown,
): { readonly reference: StoredReference } | { readonly problem: string } {
  if (validate(value)) return { reference: value };
  const error = validate.errors?.[0];
  return { problem: `${error?.instancePath || 'the whole'} ${error?.message ?? 'has another shape'}` };
}
