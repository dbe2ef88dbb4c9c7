import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  addTunedSettings,
  readTunedSettings,
  type TunedSettings,
  writeTunedSettings,
} from '../../harness/record/tuned-settings.ts';
import { temporaryFolder } from './fixtures.ts';

function found(method: string, changes: Partial<TunedSettings> = {}): TunedSettings {
  const trial = { settings: {}, values: [0.5], runs: ['run'] };
  return {
    format: 'palimpsest-tuned-1',
    scenario: { name: 'tiny', version: 1, digest: 'a' },
    dataset: { name: 'tiny', revision: '1', sha256: 'b' },
    measuredOn: 'validation',
    metric: 'accuracy/final@1',
    seeds: [101],
    trials: 1,
    methods: { [method]: { version: 1, best: 0, settings: {}, trials: [trial] } },
    ...changes,
  };
}

describe('addTunedSettings', () => {
  it('adds methods to those of a search of the same kind, and begins anew after one of another', async () => {
    const file = join(temporaryFolder(), 'tuned', 'tiny.json');
    expect(await addTunedSettings(file, found('ewc'))).toEqual({ file, tuned: found('ewc'), anew: false });
    const both = await addTunedSettings(file, found('er'));
    expect(Object.keys(both.tuned.methods)).toEqual(['ewc', 'er']);
    expect(both.anew).toBe(false);
    const otherData = { name: 'tiny', revision: '2', sha256: 'c' };
    for (const changes of [
      { dataset: otherData },
      { trials: 2 },
      { firstTasks: 1 },
      { seeds: [102] },
      { metric: 'other' },
    ]) {
      const { tuned, anew } = await addTunedSettings(file, found('si', changes));
      expect(tuned).toEqual(found('si', changes));
      expect(anew).toBe(true);
      expect(readTunedSettings(file)).toEqual(tuned);
    }
  });

  it('keeps what another process wrote while it waited for it', async () => {
    const file = join(temporaryFolder(), 'tiny.json');
    writeFileSync(`${file}.lock`, JSON.stringify({ pid: process.pid, host: hostname(), born: null }));
    const adding = addTunedSettings(file, found('er'));
    writeTunedSettings(file, found('ewc'));
    writeFileSync(`${file}.lock`, '');
    await adding;
    expect(Object.keys(readTunedSettings(file)?.methods ?? {})).toEqual(['ewc', 'er']);
  });
});
