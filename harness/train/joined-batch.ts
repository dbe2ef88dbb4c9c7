import { concat } from '@tensorflow/tfjs-core';
import type { Tensors } from '../engine/program.ts';
import type { Batch } from './method.ts';

/** *Program.* The rows of one batch and behind them those of another; the same where there is no other. */
export function joinedBatch(first: Batch, second: Batch | undefined): Batch {
  if (!second) return first;
  const others = second as unknown as Tensors;
  return Object.fromEntries(
    Object.entries(first as unknown as Tensors).map(([name, tensor]) => {
      const other = others[name];
      return [name, other ? concat([tensor, other], 0) : tensor];
    }),
  ) as unknown as Batch;
}
