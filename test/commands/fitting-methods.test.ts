import { expect, it } from 'vitest';
import { fittingMethods } from '../../harness/commands/fitting-methods.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { methodNames } from '../../harness/train/registry/methods.ts';
import { palimpsest } from './palimpsest.ts';

it('all are the methods that fit the scenario; of the others it says what they need', async () => {
  const { fitting, unfit } = await fittingMethods(await loadScenario('split-mnist-domain'));
  expect([...fitting, ...unfit.map(({ name }) => name)].sort()).toEqual(methodNames());
  expect(fitting).toContain('finetune');
  expect(unfit).toContainEqual({
    name: 'xdg',
    reason: 'The method xdg runs task-incremental scenarios; split-mnist-domain is domain-incremental.',
  });
  const task = await fittingMethods(await loadScenario('split-mnist-task'));
  expect(task.fitting).toContain('xdg');
  expect(task.unfit.map(({ name }) => name)).toContain('icarl');
});

it('run --method all takes them, and tells which it leaves out', async () => {
  // A setting that no method has ends the call before anything runs.
  const words = ['run', 'split-mnist-domain', '--method', 'all', '--set', 'no-such-setting=1'];
  const { code, error } = await palimpsest(words);
  expect(code).toBe(2);
  expect(error).toContain('Not run: The method icarl runs class-incremental scenarios;');
  expect(error).toContain('separate-networks');
  expect(error).toMatch(/Settings of the methods are a-gem: /);
});
