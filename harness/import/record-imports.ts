import { basename } from 'node:path';
import { UsageError, UserError } from '../errors.ts';
import { AccuracyMatrix } from '../evaluate/accuracy-matrix.ts';
import { seedsFrom } from '../random.ts';
import { digestOf } from '../record/canonical.ts';
import { findRuns } from '../record/read-run.ts';
import { RunDirectory } from '../record/run-directory.ts';
import { runId } from '../record/run-id.ts';
import { type RunDefinition, type RunRecord, unknown } from '../record/run-record.ts';
import { packageVersion } from '../version.ts';
import { type ImportedResult, type Importer, nameFrom } from './importer.ts';

/** What a person says of the results where their files do not. */
export interface ImportNames {
  readonly scenario?: string;
  readonly method?: string;
  /** For the results whose files state no seed, in order. */
  readonly seeds?: readonly number[];
  /** The number of tasks, or their names in order of training. */
  readonly tasks?: number | readonly string[];
}

/** A result that was written as a run. */
export interface RecordedImport {
  readonly id: string;
  readonly directory: string;
  /** Whether it was there already, imported from the same files under the same names. */
  readonly alreadyThere: boolean;
  readonly record: RunRecord;
  readonly cells: number;
  readonly notices: readonly string[];
}

interface Plan {
  readonly definition: RunDefinition;
  readonly tasks: RunRecord['tasks'];
  readonly result: ImportedResult;
}

/**
 * Writes imported results as finished runs under `<resultsDirectory>/runs/`. All are checked before the first is written.
 * @throws UsageError for a name that neither files nor person give; UserError for tasks that do not fit the matrix
 */
export function recordImports(
  importer: Importer,
  results: readonly ImportedResult[],
  names: ImportNames,
  resultsDirectory: string,
): RecordedImport[] {
  const seeds = seedsOf(results, names.seeds ?? []);
  const plans = results.map((result, index) => planOf(importer, result, names, seeds[index] ?? 0));
  const recorded = findRuns(resultsDirectory).runs.map(({ record }) => record);
  refuseRepetitions(plans, recorded);
  refuseOtherTasks(plans, recorded);
  return plans.map((plan) => write(plan, resultsDirectory));
}

/**
 * Two results of one method with one seed and the same settings would count as two samples. Mammoth adds a line to its log
 * at every start, so they occur.
 */
function refuseRepetitions(plans: readonly Plan[], recorded: readonly RunRecord[]): void {
  const found = new Map<string, { readonly id: string; readonly name: string }>();
  for (const { definition, id } of recorded) {
    found.set(sampleKey(definition), { id, name: `the imported run ${id}` });
  }
  for (const { definition, result } of plans) {
    const key = sampleKey(definition);
    const earlier = found.get(key);
    const id = runId(definition);
    if (earlier !== undefined && earlier.id !== id) {
      throw new UserError(
        `${describe(result)} and ${earlier.name} are both seed ${definition.seeds.exampleOrder} of ` +
          `${definition.method.name} on ${definition.scenario.name} with the same settings, and would count twice. ` +
          'Keep one of them, or tell them apart with --method or --seed.',
      );
    }
    found.set(key, { id, name: describe(result) });
  }
}

/** The tasks are not part of a run's id, so those of a second import would be passed over without a word. */
function refuseOtherTasks(plans: readonly Plan[], recorded: readonly RunRecord[]): void {
  for (const { definition, tasks, result } of plans) {
    const id = runId(definition);
    const earlier = recorded.find((record) => record.id === id);
    if (!earlier || digestOf(earlier.tasks) === digestOf(tasks)) continue;
    const names = (of: RunRecord['tasks']): string => of.map(({ name }) => name).join(', ');
    throw new UserError(
      `${describe(result)} was imported before with other tasks: ${names(earlier.tasks)}; now they are ${names(tasks)}. ` +
        `Delete the folder ${id} among the runs to import it anew, or leave --tasks as it was.`,
    );
  }
}

/** What makes a result a sample of a row of a table: all but the files that it was read from. */
function sampleKey(definition: RunDefinition): string {
  const { imported } = definition;
  return digestOf({ ...definition, imported: imported && { ...imported, files: null, part: null } });
}

/** The seed of each result: its file's own, else the next that the person gave. */
function seedsOf(results: readonly ImportedResult[], given: readonly number[]): number[] {
  const silent = results.filter(({ seed }) => seed === undefined);
  if (silent.length !== given.length) {
    const [first] = silent;
    throw new UsageError(
      first === undefined
        ? 'The files state their seeds themselves; leave --seed out.'
        : `${silent.length} of ${results.length} results do not say which seed they were made with, and --seed gives ` +
            `${given.length}. Give one for each, in order, such as --seed ${silent.map((_, index) => index + 1).join(',')}; ` +
            `the first is ${describe(first)}.`,
    );
  }
  const next = given.values();
  return results.map(({ seed }) => seed ?? next.next().value ?? 0);
}

function planOf(importer: Importer, result: ImportedResult, names: ImportNames, seed: number): Plan {
  const scenario = names.scenario ?? result.scenario;
  const method = names.method ?? result.method;
  if (scenario === undefined || method === undefined) {
    const option = scenario === undefined ? '--scenario' : '--method';
    throw new UsageError(
      `${describe(result)} does not name its ${option.slice(2)}. Give it with ${option} <name>.`,
    );
  }
  const tasks = tasksOf(result, names.tasks);
  // Refuses cells outside the stream and two for one place.
  new AccuracyMatrix(result.cells, tasks.length);
  const { format, version, tool } = importer;
  const files = result.files.map(({ name, sha256 }) => ({ name, sha256 }));
  return {
    result,
    tasks,
    definition: {
      imported: { format, version, tool, measure: result.measure, files, part: result.part },
      scenario: { name: nameFrom(scenario, 'scenario', '--scenario'), version: 0, digest: unknown },
      dataset: { name: unknown, revision: unknown, licence: unknown, source: unknown, sha256: unknown },
      method: {
        name: nameFrom(method, 'method', '--method'),
        version: 0,
        digest: unknown,
        settings: result.settings ?? {},
      },
      training: {},
      backbone: { name: unknown },
      seeds: seedsFrom(seed),
      measuredOn: 'test',
      engine: { name: unknown, device: unknown, threads: 0, version: unknown },
      palimpsest: packageVersion(),
    },
  };
}

function tasksOf(result: ImportedResult, given: ImportNames['tasks']): RunRecord['tasks'] {
  const count = typeof given === 'number' ? given : (given?.length ?? result.tasks);
  if (count < result.tasks) {
    throw new UserError(`${describe(result)} has ${result.tasks} tasks, but --tasks says ${count}.`);
  }
  const names = typeof given === 'object' ? given : result.taskNames;
  return Array.from({ length: count }, (_, index) => ({
    index: index + 1,
    name: nameFrom(names[index] ?? `task ${index + 1}`, 'task', '--tasks'),
  }));
}

function write({ definition, tasks, result }: Plan, resultsDirectory: string): RecordedImport {
  const run = RunDirectory.open(resultsDirectory, { definition, order: [], tasks });
  const alreadyThere = run.finished;
  try {
    if (!alreadyThere) {
      run.addCells(result.cells);
      run.finish(null);
    }
  } finally {
    run.close();
  }
  const { id, path: directory, record, cells } = run;
  return { id, directory, alreadyThere, record, cells: cells.length, notices: result.notices };
}

function describe({ files, part }: ImportedResult): string {
  const [first, ...others] = files;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `${basename(first?.path ?? '')}${more}${part === '' ? '' : ` (${part})`}`;
}
