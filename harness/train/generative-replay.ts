import { add, matMul, minimum, mul, type Scalar, slice, sum, type Tensor } from '@tensorflow/tfjs-core';
import { copyOf, float32 } from '../engine/tensor.ts';
import type { TrainingTask } from '../stream/stream.ts';
import type { Learner } from './learner.ts';
import type { SettingSchema } from './method.ts';

/** Settings of methods that replay what a model makes up, with the old model's answers. */
export interface ReplaySettings {
  readonly temperature: number;
  readonly temperatureSquared: boolean;
  readonly replayBatch: number;
  readonly weighting: 'by-share' | 'ratio';
  readonly ratio: number;
}

/** Their schemas. */
export const replaySettings: { readonly [Name in keyof ReplaySettings]: SettingSchema } = {
  temperature: {
    type: 'number',
    default: 2,
    exclusiveMinimum: 0,
    description: 'T, by which logits are divided before the soft-max of soft answers.',
  },
  temperatureSquared: {
    type: 'boolean',
    default: false,
    description: 'Whether the loss of soft answers is multiplied by T².',
  },
  replayBatch: {
    type: 'integer',
    default: 128,
    minimum: 1,
    description: 'Inputs made up in each step.',
  },
  weighting: {
    type: 'string',
    enum: ['by-share', 'ratio'],
    default: 'by-share',
    description: 'Whether r, the weight of the current batch, is 1/k in the k-th task or a constant.',
  },
  ratio: {
    type: 'number',
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description: 'r of the weighting of that name.',
  },
};

/** The outputs that an old answer and a new one are compared on, 1 or 0 each; `[outputs]`. */
interface Head {
  readonly teacher: Float32Array;
  readonly student: Float32Array;
}

/**
 * Puts into `temporary` what replay needs while a task is trained: a copy of what is trained (`past.…`), the heads
 * (`heads.teacher` and `heads.student`, `[heads, outputs]`), and `shares`, r and 1 − r.
 */
export function beginReplay<Settings extends ReplaySettings>(
  learner: Learner<Settings>,
  task: TrainingTask,
  heads: readonly Head[],
): void {
  const { temporary, protocol, settings } = learner;
  for (const name of learner.trainable) temporary[`past.${name}`] = copyOf(learner.parameter(name));
  for (const of of ['teacher', 'student'] as const) {
    const rows = Float32Array.from(heads.flatMap((head) => [...head[of]]));
    temporary[`heads.${of}`] = float32(rows, [heads.length, protocol.outputs]);
  }
  const current = settings.weighting === 'by-share' ? 1 / task.index : settings.ratio;
  temporary.shares = float32([current, 1 - current], [2]);
}

/** *Program.* `r · current + (1 − r) · replay`. @param shares r and 1 − r */
export function shared(current: Tensor, replay: Tensor, shares: Tensor): Scalar {
  return sum(add(mul(current, slice(shares, [0], [1])), mul(replay, slice(shares, [1], [1])))) as Scalar;
}

/** The rows of a matrix, `[1, width]` each. */
export function rowsOf(matrix: Tensor): Tensor[] {
  const [rows, width] = matrix.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => slice(matrix, [row, 0], [1, width]));
}

/**
 * *Program.* Masks of the heads that answer for made-up rows, `[rows or 1, outputs]`:
 * those that hold a row's class, or each in turn.
 * @param classes of the rows, `[rows, outputs]`, if they have one
 */
export function headsOf(
  classes: Tensor | undefined,
  { 'heads.teacher': teacher, 'heads.student': student }: Readonly<Record<string, Tensor>>,
): { teacher: Tensor; student: Tensor }[] {
  if (!teacher || !student) throw new Error('There is no past head before the second task.');
  if (classes) {
    const chosen = matMul(classes, teacher, false, true);
    // A class may be in several heads.
    const masks = (heads: Tensor): Tensor => minimum(matMul(chosen, heads), 1);
    return [{ teacher: masks(teacher), student: masks(student) }];
  }
  const students = rowsOf(student);
  return rowsOf(teacher).map((head, index) => ({ teacher: head, student: students[index] as Tensor }));
}
