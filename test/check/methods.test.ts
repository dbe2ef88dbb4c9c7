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
  expect(settings).toEqual({ restart: true });
});
