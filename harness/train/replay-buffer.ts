import { UserError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { TrainingTask } from '../stream/stream.ts';
import { ExampleMemory, type ExampleReference } from './example-memory.ts';
import type { Learner } from './learner.ts';
import type { SettingSchema } from './method.ts';

/**
 * What a memory holds. `reservoir`: a uniform sample of all examples so far, drawn as they come. The others are
 * filled when a task ends; `memory` counts examples of
 *
 * - `per-class`: each class;
 * - `per-class-and-task`: each class in each task, where the same classes come again;
 * - `per-task`: each task;
 * - `shared-by-classes`: all classes so far together, an equal share for each;
 * - `shared-by-tasks`: all tasks so far together, an equal share for each.
 */
export type BufferKind =
  | 'reservoir'
  | 'per-class'
  | 'per-class-and-task'
  | 'per-task'
  | 'shared-by-classes'
  | 'shared-by-tasks';

/** Settings of methods that keep examples. */
export interface BufferSettings {
  readonly buffer: BufferKind;
  readonly memory: number;
}

/** Their schemas. @param kinds of buffer that the method can use, the default first */
export function bufferSettings(
  memory: number,
  kinds: readonly BufferKind[],
): { readonly [Name in keyof BufferSettings]: SettingSchema } {
  return {
    buffer: {
      type: 'string',
      enum: kinds,
      default: kinds[0],
      description: 'What the memory holds, and so what its size counts.',
    },
    memory: {
      type: 'integer',
      default: memory,
      minimum: 1,
      description: 'Examples that the memory can hold: in all, or of each class or task, as the buffer says.',
    },
  };
}

/** Which of the given rows of a task are kept, best first. */
export type Selection = (rows: readonly number[], count: number, label: number) => readonly number[];

/** Gives a learner its empty memory. */
export function openBuffer<Settings extends BufferSettings>(learner: Learner<Settings>): void {
  const { buffer, memory } = learner.settings;
  const capacity = buffer === 'reservoir' ? memory : Number.MAX_SAFE_INTEGER;
  learner.memory = new ExampleMemory(capacity, learner.protocol.inputs);
}

/** Draws without replacement, in random order. */
export function randomSelection(random: Random): Selection {
  return (rows, count) => Array.from(random.sample(rows.length, count), (at) => rows[at] as number);
}

/** Fills the memory when a task ends, as {@link refill} does. */
export function storeTask<Settings extends BufferSettings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  select?: Selection,
): void {
  refill(learner, task, select);
}

/**
 * Fills the memory when a task ends; a reservoir is left as it is. Old examples that no longer have a place go, the
 * last ones of each group first: they are in the order of their selection.
 * @returns what was put at each place, by where it stood before: in the task, or at another place of the memory
 */
export function refill<Settings extends BufferSettings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  select: Selection = randomSelection(learner.random('memorySampling', 'buffer', task.index)),
): readonly ExampleReference[] {
  const { memory, settings } = learner;
  if (!memory) return [];
  if (settings.buffer === 'reservoir') return memory.places().map((place) => memory.at(place));
  const byTaskAlone = settings.buffer === 'per-task' || settings.buffer === 'shared-by-tasks';
  const groups = heldGroups(memory, byTaskAlone);
  for (const label of byTaskAlone ? [anyLabel] : new Set(task.train.labels)) {
    groups.push({ task: task.index, label, rows: rowsWith(task, label), examples: task.train });
  }
  const share = shareOf(settings, groups);
  const held = groups.flatMap((group, at) => {
    const { examples, rows, label } = group;
    const count = share(group, at);
    const kept = examples === memory ? rows.slice(0, count) : select(rows, count, label);
    return kept.map((row) => ({ examples, row, task: group.task }));
  });
  memory.replaceBy(held);
  return held;
}

/** Examples that share a quota. */
interface Group {
  readonly task: number;
  readonly label: number;
  readonly rows: readonly number[];
  readonly examples: ExampleReference['examples'];
}

/** The label of a group that holds all of its task's. */
const anyLabel = -1;

function heldGroups(memory: ExampleMemory, byTaskAlone: boolean): Group[] {
  const groups = new Map<string, { task: number; label: number; rows: number[]; examples: ExampleMemory }>();
  const { labels, tasks } = memory;
  for (const place of labels.keys()) {
    const task = tasks[place] as number;
    const label = byTaskAlone ? anyLabel : (labels[place] as number);
    const group = groups.get(`${task} ${label}`) ?? { task, label, rows: [], examples: memory };
    group.rows.push(place);
    groups.set(`${task} ${label}`, group);
  }
  return [...groups.values()];
}

function rowsWith({ train }: TrainingTask, label: number): number[] {
  return [...train.labels.keys()].filter((row) => label === anyLabel || train.labels[row] === label);
}

/** How many examples each group may have. @returns of a group and its place among all */
function shareOf(
  { buffer, memory }: BufferSettings,
  groups: readonly Group[],
): (group: Group, at: number) => number {
  const labels = [...new Set(groups.map(({ label }) => label))];
  const tasksWith = (wanted: number): Group[] => groups.filter(({ label }) => label === wanted);
  return (group, at) => {
    const alike = tasksWith(group.label);
    const amongAlike = (quota: number): number => part(quota, alike.length, alike.indexOf(group));
    switch (buffer) {
      case 'per-class':
        return amongAlike(memory);
      case 'shared-by-classes':
        return amongAlike(part(memory, labels.length, labels.indexOf(group.label)));
      case 'shared-by-tasks':
        return part(memory, groups.length, at);
      default:
        return memory;
    }
  };
}

/**
 * The equal share of one of several, whole; where there is not one for each, one for the first of them. A memory that is
 * smaller than its number of groups would else be emptied.
 */
function part(whole: number, parts: number, at: number): number {
  return whole < parts ? Number(at < whole) : Math.floor(whole / parts);
}

/**
 * All examples in memory, so often that they are about as many as the task's own: `max(1, ⌊N
 * / M⌋)` times (naive rehearsal of Hsu et al. 2018), or once. M is the size of the memory
 * where the setting says that, else what it holds.
 * @throws UserError for a reservoir, whose places change under the task that goes through them
 */
export function heldExamples<Settings extends BufferSettings>(
  { method, memory, settings }: Learner<Settings>,
  task: TrainingTask,
  balanced: boolean,
): ExampleReference[] {
  if (settings.buffer === 'reservoir') {
    throw new UserError(
      `${method.name} cannot add a reservoir to the training set, since its examples change during the task. ` +
        'Take another buffer (--set buffer=…) or another way to replay.',
    );
  }
  if (!memory || memory.count === 0) return [];
  const isWhole = settings.buffer.startsWith('shared');
  const size = isWhole ? settings.memory : memory.count;
  const times = balanced ? Math.max(1, Math.floor(task.train.count / size)) : 1;
  const once = memory.places().map((place) => memory.at(place));
  return Array.from({ length: times }, () => once).flat();
}
