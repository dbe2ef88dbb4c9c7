import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { definitionOf } from './dataset-definition.ts';
import { datasetFolder } from './dataset-folders.ts';
import { JoinedRows } from './joined-rows.ts';
import { type Problem, problemsError } from './problems.ts';
import type { RawDataset, RawSet } from './raw-dataset.ts';
import { readDataset } from './read-dataset.ts';
import type { ReaderContext } from './readers/data-file.ts';
import { resolveGroups } from './resolve-groups.ts';
import type { RowStore } from './row-store.ts';
import type { DatasetDefinition, UnionPart } from './scenario.ts';
import { cutStratified, limitPerClass } from './stratified-cut.ts';
import { withSymmetries } from './symmetries.ts';
import type { NamedGroup } from './task-plan.ts';

/** The three sets that tasks are picked from. */
export type Sets = Readonly<Record<'train' | 'validation' | 'test', RawSet>>;

/** A dataset with its three sets. */
export interface OpenDataset {
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly domains: readonly string[];
  readonly groups: readonly NamedGroup[];
  readonly sets: Sets;
  readonly checksums: readonly string[];
}

/** Where files are found, and how much is kept back. */
export interface OpenOptions {
  /** Files of a named dataset lie in `<dataDirectory>/<dataset>/`, unless they are in a package or bundled. */
  readonly dataDirectory: string;
  /** What relative paths of a dataset that has no name of its own refer to. */
  readonly baseDirectory: string;
  /** What bundled files of such a dataset refer to; that directory when left out. */
  readonly bundledDirectory?: string | undefined;
  readonly memoryLimit: number;
  /** Share of the training data to hold back where a dataset brings no validation set. */
  readonly validationFraction: number;
}

/**
 * Reads a dataset, several as one, or one in all symmetries, and cuts the validation set where there is none.
 * The cut knows neither the run's seeds nor the scenario's name: all scenarios and seeds of a dataset with
 * the same fraction hold back the same examples.
 * @throws UserError that names the faulty file or setting and the cure
 */
export async function openDataset(
  dataset: string | DatasetDefinition,
  options: OpenOptions,
): Promise<OpenDataset> {
  const definition = definitionOf(dataset);
  const { reader, name } = definition;
  if (reader.kind === 'symmetries') {
    const opened = withSymmetries(name, await openDataset(reader.of, options));
    return definition.groups ? { ...opened, groups: groupsOf(definition, opened.classes) } : opened;
  }
  const raw: Omit<OpenDataset, 'groups'> =
    reader.kind === 'union'
      ? await openUnion(name, reader.parts, partOptions(dataset, options))
      : withValidation(name, await readDataset(reader, contextOf(dataset, definition, options)), options);
  if (reader.kind === 'union' && definition.groups === undefined) return raw as OpenDataset;
  return { ...raw, groups: groupsOf(definition, raw.classes) };
}

/**
 * Most readers' classes are known only now, so that no check of the
 * definition could have compared the groups with them.
 */
function groupsOf(definition: DatasetDefinition, classes: readonly string[]): NamedGroup[] {
  const problems: Problem[] = [];
  const groups = resolveGroups(definition, classes, problems);
  if (problems.length === 0) return groups;
  throw problemsError(`Dataset "${definition.name}"`, 'dataset definition', problems);
}

/** Files of the definitions in place that a named union is made of lie where its own would. */
function partOptions(dataset: string | DatasetDefinition, options: OpenOptions): OpenOptions {
  if (typeof dataset !== 'string') return options;
  return {
    ...options,
    baseDirectory: join(options.dataDirectory, dataset),
    bundledDirectory: datasetFolder(dataset),
  };
}

function contextOf(
  dataset: string | DatasetDefinition,
  { name, obtain }: DatasetDefinition,
  { dataDirectory, baseDirectory, bundledDirectory, memoryLimit }: OpenOptions,
): ReaderContext {
  const context = { dataset: name, obtain, memoryLimit };
  if (typeof dataset !== 'string') return { ...context, directory: baseDirectory, bundledDirectory };
  return { ...context, directory: join(dataDirectory, name), bundledDirectory: datasetFolder(name) };
}

