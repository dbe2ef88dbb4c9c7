import { Ajv } from 'ajv';
import type { RunRecord } from './run-record.ts';

export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const amount = { type: 'number', minimum: 0 } as const;
export const record = { type: 'object' } as const;

/** An object of which every named property must be there; others are tolerated, for records of later versions. */
export function object(
  properties: Readonly<Record<string, unknown>>,
  optional: Readonly<Record<string, unknown>> = {},
): object {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties: { ...optional, ...properties },
  };
}

/** Null for an imported run. */
export const cost = {
  ...object({
    trainingSeconds: amount,
    evaluationSeconds: amount,
    peakMemory: amount,
    trainableParameters: count,
    totalParameters: count,
    keptBytes: count,
    keptExamples: count,
  }),
  type: ['object', 'null'],
};

const imported = object({
  format: text,
  version: count,
  tool: text,
  measure: text,
  files: { type: 'array', minItems: 1, items: object({ name: text, sha256: text }) },
  part: text,
});

export const seeds = object({
  classOrder: count,
  initialWeights: count,
  exampleOrder: count,
  memorySampling: count,
});

/** What is the same in all runs of a row: a run's definition without its seeds. */
export const sharedDefinition = {
  scenario: object({ name: text, version: count, digest: text }),
  dataset: object({ name: text, revision: text, licence: text, source: text, sha256: text }),
  method: object({ name: text, version: count, digest: text, settings: record }),
  training: record,
  backbone: object({ name: text }),
  measuredOn: { enum: ['test', 'validation'] },
  engine: object({ name: text, device: text, threads: count, version: text }),
  palimpsest: text,
};

const definition = object(
  { ...sharedDefinition, seeds },
  { imported, firstTasks: { type: 'integer', minimum: 1 } },
);

const status = {
  type: 'object',
  required: ['state'],
  discriminator: { propertyName: 'state' },
  oneOf: [
    object({ state: { const: 'running' }, started: text, tasksDone: count }),
    object({ state: { const: 'finished' }, started: text, finished: text, cost, accuracySha256: text }),
    object({ state: { const: 'failed' }, started: text, failed: text, tasksDone: count, error: text }),
  ],
};

const schema = object({
  id: text,
  definition,
  order: { type: 'array', items: { type: 'integer' } },
  tasks: { type: 'array', minItems: 1, items: object({ index: count, name: text }) },
  status,
  environment: object({ node: text, platform: text, processor: text }),
});

/** Whether a value has the shape of `run.json`; `problemOf` says what is wrong after a refusal. */
const validate = new Ajv({ discriminator: true, strict: false }).compile<RunRecord>(schema);

/** The value as a run record, or what is wrong with it: the place in the file and what would be right. */
export function checkRunRecord(
  value: unknown,
): { readonly record: RunRecord } | { readonly problem: string } {
  if (validate(value)) {
    const { definition, status } = value;
    const lacksCost =
      status.state === 'finished' && status.cost === null && definition.imported === undefined;
    return lacksCost ? { problem: '/status/cost must be object' } : { record: value };
  }
  const error = validate.errors?.[0];
  return { problem: `${error?.instancePath || 'the whole'} ${error?.message ?? 'is not a run record'}` };
}
