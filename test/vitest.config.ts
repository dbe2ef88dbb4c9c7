import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes: begun last, they would leave the other worker idle at the end. */
const slow = ['growth', 'cheats', 'every-method', 'regress', 'crash'];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = slow.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found < 0 ? slow.length : found;
    };
    return (await super.sort(files)).toSorted((left, right) => place(left) - place(right));
  }
}

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['test/**/*.test.ts'],
    // Native engines hold state for the process, so each file gets a process of its own.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: SlowFirst },
    setupFiles: ['test/support/fixed-seed.ts'],
    // Many start programs, which takes ten times as long on a busy machine as on an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
