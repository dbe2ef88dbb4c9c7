import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { methodNames } from '../../harness/train/methods.ts';

const program = fileURLToPath(new URL('../support/many-tasks.ts', import.meta.url));

/** Bytes in use after each task of a run of 50, in a process of its own. */
function bytesAfterTasks(method: string): number[] {
  const words = ['--expose-gc', '--import', 'tsx', program, method];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.slice(-1000));
  return JSON.parse(stdout) as number[];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

describe.each(methodNames().filter((name) => name !== 'joint'))('over 50 tasks, %s', (name) => {
  it('comes to need no more memory', () => {
    const bytes = bytesAfterTasks(name);
    expect(bytes).toHaveLength(50);
    // Half of what would stay if each task left one copy of the model behind, and more than the record of a run takes.
    const limit = 0.8e6;
    const [early, late] = [median(bytes.slice(5, 15)), Math.min(...bytes.slice(-10))];
    expect(late - early).toBeLessThan(limit);
  });
});
