import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tunedFor } from '../../harness/commands/tuned-for.ts';
import { writeTunedSettings } from '../../harness/record/tuned-settings.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { scenarioDigest } from '../../harness/stream/scenario-digest.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { temporaryFolder } from '../support/tiny-run.ts';
import { writeTinyScenario } from '../support/tiny-scenario.ts';

it('takes the settings of a best trial that was measured, and refuses one that was not', async () => {
  const folder = temporaryFolder();
  const scenario = await loadScenario(writeTinyScenario(folder));
  const { method } = await loadMethod('finetune');
  const file = join(folder, 'tuned.json');
  const settings = { 'training.learningRate': 0.1 };
  const failed = { settings, values: [], runs: [], error: 'it diverged' };
  const write = (best: number): void =>
    writeTunedSettings(file, {
      format: 'palimpsest-tuned-1',
      scenario: { name: scenario.name, version: scenario.version, digest: scenarioDigest(scenario) },
      dataset: { name: 'tiny', revision: '1', sha256: 'a' },
      measuredOn: 'validation',
      metric: 'accuracy/final@1',
      seeds: [101],
      trials: 2,
      methods: {
        finetune: {
          version: method.version,
          best,
          settings,
          trials: [failed, { settings, values: [0.5], runs: ['run'] }],
        },
      },
    });
  const find = (): unknown => tunedFor(scenario, [method], { tuned: file, results: folder });
  write(1);
  expect(find()).toEqual({ finetune: settings });
  write(0);
  expect(find).toThrow('has no values (it diverged)');
  expect(find).toThrow('Run "palimpsest tune tiny --method finetune"');
  write(2);
  expect(find).toThrow('(there is no such trial)');
});
