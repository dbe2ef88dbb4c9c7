import { expect, it } from 'vitest';
import { settingsOrigins } from '../../harness/commands/settings-origins.ts';
import type { RunDefinition } from '../../harness/record/run-record.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { scenarioDigest } from '../../harness/stream/scenario-digest.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { resolveSettings } from '../../harness/train/registry/settings.ts';
import { definition } from '../record/fixtures.ts';
import { temporaryFolder } from '../support/tiny-run.ts';

/** A run of a method on a scenario whose backbone brings weights. */
async function pretrainedRun(overrides: Record<string, unknown>): Promise<RunDefinition> {
  const scenario = await loadScenario('glyphs-scripts-class');
  const { method } = await loadMethod('lora');
  const resolved = resolveSettings(scenario, method, overrides);
  const { name, version } = scenario;
  return definition({
    scenario: { name, version, digest: scenarioDigest(scenario) },
    method: { name: 'lora', version: method.version, digest: 'd'.repeat(64), settings: resolved.settings },
    training: resolved.scenario.training,
    backbone: { ...resolved.scenario.backbone, weightsDigest: 'e'.repeat(64) },
  });
}

it('of another version of the method, whose defaults are not known, all settings are told', async () => {
  const usual = await pretrainedRun({});
  const { method } = usual;
  const older = { ...usual, method: { ...method, version: 0, settings: { rank: 3, targets: 'qkv' } } };
  const originOf = await settingsOrigins([older], temporaryFolder());
  expect(originOf(older)).toEqual({ origin: 'unknown', changed: ['version=0', 'rank=3', 'targets=qkv'] });
});

it('the checksum of weights that come with a backbone is no setting that somebody changed', async () => {
  const [usual, other] = [await pretrainedRun({}), await pretrainedRun({ rank: 3 })];
  const originOf = await settingsOrigins([usual, other], temporaryFolder());
  expect(originOf(usual)).toEqual({ origin: 'default', changed: [] });
  expect(originOf(other)).toEqual({ origin: 'custom', changed: ['rank=3'] });
});
