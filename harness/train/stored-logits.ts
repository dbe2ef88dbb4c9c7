import {
  add,
  matMul,
  mul,
  oneHot,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  transpose,
} from '@tensorflow/tfjs-core';
import type { TensorSpec } from '../engine/tensor.ts';
import { zeros } from '../engine/tensor.ts';
import type { BatchRows } from './batch-rows.ts';
import { ExampleMemory } from './example-memory.ts';
import type { Learner } from './learner.ts';
import type { BatchContext, Scope, SettingSchema } from './method.ts';

/** Settings of a reservoir that keeps the model's logits beside each example. */
export interface StoredLogitsSettings {
  readonly memory: number;
  readonly replayBatch: number;
}

/** Their schemas. */
export const storedLogitsSettings: { readonly [Name in keyof StoredLogitsSettings]: SettingSchema } = {
  memory: { type: 'integer', default: 500, minimum: 1, description: 'Examples that the memory can hold.' },
  replayBatch: {
    type: 'integer',
    default: 128,
    minimum: 1,
    description: 'Examples of each draw from memory.',
  },
};

/** Makes the memory, and room for logits `[memory, outputs]` in `kept.logits`. */
export function openStoredLogits<Settings extends StoredLogitsSettings>(learner: Learner<Settings>): void {
  const { memory } = learner.settings;
  learner.memory = new ExampleMemory(memory, learner.protocol.inputs);
  learner.kept.logits = zeros([memory, learner.protocol.outputs]);
}

/** Where a step's rows stand in memory, as {@link drawWithLogits} fills it. @param draws made in a step */
export function placesOfRows<Settings extends StoredLogitsSettings>(
  { settings }: Learner<Settings>,
  rows: number,
  draws: number,
): Record<string, TensorSpec> {
  const drawn = [draws * settings.replayBatch];
  return {
    written: { shape: [rows], dtype: 'int32' },
    read: { shape: drawn, dtype: 'int32' },
    ...Object.fromEntries(
      Array.from({ length: draws }, (_, draw) => [
        `draw${draw}`,
        { shape: drawn, dtype: 'float32' as const },
      ]),
    ),
  };
}

/**
 * Adds independent draws from memory to a batch, then offers the batch's own rows in the first epoch. Fills `written`
 * with the place of each own row (the memory's size: none), `read` with that of each drawn row, and `draw0`, `draw1`,
 * … with 1 for the rows of that draw.
 */
export function drawWithLogits<Settings extends StoredLogitsSettings>(
  rows: BatchRows,
  { learner, settings, epoch, random, extra }: BatchContext<Settings>,
  draws: number,
): void {
  const { memory } = learner;
  if (!memory) return;
  extra.read?.data.fill(0);
  let first = 0;
  for (let draw = 0; draw < draws; draw++) {
    const places = random.sample(memory.count, settings.replayBatch);
    rows.add(memory.copies(places));
    extra.read?.data.set(places, first);
    extra[`draw${draw}`]?.data.fill(0).fill(1, first, first + places.length);
    first += places.length;
  }
  const written = extra.written?.data.fill(settings.memory);
  if (epoch > 0 || !written) return;
  rows.own.forEach((example, row) => {
    const place = memory.offer(example, random);
    if (place === undefined) return;
    // A place that is taken twice in a step holds the later row alone.
    const earlier = written.indexOf(place);
    if (earlier >= 0) written[earlier] = settings.memory;
    written[row] = place;
  });
}

/**
 * The stored logits with those of the step's own rows at their places, from the model as it was before the update.
 * @returns `[memory, outputs]`
 */
export function writtenLogits({
  batch,
  kept,
  extra,
  settings,
  forward,
}: Scope<StoredLogitsSettings>): Tensor {
  const stored = kept.logits as Tensor;
  if (!batch) return stored;
  const { memory } = settings;
  const rows = batch.inputs.shape[0] as number;
  // One place more than there are takes what is not stored.
  const places = slice(oneHot(extra.written as Tensor1D, memory + 1), [0, 0], [rows, memory]).toFloat();
  const replaced = transpose(sum(places, 0, true));
  return add(mul(stored, sub(1, replaced)), matMul(places, forward(batch).rawLogits, true, false));
}
