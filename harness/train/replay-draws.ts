import type { TrainingTask } from '../stream/stream.ts';
import type { BatchRows } from './batch-rows.ts';
import type { ExampleMemory } from './example-memory.ts';
import type { Learner } from './learner.ts';
import type { BatchContext, SettingSchema } from './method.ts';
import type { BufferSettings } from './replay-buffer.ts';

/** Settings of what is drawn from memory in a step. */
export interface DrawSettings extends BufferSettings {
  readonly replayBatch: number;
  /**
   * `independent`: without replacement, each step anew. `passes`: the next of a reshuffled pass over the memory, whose
   * incomplete last batch is left out.
   */
  readonly draw: 'independent' | 'passes';
  /**
   * `memory`: from all that is held. `each-past-task`: `⌈replayBatch / past
   * tasks⌉` from each, scored by its own outputs.
   */
  readonly replayFrom: 'memory' | 'each-past-task';
}

/** Their schemas, without the buffer's. */
export const drawSettings: {
  readonly [Name in Exclude<keyof DrawSettings, keyof BufferSettings>]: SettingSchema;
} = {
  replayBatch: {
    type: 'integer',
    default: 128,
    minimum: 1,
    description: 'Examples replayed in each step.',
  },
  draw: {
    type: 'string',
    enum: ['independent', 'passes'],
    default: 'independent',
    description: 'A new draw without replacement in each step, or reshuffled passes over the memory.',
  },
  replayFrom: {
    type: 'string',
    enum: ['memory', 'each-past-task'],
    default: 'memory',
    description: 'Draws from all that is held, or an equal part from each past task.',
  },
};

/** Most rows that a step of a task replays. */
export function replayRoom<Settings extends DrawSettings>(
  learner: Learner<Settings>,
  task: TrainingTask,
): number {
  const { replayBatch, replayFrom, buffer } = learner.settings;
  const past = task.index - 1;
  if (learner.memory?.count === 0 && buffer !== 'reservoir') return 0;
  if (replayFrom === 'each-past-task') return past === 0 ? 0 : Math.ceil(replayBatch / past) * past;
  if (buffer === 'reservoir') return replayBatch;
  return Math.min(replayBatch, learner.memory?.count ?? 0);
}

/** Places in memory of one step's replay: one list, or one for each past task that has examples. */
export function drawReplay<Settings extends DrawSettings>({
  learner,
  task,
  random,
}: BatchContext<Settings>): number[][] {
  const { memory, settings, scratch } = learner;
  if (!memory || memory.count === 0) return [];
  const { replayBatch, replayFrom, draw } = settings;
  const past = task.index - 1;
  const each = replayFrom === 'each-past-task';
  const size = each ? Math.ceil(replayBatch / past) : replayBatch;
  const groups = each ? Array.from({ length: past }, (_, at) => at + 1) : [0];
  return groups.flatMap((group) => {
    const places = placesOf(memory, group);
    if (places.length === 0) return [];
    if (draw === 'independent') {
      return [Array.from(random.sample(places.length, size), (at) => places[at] as number)];
    }
    const key = `replay pass ${group}`;
    const known = scratch.get(key) as Pass | undefined;
    const wanted = Math.min(size, places.length);
    const pass =
      known && known.next + wanted <= known.order.length
        ? known
        : { order: Array.from(random.permutation(places.length), (at) => places[at] as number), next: 0 };
    scratch.set(key, { order: pass.order, next: pass.next + wanted });
    return [pass.order.slice(pass.next, pass.next + wanted)];
  });
}

/** A pass over the memory, and where the next batch begins. */
interface Pass {
  readonly order: readonly number[];
  readonly next: number;
}

function placesOf(memory: ExampleMemory, task: number): number[] {
  return task === 0 ? memory.places() : memory.places((of) => of === task);
}

/**
 * Adds a step's replay with equal weights, or with those of van de Ven, Tuytelaars & Tolias (2022):
 * the mean of the current rows counts 1/k and that of the replayed ones 1 − 1/k in the k-th task;
 * replay from each past task is averaged over tasks.
 */
export function addReplay<Settings extends DrawSettings>(
  rows: BatchRows,
  { learner, task }: BatchContext<Settings>,
  draws: readonly (readonly number[])[],
  weighting: 'equal' | 'by-tasks',
): void {
  const { memory } = learner;
  if (!memory || draws.length === 0) return;
  if (weighting === 'by-tasks') rows.weighOwn(1 / (task.index * rows.own.length));
  for (const places of draws) {
    const share = (1 - 1 / task.index) / (draws.length * places.length);
    rows.add(memory.copies(places), weighting === 'by-tasks' ? share : 1);
  }
}