function withValidation(
  name: string,
  { train, validation, test, ...rest }: RawDataset,
  { validationFraction }: OpenOptions,
): Omit<OpenDataset, 'groups'> {
  if (validation !== null) return { ...rest, sets: { train, validation, test } };
  const share = { fraction: validationFraction, atLeast: 0 };
  const { kept, cut } = cutStratified(train, rest, share, 0, 'validation', name);
  return { ...rest, sets: { train: kept, validation: cut, test } };
}

/** Datasets one after the other: their classes, and with them their groups, are numbered on. */
async function openUnion(
  name: string,
  parts: readonly UnionPart[],
  options: OpenOptions,
): Promise<OpenDataset> {
  const opened: OpenDataset[] = [];
  for (const part of parts) opened.push(limited(await openDataset(part.dataset, options), part));
  requireEqualInputs(name, parts, opened);
  const firsts = countUp(opened.map(({ classes }) => classes.length));
  const joined = (set: keyof Sets) =>
    joinSets(
      opened.map(({ sets }) => sets[set]),
      firsts,
    );
  return {
    shape: opened[0]?.shape ?? [],
    classes: opened.flatMap(({ classes }) => classes),
    domains: [],
    groups: opened.flatMap(({ groups }, part) =>
      groups.map((group) => ({
        name: group.name,
        classes: group.classes.map((member) => member + (firsts[part] as number)),
      })),
    ),
    sets: { train: joined('train'), validation: joined('validation'), test: joined('test') },
    checksums: opened.flatMap(({ checksums }) => checksums),
  };
}

function limited(dataset: OpenDataset, { limit = {} }: UnionPart): OpenDataset {
  const cut = (set: keyof Sets): RawSet =>
    limit[set] === undefined
      ? dataset.sets[set]
      : withDomains(dataset.sets[set], (rows) =>
          limitPerClass(rows, dataset, limit[set] as number, 0, 'limit', set),
        );
  return { ...dataset, sets: { train: cut('train'), validation: cut('validation'), test: cut('test') } };
}

/** Limits a set as a whole: a union has no domains, so they are not what a limit is for each of. */
function withDomains({ table, rows }: RawSet, limit: (set: RawSet) => RawSet): RawSet {
  return { table, rows: limit({ table: { ...table, domains: null }, rows }).rows };
}

function requireEqualInputs(name: string, parts: readonly UnionPart[], opened: readonly OpenDataset[]): void {
  const inputs = opened.map(
    ({ shape, sets }) => `${shape.join(' × ')} (${sets.train.table.rows.storage} values)`,
  );
  const other = inputs.findIndex((input) => input !== inputs[0]);
  if (other < 0) return;
  const nameOf = (index: number) => definitionOf((parts[index] as UnionPart).dataset).name;
  throw new UserError(
    `Dataset "${name}" is a union, whose parts must have inputs of one shape, but those of "${nameOf(0)}" are ` +
      `${inputs[0]} and those of "${nameOf(other)}" ${inputs[other]}. Take other parts, or bring them to one shape.`,
  );
}

function joinSets(sets: readonly RawSet[], firstClasses: readonly number[]): RawSet {
  const stores: RowStore[] = sets.map(({ table }) => table.rows);
  const firstRows = countUp(stores.map(({ count }) => count));
  return {
    table: {
      rows: new JoinedRows(stores),
      labels: concatenated(
        sets.map(({ table }) => table.labels),
        firstClasses,
      ),
      domains: null,
    },
    rows: concatenated(
      sets.map(({ rows }) => rows),
      firstRows,
    ),
  };
}

/** Where each of the parts begins when they are laid one after the other. */
function countUp(lengths: readonly number[]): number[] {
  let next = 0;
  return lengths.map((length) => {
    const first = next;
    next += length;
    return first;
  });
}

/** All numbers, those of each list raised by its offset. */
function concatenated(lists: readonly Int32Array[], offsets: readonly number[]): Int32Array {
  return Int32Array.from(
    lists.flatMap((list, index) => Array.from(list, (number) => number + (offsets[index] as number))),
  );
}
