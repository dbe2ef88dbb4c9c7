import { UserError } from '../errors.ts';
import { splitClassGroups } from './class-groups.ts';
import { definitionOf } from './dataset-definition.ts';
import { readingsOf } from './dataset-readings.ts';
import { splitDomains } from './domains.ts';
import { ExampleView, type PickedRows, pickRows } from './example-view.ts';
import type { Encoding } from './examples.ts';
import { listedOrder } from './listed-orders.ts';
import { type OpenDataset, openDataset, type Sets } from './open-dataset.ts';
import { padded } from './padding.ts';
import { splitPermutations } from './permutations.ts';
import { sha256Of } from './readers/data-file.ts';
import { splitDrawnRotations, splitRotations } from './rotations.ts';
import { defaultMemoryLimit } from './row-writer.ts';
import type { DatasetDefinition, Scenario } from './scenario.ts';
import { splitClasses } from './split-classes.ts';
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

/** The same three sets of one task, with the outputs that occur in them. */
type PickedSets = Readonly<Record<keyof Sets, PickedRows>> & { readonly outputs: readonly number[] };

/**
 * Reads a scenario's dataset, checks it, and cuts it into tasks. Tasks hold row numbers, not copies of the data.
 * @throws UserError that names the faulty file or setting and the cure
 */
export async function openStream(scenario: Scenario, options: StreamOptions): Promise<TaskStream> {
  const dataset = await openDataset(scenario.dataset, {
    dataDirectory: options.dataDirectory,
    baseDirectory: options.baseDirectory ?? process.cwd(),
    memoryLimit: options.memoryLimit ?? defaultMemoryLimit,
    validationFraction: scenario.validation.fraction,
  });
  const encoding = encodingOf(scenario, dataset);
  const { shape, sources } = padded(dataset.shape, scenario);
  const plan = planTasks({
    scenario,
    classes: dataset.classes,
    domains: dataset.domains,
    groups: dataset.groups,
    shape,
    classOrderSeed: options.classOrderSeed,
    listedOrder: listedOrder(scenario, dataset.classes, options),
  });
  if (plan.outputs < 2) {
    throw new UserError(
      `Scenario "${scenario.name}" has a single output, so there is nothing to choose among. ` +
        'Take data with more classes, or tasks of more than one.',
    );
  }
  return {
    scenario,
    inputShape: shape,
    outputs: plan.outputs,
    tasks: makeTasks(throughSources(plan.tasks, sources), dataset.sets, { shape, encoding }, scenario.name),
    dataset: identityOf(scenario.dataset, dataset),
    order: plan.order,
    close: () => {
      for (const { table } of Object.values(dataset.sets)) table.rows.close();
    },
  };
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
    case 'drawn-rotations':
      return splitDrawnRotations(input, tasks);
    case 'domains':
      return splitDomains(input, tasks);
    case 'class-groups':
      return splitClassGroups(input, tasks);
  }
}

/** Tasks whose inputs come from padded images: a value moved there from the border is 0. */
function throughSources(tasks: readonly TaskPlan[], padding: Int32Array | null): readonly TaskPlan[] {
  if (padding === null) return tasks;
  return tasks.map((task) => ({
    ...task,
    sources: task.sources?.map((source) => (source < 0 ? -1 : (padding[source] as number))) ?? padding,
  }));
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

function encodingOf({ name, normalise }: Scenario, dataset: OpenDataset): Encoding {
  const { storage } = dataset.sets.train.table.rows;
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

function identityOf(dataset: string | DatasetDefinition, { checksums }: OpenDataset): DatasetIdentity {
  const { name, revision, licence, source } = definitionOf(dataset);
  const lines = [...checksums, ...readingsOf(dataset)].map((checksum) => `${checksum}\n`).join('');
  return { name, revision, licence, source, sha256: sha256Of(lines) };
}
