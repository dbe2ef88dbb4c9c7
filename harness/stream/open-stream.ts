import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { loadDatasetDefinition } from './dataset-definition.ts';
import { splitDomains } from './domains.ts';
import { ExampleView, type PickedRows, pickRows } from './example-view.ts';
import type { Encoding } from './examples.ts';
import { splitPermutations } from './permutations.ts';
import type { RawDataset, RawSet } from './raw-dataset.ts';
import { readDataset } from './read-dataset.ts';
import { sha256Of } from './readers/data-file.ts';
import { splitRotations } from './rotations.ts';
import { defaultMemoryLimit } from './row-writer.ts';
import type { DatasetDefinition, Scenario } from './scenario.ts';
import { splitClasses } from './split-classes.ts';
import { cutStratified } from './stratified-cut.ts';
import type { DatasetIdentity, Task, TaskStream } from './stream.ts';
import type { RowFilter, SplitInput, StreamPlan, TaskPlan } from './task-plan.ts';

/** Where a stream finds its data, and which of the scenario's streams it is. */
export interface StreamOptions {
  /** Seed of the role "class order". */
  readonly classOrderSeed: number;
  /** Files of a named dataset lie in `<dataDirectory>/<dataset>/`, unless a package holds them. */
  readonly dataDirectory: string;
  /** What relative paths of a dataset defined in the scenario refer to; the working directory when left out. */
  readonly baseDirectory?: string;
  /** Bytes of one table (training or test) kept in memory; larger tables are read from disk. 512 MiB when left out. */
  readonly memoryLimit?: number;
}

/** The three sets that tasks are picked from. */
type Sets = Readonly<Record<'train' | 'validation' | 'test', RawSet>>;

/** The same three sets of one task, with the outputs that occur in them. */
type PickedSets = Readonly<Record<keyof Sets, PickedRows>> & { readonly outputs: readonly number[] };

/**
 * Reads a scenario's dataset, checks it, and cuts it into tasks. Tasks hold row numbers, not copies of the data.
 * @throws UserError that names the faulty file or setting and the cure
 */
export async function openStream(scenario: Scenario, options: StreamOptions): Promise<TaskStream> {
  const { definition, directory } = locate(scenario, options);
  const dataset = await readDataset(definition.reader, {
    dataset: definition.name,
    directory,
    obtain: definition.obtain,
    memoryLimit: options.memoryLimit ?? defaultMemoryLimit,
  });
  const encoding = encodingOf(scenario, dataset);
  const plan = planTasks({
    scenario,
    classes: dataset.classes,
    domains: dataset.domains,
    shape: dataset.shape,
    classOrderSeed: options.classOrderSeed,
  });
  const sets = cutValidation(scenario, definition, dataset);
  return {
    scenario,
    inputShape: dataset.shape,
    outputs: plan.outputs,
    tasks: makeTasks(plan.tasks, sets, { shape: dataset.shape, encoding }, scenario.name),
    dataset: identityOf(definition, dataset),
    order: plan.order,
    close: () => {
      dataset.train.table.rows.close();
      dataset.test.table.rows.close();
    },
  };
}

function locate(
  scenario: Scenario,
  options: StreamOptions,
): { definition: DatasetDefinition; directory: string } {
  if (typeof scenario.dataset === 'string') {
    const definition = loadDatasetDefinition(scenario.dataset);
    return { definition, directory: join(options.dataDirectory, definition.name) };
  }
  return { definition: scenario.dataset, directory: options.baseDirectory ?? process.cwd() };
}

function planTasks(input: SplitInput): StreamPlan {
  const { tasks } = input.scenario;
  switch (tasks.by) {
    case 'classes':
      return splitClasses(input, tasks.classesPerTask);
    case 'permutations':
      return splitPermutations(input, tasks);
    case 'rotations':
      return splitRotations(input, tasks.degrees);
    case 'domains':
      return splitDomains(input);
  }
}

/**
 * The rule knows neither the run's seeds nor the scenario's name: all scenarios and seeds of a dataset with the same
 * fraction hold back the same examples.
 */
function cutValidation(scenario: Scenario, definition: DatasetDefinition, dataset: RawDataset): Sets {
  const share = { fraction: scenario.validation.fraction, atLeast: 0 };
  const { kept, cut } = cutStratified(dataset.train, dataset, share, 0, 'validation', definition.name);
  return { train: kept, validation: cut, test: dataset.test };
}

function makeTasks(
  plans: readonly TaskPlan[],
  sets: Sets,
  input: { shape: readonly number[]; encoding: Encoding },
  scenarioName: string,
): Task[] {
  const picked = new Map<RowFilter, PickedSets>();
  return plans.map((plan, index) => {
    const rows = picked.get(plan.filter) ?? pickSets(sets, plan.filter);
    picked.set(plan.filter, rows);
    const empty = rows.train.rows.length === 0 ? 'training' : rows.test.rows.length === 0 ? 'test' : null;
    if (empty !== null) {
      throw new UserError(
        `Scenario "${scenarioName}": task ${index + 1} (${plan.name}) has no ${empty} examples. ` +
          `Add examples of its classes to the ${empty} data, or split otherwise.`,
      );
    }
    return {
      index: index + 1,
      name: plan.name,
      outputs: rows.outputs,
      train: new ExampleView(rows.train, input, plan.sources),
      validation: new ExampleView(rows.validation, input, plan.sources),
      test: new ExampleView(rows.test, input, plan.sources),
    };
  });
}

function pickSets(sets: Sets, filter: RowFilter): PickedSets {
  const train = pickRows(sets.train, filter);
  const validation = pickRows(sets.validation, filter);
  const test = pickRows(sets.test, filter);
  const outputs = new Set<number>();
  for (const { labels } of [train, validation, test]) {
    for (const label of labels) outputs.add(label);
  }
  return { train, validation, test, outputs: [...outputs].sort((left, right) => left - right) };
}

function encodingOf({ name, normalise }: Scenario, dataset: RawDataset): Encoding {
  const { storage } = dataset.train.table.rows;
  const unit = storage === 'uint8' ? 1 / 255 : 1;
  if (normalise === null) return { storage, scale: [unit], offset: [0] };
  const { mean, deviation } = normalise;
  const channels = dataset.shape[0] ?? 1;
  if (mean.length !== 1 && mean.length !== channels) {
    throw new UserError(
      `Scenario "${name}": $.normalise has ${mean.length} entries, but inputs of shape ` +
        `${JSON.stringify(dataset.shape)} have ${channels} channels. Give one entry, or one for each channel.`,
    );
  }
  return {
    storage,
    scale: deviation.map((width) => unit / width),
    offset: mean.map((centre, channel) => -centre / (deviation[channel] ?? 1)),
  };
}

function identityOf(definition: DatasetDefinition, dataset: RawDataset): DatasetIdentity {
  const { name, revision, licence, source } = definition;
  const lines = dataset.checksums.map((checksum) => `${checksum}\n`).join('');
  return { name, revision, licence, source, sha256: sha256Of(lines) };
}
