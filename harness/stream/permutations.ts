import { createHash } from 'node:crypto';
import { Random } from '../random.ts';
import { sizeOf } from './examples.ts';
import { repeatedClasses, type SplitInput, type StreamPlan } from './task-plan.ts';

/**
 * All classes in every task, the input's values in another fixed random order in each. The permutations are drawn from
 * the class-order seed; with natural order they are the same for every seed.
 */
export function splitPermutations(
  input: SplitInput,
  rule: { readonly count: number; readonly firstIsIdentity: boolean },
): StreamPlan {
  const seed = input.scenario.classOrder === 'seeded' ? input.classOrderSeed : 0;
  const { outputs, filterOf } = repeatedClasses(input, rule.count);
  const size = sizeOf(input.shape);
  const tasks = Array.from({ length: rule.count }, (_, index) => {
    const filter = filterOf(index);
    if (index === 0 && rule.firstIsIdentity) return { name: 'not permuted', filter, sources: null };
    const sources = new Random(seed, 'permutation', index).permutation(size);
    return { name: `permutation ${index + 1}`, filter, sources };
  });
  return { tasks, outputs, order: tasks.map(({ sources }) => fingerprint(sources)) };
}

/** A number that tells permutations apart, so that a record shows which ones a run had; 0 for none. */
function fingerprint(sources: Int32Array | null): number {
  if (!sources) return 0;
  return createHash('sha256')
    .update(Uint8Array.from(new Uint8Array(sources.buffer)))
    .digest()
    .readUInt32LE(0);
}
