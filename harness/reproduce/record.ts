import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { messageOf, UserError } from '../errors.ts';
import { maximumTasks } from '../evaluate/accuracy-matrix.ts';
import type { Metric } from '../evaluate/metrics/index.ts';
import { canonicalJson, digestOf } from '../record/canonical.ts';
import { replaceFile, withFileErrors } from '../record/files.ts';
import { parseFiniteJson } from '../record/finite-json.ts';
import { whileLocked } from '../record/lock.ts';
import { amount, cost, count, object, seeds, sharedDefinition, text } from '../record/run-schema.ts';
import type { RunSample, SampleRun } from '../regress/run-sample.ts';
import { idOf, metricValue, seedOf, type TableRuns } from './cell-runs.ts';
import { type Merged, mergeRuns } from './merge-runs.ts';

/** What a record says it is. */
const recordFormat = 'palimpsest-paper-record@1';

/** A run as it is recorded: with its id and its value, both of which follow from the rest. */
interface RecordedSeed extends SampleRun {
  readonly id: string;
  /** The table's metric, as a fraction. */
  readonly value: number;
}

interface RecordFile {
  readonly format: typeof recordFormat;
  readonly table: string;
  readonly metric: string;
  readonly cells: readonly (Omit<RunSample, 'runs'> & {
    readonly cell: string;
    readonly runs: readonly RecordedSeed[];
  })[];
}

const run = object({
  id: text,
  seeds,
  value: { type: 'number' },
  totals: { type: 'array', items: { type: 'integer', minimum: 1 } },
  correct: { type: 'array', items: { type: 'array', items: { type: ['integer', 'null'], minimum: 0 } } },
  cost: { ...cost, type: 'object' },
  timing: { ...object({ computingSeconds: amount, calibrationSeconds: amount }), type: ['object', 'null'] },
});

const validate = new Ajv({ strict: false }).compile<RecordFile & { readonly digest: string }>(
  object({
    format: { const: recordFormat },
    digest: text,
    table: text,
    metric: text,
    cells: {
      type: 'array',
      items: object({
        cell: text,
        definition: object(sharedDefinition),
        tasks: { ...count, minimum: 1, maximum: maximumTasks },
        runs: { type: 'array', minItems: 1, items: run },
      }),
    },
  }),
);

/** Where the record of a table lies: beside its reproduction file. */
export function recordPath(reproductionFile: string): string {
  return reproductionFile.replace(/\.json$/, '.record.json');
}

/** Writes the runs of a table, a run a line, with the digest of the content. @throws UserError when it cannot be written */
export function writeTableRecord(path: string, table: string, metric: Metric, runs: TableRuns): void {
  const cells = [...runs].map(([cell, sample]) => ({
    cell,
    definition: sample.definition,
    tasks: sample.tasks,
    runs: sample.runs.map(
      (own): RecordedSeed => ({ id: idOf(sample, own), value: metricValue(sample, own, metric), ...own }),
    ),
  }));
  const content: RecordFile = { format: recordFormat, table, metric: metric.id, cells };
  const lines = cells.map(({ runs: own, ...head }) => {
    const written = own.map((one) => `    ${canonicalJson(one)}`).join(',\n');
    return `  ${canonicalJson(head).slice(0, -1)},"runs":[\n${written}\n  ]}`;
  });
  const { cells: _, ...head } = content;
  const heads = Object.entries({ ...head, digest: digestOf(content) }).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  replaceFile(path, `{\n${[...heads, `"cells": [\n${lines.join(',\n')}\n]`].join(',\n')}\n}\n`);
}

/** What is recorded of a table, and how. */
export interface RecordTarget {
  readonly id: string;
  /** Names of the table's cells, in the order that the record shall have. */
  readonly order: readonly string[];
  readonly metric: Metric;
  /** Whether runs of another kind may replace more that are recorded. */
  readonly force: boolean;
}

/**
 * Adds runs to the record of a table, by {@link mergeRuns}. It is read again for that, with the file locked: making
 * the runs takes hours, and what another process recorded meanwhile is to stay.
 * @returns cells that were replaced, and that were not
 * @throws UserError when the record is not valid, or cannot be written
 */
export function addToTableRecord(
  path: string,
  { id, order, metric, force }: RecordTarget,
  runs: TableRuns,
): Promise<Pick<Merged, 'replaced' | 'kept'>> {
  return whileLocked(path, () => {
    const { runs: merged, ...told } = mergeRuns(readTableRecord(path, id, metric), runs, force);
    const sorted = [...merged].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
    writeTableRecord(path, id, metric, new Map(sorted));
    return told;
  });
}

/**
 * The recorded runs of a table; none where there is no record.
 * @throws UserError for a record that was cut short, edited (a digest, an id or
 *   a value does not fit), or is another table's
 */
export function readTableRecord(path: string, table: string, metric: Metric): TableRuns {
  if (!existsSync(path)) return new Map();
  const value = parse(
    withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8')),
    path,
  );
  if (!validate(value)) {
    const error = validate.errors?.[0];
    throw new UserError(
      `${path} is not a record: ${error?.instancePath || 'the whole'} ${error?.message ?? 'has another shape'}.`,
    );
  }
  const { digest, ...content } = value;
  if (digestOf(content) !== digest) throw edited(path, 'its digest does not fit');
  if (content.table !== table) throw edited(path, `it is the record of ${content.table}, not of ${table}`);
  return new Map(
    content.cells.map(({ cell, definition, tasks, runs }) => {
      const sample: RunSample = {
        definition,
        tasks,
        runs: runs.map(({ id: _id, value: _value, ...own }) => own),
      };
      for (const own of runs) checkRun(own, sample, metric, content.metric, `${path}, cell ${cell}`);
      return [cell, sample];
    }),
  );
}

function checkRun(
  run: RecordedSeed,
  sample: RunSample,
  metric: Metric,
  recorded: string,
  where: string,
): void {
  const id = idOf(sample, run);
  if (run.id !== id)
    throw edited(where, `the run of seed ${seedOf(run)} is ${run.id}, but its definition makes ${id}`);
  if (metric.id !== recorded) return;
  const value = metricValue(sample, run, metric);
  if (Math.abs(value - run.value) > 1e-12)
    throw edited(where, `the value of seed ${seedOf(run)} is ${run.value}, but its matrix makes ${value}`);
}

function edited(where: string, why: string): UserError {
  return new UserError(
    `${where} is not what was recorded (${why}): it was edited or cut short. Restore it, or delete it and make it anew with --record.`,
  );
}

function parse(content: string, path: string): unknown {
  try {
    return parseFiniteJson(content);
  } catch (error) {
    throw new UserError(
      `${path} is not JSON (${messageOf(error)}): it was cut short or edited. Restore it, or delete it and make it anew with --record.`,
    );
  }
}
