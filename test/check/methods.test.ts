import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { checkMethod } from '../../harness/check/check-method.ts';
import { testProtocol } from '../../harness/check/vitest.ts';

// The helper on methods that keep nothing, tensors, and examples: each of its tests must pass.
testProtocol('finetune');
testProtocol('ewc');
testProtocol(new URL('../../methods/er.ts', import.meta.url), { settings: { memory: 20, replayBatch: 8 } });

it('finds nothing in joint training, which declares that it uses past data', async () => {
  const { results, scenario, settings } = await checkMethod('joint', { backbone: 'vit' });
  expect(results.filter(({ kind }) => kind !== 'passed')).toEqual([]);
  expect(scenario).toEqual({ kind: 'class-incremental', tasks: 3 });
  expect(settings).toMatchObject({ restart: true });
});

it.each([
  ['knows-tasks', 'task-incremental', { 'task-identity': 'which tell the task of every example' }],
  [
    'always-the-same',
    'domain-incremental',
    { 'batch-mates': 'the same logits for every example', candidates: 'every label is a candidate' },
  ],
])('runs %s on a %s stream, and says which checks do not apply and why', async (name, kind, why) => {
  const { results, scenario } = await checkMethod(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)));
  expect(scenario.kind).toBe(kind);
  expect(results.filter((result) => result.kind !== 'passed')).toEqual(
    Object.entries(why).map(([check, words]) => ({
      check,
      kind: 'not-applicable',
      why: expect.stringContaining(words),
    })),
  );
});
