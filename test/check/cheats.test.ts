import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkMethod } from '../../harness/check/check-method.ts';
import { type CheckName, checkNames } from '../../harness/check/result.ts';

/** Each cheat with the checks that it must fail, all others passing, and what the first one says. */
const cheats: [cheat: string, fails: CheckName[], reason: string | RegExp][] = [
  ['centres-logits', ['batch-mates'], 'when they come in batches with examples of other tasks'],
  [
    'lifts-identity',
    ['task-identity'],
    /predictions for task \d change when its examples are said to be of task \d/,
  ],
  ['needs-identity', ['task-identity'], 'Look whether batch.tasks is there'],
  ['understates-memory', ['declared-memory'], 'declares 0 bytes kept, but the checkpoint holds 72 bytes'],
  ['hides-property', ['declared-memory'], "properties of the method's own: formerWeights"],
  [
    'reads-past-data',
    ['declared-memory'],
    '60 train example(s) of task 1 were read while task 2 was trained',
  ],
  // What it replays is lost to a resumed run, too.
  [
    'copies-past-data',
    ['declared-memory', 'resume'],
    'was fed a train example of task 1 while task 2 was trained',
  ],
  ['reads-test-data', ['unseen-test-set'], 'test example(s) of task'],
  // A resumed run has other copies.
  ['trains-on-test-data', ['unseen-test-set', 'resume'], 'was fed a test example of task'],
  // Nor does a run that goes on draw the same.
  ['draws-anywhere', ['same-seed', 'resume'], 'Draw randomness from learner.random alone'],
  ['counts-runs', ['same-seed'], 'end differently'],
  ['forgets-on-resume', ['resume'], 'killed after task 1 and continued by a new process ends otherwise: '],
  [
    'lifts-mask',
    ['candidates'],
    /After \d task\(s\), label \d was predicted for an example of task \d; .*\. Leave learner\.protocol as it is/,
  ],
  ['fears-company', ['batch-mates'], 'are no numbers when they come alone in their batch'],
  ['divides-by-nothing', ['finite-parameters'], 'kept.importance holds NaN after endTask of task 1.'],
];

function cheat(name: string): string {
  return fileURLToPath(new URL(`./cheats/${name}.ts`, import.meta.url));
}

describe('a method that cheats', () => {
  it.each(cheats)('%s fails %j and no other check', async (name, fails, reason) => {
    const { results } = await checkMethod(cheat(name));
    const failures = results.filter(({ kind }) => kind === 'failed');
    expect(failures.map(({ check }) => check)).toEqual(checkNames.filter((check) => fails.includes(check)));
    expect(failures.find(({ check }) => check === fails[0])).toMatchObject({
      reason: typeof reason === 'string' ? expect.stringContaining(reason) : expect.stringMatching(reason),
    });
    expect(results.map(({ check }) => check)).toEqual(checkNames);
  });

  it('covers every check but that the run reaches its end', () => {
    expect(new Set(cheats.flatMap(([, fails]) => fails))).toEqual(new Set(checkNames.slice(1)));
  });
});

describe('a method that does not reach the end', () => {
  it('fails that check, and those that need the end do not apply', async () => {
    const { results } = await checkMethod(cheat('stops-early'));
    expect(results[0]).toEqual({
      check: 'runs-to-its-end',
      kind: 'failed',
      reason: expect.stringMatching(
        /^The run over the tiny stream ended early: one task is enough \(stops-early\.ts:\d+:\d+\)$/,
      ),
    });
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ kind: 'not-applicable', why: 'the run did not reach its end' });
    }
  });

  it('is told why when its parameters are not finite', async () => {
    const { results } = await checkMethod(cheat('diverges'));
    const failures = results.filter(({ kind }) => kind === 'failed').map(({ check }) => check);
    expect(failures).toEqual(['runs-to-its-end', 'finite-parameters']);
  });
});
