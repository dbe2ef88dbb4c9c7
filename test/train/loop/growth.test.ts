import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { methodNames } from '../../../harness/train/registry/methods.ts';

const program = fileURLToPath(new URL('../../support/many-tasks.ts', import.meta.url));

/** Bytes in use, and bytes of the checkpoint, after each task of a run, in a process of its own. */
function bytesAfterTasks(
  method: string,
  tasks: number,
): { readonly used: number[]; readonly carried: number[] } {
  const words = ['--expose-gc', '--import', 'tsx', program, method, `${tasks}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.slice(-1000));
  return JSON.parse(stdout);
}

function growth(values: readonly number[]): number {
  const early = values.slice(5, 15).toSorted((a, b) => a - b);
  return Math.min(...values.slice(-10)) - (early[early.length >> 1] ?? Number.NaN);
}

/** Compiled programs that an engine holds, and with them what was frozen when they were compiled. */
const programs = 12;

/** Fifty tasks of the methods that carry most take a minute and a half on a busy machine. */
const patience = 600_000;

/** Tasks of a run. The generative classifier's program has a part for each class, and four more with each task. */
const tasksOf = (name: string): number => (name === 'generative-classifier' ? 25 : 50);

describe.each(methodNames().filter((name) => name !== 'joint'))('over many tasks, %s', (name) => {
  it(
    'comes to need no more memory than what it carries',
    () => {
      const { used, carried } = bytesAfterTasks(name, tasksOf(name));
      expect(used).toHaveLength(tasksOf(name));
      // Half of what would stay if each task left one copy of the model behind, and more than the record of a run takes.
      const limit = 0.8e6 + (programs + 2) * Math.max(0, growth(carried));
      expect(growth(used)).toBeLessThan(limit);
    },
    patience,
  );
});
