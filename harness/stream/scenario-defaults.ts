import type {
  DatasetDefinition,
  ReaderSpec,
  Scenario,
  SplitRule,
  TaskSplit,
  Training,
  UnionPart,
} from './scenario.ts';

/** `T` with some properties that may be left out. */
type Defaulted<T, Optional extends keyof T> = Omit<T, Optional> & Partial<Pick<T, Optional>>;

type IdxReader = Extract<ReaderSpec, { kind: 'idx' }>;
type SymmetriesReader = Extract<ReaderSpec, { kind: 'symmetries' }>;
type ImageFolderReader = Extract<ReaderSpec, { kind: 'image-folder' }>;
type TableReader = Extract<ReaderSpec, { kind: 'csv' | 'jsonl' }>;
type SplitFile = Defaulted<SplitRule, 'seed'>;

/** A reader as a file may state it. */
export type ReaderFile =
  | IdxReader
  | UnionReaderFile
  | SymmetriesReader
  | (Defaulted<Omit<ImageFolderReader, 'split'>, 'domains'> & { readonly split?: SplitFile })
  | (Omit<TableReader, 'split'> & { readonly split?: SplitFile });

/** A union as a file may state it. */
interface UnionReaderFile {
  readonly kind: 'union';
  readonly parts: readonly (Omit<UnionPart, 'dataset'> & { readonly dataset: string | DatasetFile })[];
}

/** A dataset as a file may state it: what the schema accepts. */
export interface DatasetFile
  extends Defaulted<Omit<DatasetDefinition, 'reader'>, 'title' | 'licence' | 'source' | 'revision'> {
  readonly reader: ReaderFile;
}

type Permutations = Extract<TaskSplit, { by: 'permutations' }>;

/** A scenario as a file may state it: what the schema accepts. */
export type ScenarioFile = Defaulted<
  Omit<Scenario, 'dataset' | 'tasks' | 'training'>,
  'title' | 'description' | 'validation' | 'normalise'
> & {
  readonly $schema?: string;
  readonly dataset: string | DatasetFile;
  readonly tasks: Exclude<TaskSplit, Permutations> | Defaulted<Permutations, 'firstIsIdentity'>;
  readonly training: Partial<Training> & Pick<Training, 'batchSize'>;
};

/** How a test set is cut where neither the data bring one nor the reader says how. */
export const defaultSplit: SplitRule = { testFraction: 0.2, seed: 0 };

/** Share of the training examples that is held out where the dataset brings no validation set. */
export const defaultValidation = { fraction: 0.1 } as const;

const trainingDefaults = {
  incompleteBatch: 'drop',
  optimiser: 'adam',
  learningRate: 0.001,
  momentum: 0,
  weightDecay: 0,
  schedule: 'constant',
  warmup: 0,
  optimiserState: 'keep',
} as const satisfies Partial<Training>;

/** A scenario with everything filled in that its file may leave out. */
export function withScenarioDefaults(file: ScenarioFile): Scenario {
  const { $schema: _ignored, padding = 0, ...stated } = file;
  return {
    title: file.name,
    description: '',
    validation: defaultValidation,
    normalise: null,
    ...stated,
    // Left out where there is none, so that scenarios keep the digests that they had before there was padding.
    ...(padding > 0 && { padding }),
    dataset: named(file.dataset),
    tasks: withTaskDefaults(file.tasks),
    backbone: without(file.backbone, { initialisation: 'uniform' }),
    training: without({ ...trainingDefaults, ...file.training }, { beta1: 0.9, beta2: 0.999 }),
  };
}

/** A dataset's definition with everything filled in that its file may leave out. */
export function withDatasetDefaults(file: DatasetFile): DatasetDefinition {
  return {
    title: file.name,
    licence: 'not stated',
    source: 'not stated',
    revision: 'not stated',
    ...file,
    reader: withReaderDefaults(file.reader),
  };
}

function withTaskDefaults(tasks: ScenarioFile['tasks']): TaskSplit {
  if (tasks.by === 'permutations') return { firstIsIdentity: false, ...tasks };
  return tasks.by === 'class-groups' ? without(tasks, { tasksPerGroup: 1 }) : tasks;
}

/**
 * Leaves out what is stated as it is when left out: these settings came later, and a scenario without them keeps the
 * digest that it had before.
 */
function without<T extends object>(stated: T, usual: Readonly<Record<string, unknown>>): T {
  return Object.fromEntries(
    Object.entries(stated).filter(([key, value]) => !(key in usual) || usual[key] !== value),
  ) as T;
}

function named(dataset: string | DatasetFile): string | DatasetDefinition {
  return typeof dataset === 'string' ? dataset : withDatasetDefaults(dataset);
}

function withReaderDefaults(reader: ReaderFile): ReaderSpec {
  if (reader.kind === 'idx' || reader.kind === 'symmetries') return reader;
  if (reader.kind === 'union') {
    return { ...reader, parts: reader.parts.map((part) => ({ ...part, dataset: named(part.dataset) })) };
  }
  const { split: stated, ...rest } = reader;
  // Left out beside "test", where a file may not state it: what was filled in must be accepted when checked again.
  const split = rest.test === undefined && { split: { ...defaultSplit, ...stated } };
  if (rest.kind === 'image-folder') return { domains: false, ...rest, ...split };
  return { ...without(rest, { delimiter: ',' }), ...split };
}
