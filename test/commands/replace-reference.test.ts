import { basename, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { regress } from '../../harness/commands/regress-method.ts';
import type { RegressOptions } from '../../harness/commands/regress-options.ts';
import { readReference } from '../../harness/regress/reference.ts';
import { definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

it('a reference is replaced by one of fewer runs with --force only, and what it replaced is said', async () => {
  const results = temporaryFolder();
  const ids = [1, 2, 3, 4].map((seed) => basename(recordRun(results, definition({}, 'ewc', seed))));
  const make = async (runs: readonly string[], changes: Partial<RegressOptions> = {}): Promise<string> => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const fixed = { scenario: 'split-mnist-class', measureOn: 'test', record: true, results, runs };
      const rule = { detect: 0.05, tolerance: 0.005, timeTolerance: 1, seeds: [] };
      const running = { jobs: 1, engine: 'auto', threads: 1, data: results };
      await regress('ewc', { ...fixed, ...rule, ...running, ...changes } as RegressOptions);
      return write.mock.calls.join('');
    } finally {
      write.mockRestore();
    }
  };
  expect(await make(ids)).not.toContain('It replaces');
  await expect(make(ids.slice(1))).rejects.toThrow(
    'is a reference of 4 runs (ewc on split-mnist-class@1) with the same settings; one of 3 would show less. ' +
      'Record at least 4 runs, or replace it all the same with --force.',
  );
  expect(readReference(join(results, 'references', 'split-mnist-class.ewc.json')).runs).toHaveLength(4);
  expect(await make(ids.slice(1), { force: true })).toMatch(
    /Recorded 3 runs as the reference .*\. It replaces a reference of 4 runs \(/,
  );
  expect(JSON.parse(await make(ids, { json: true }))).toMatchObject({ runs: 4, replaced: { runs: 3 } });
});
