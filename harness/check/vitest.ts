import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { type CheckOptions, checkMethod } from './check-method.ts';
import { type CheckReport, checkNames, checkTitles } from './result.ts';

/** The checks start processes and train; this is far more than they take on a slow machine. In milliseconds. */
const timeLimit = 300_000;

/**
 * Makes a vitest test of each protocol check of a method, in a project's own tests:
 *
 *     import { testProtocol } from 'palimpsest/vitest';
 *
 *     testProtocol(new URL('./my-method.ts', import.meta.url), { settings: { strength: 10 } });
 *
 * A check that fails throws its reason; one that does not apply is skipped with why.
 * @param method its name, or the path or file URL of its file
 */
export function testProtocol(method: string | URL, options: CheckOptions = {}): void {
  const word = typeof method === 'string' ? method : fileURLToPath(method);
  describe(`protocol of ${word}`, () => {
    let report: CheckReport | undefined;
    beforeAll(async () => {
      report = await checkMethod(word, options);
    }, timeLimit);
    for (const check of checkNames) {
      it(checkTitles[check], ({ skip }) => {
        const result = report?.results.find((one) => one.check === check);
        if (result?.kind === 'failed') throw new Error(result.reason);
        if (result?.kind === 'not-applicable') skip(result.why);
      });
    }
  });
}
