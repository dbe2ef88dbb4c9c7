import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkTitles } from '../../../harness/check/result.ts';

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const config = fileURLToPath(new URL('./vitest.config.ts', import.meta.url));

it('the helper fails the tests of rules that are broken, and skips those that do not apply', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [vitest, 'run', '--config', config, '--reporter=json'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(1);
  const { testResults } = JSON.parse(stdout) as { testResults: { assertionResults: Assertion[] }[] };
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(all).toHaveLength(2 * Object.keys(checkTitles).length);
  const notPassed = all.filter((assertion) => assertion.status !== 'passed');
  expect(notPassed.map(({ title, status: how }) => [title, how])).toEqual([
    [checkTitles['finite-parameters'], 'failed'],
    [checkTitles['task-identity'], 'skipped'],
  ]);
  expect(notPassed[0]?.ancestorTitles[0]).toMatch(/^protocol of .*divides-by-nothing\.ts$/);
  expect(notPassed[0]?.failureMessages[0]).toContain('kept.importance holds NaN after endTask of task 1.');
});
