import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readReference } from '../../harness/regress/reference.ts';
import { definition, recordRun } from '../record/fixtures.ts';
import { referencePath, scenarioPath } from '../regress/samples.ts';
import { type Called, palimpsest } from './palimpsest.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cheat = fileURLToPath(new URL('../regress/trains-on-test.ts', import.meta.url));

/** Judges real runs of the small scenario by its reference. */
function regress(method: string, results: string, ...words: readonly string[]): Promise<Called> {
  const fixed = ['--scenario', scenarioPath, '--against', referencePath, '--results', join(folder, results)];
  return palimpsest(['regress', method, ...fixed, '--quiet', ...words]);
}

describe('regress on real runs', () => {
  it('says worse of an EWC whose penalty is off, fails, and writes it down', async () => {
    const junit = join(folder, 'broken.xml');
    const words = ['--set', 'strength=0', '--seeds', '41-42', '--junit', junit];
    const { code, out } = await regress('ewc', 'broken', ...words);
    expect(out).toContain('ewc on five-permutations@1: worse');
    expect(out).toMatch(/accuracy\/final@1 ↑.*-1\d\.\d\d.*worse/);
    expect(out).toMatch(/forgetting\/chaudhry@1 ↓.*\+\d\d\.\d\d.*worse/);
    expect(out).toContain('strength=0, in the reference strength=30');
    expect(code).toBe(1);
    expect(readFileSync(junit, 'utf8')).toContain('<failure message="accuracy/final@1 is worse');
    const own = ['--against', join(folder, 'own.json'), '--runs', 'five-permutations.ewc.*', '--record'];
    const kept = await regress('ewc', 'broken', ...own);
    expect(kept).toMatchObject({
      code: 1,
      error: expect.stringMatching(/made with .*strength=0.*Say so with --set/),
    });
  });

  it('says ok of the same EWC with other seeds, timed against the calibration', async () => {
    const words = ['--seeds', '41-42', '--detect', '0.1', '--json', '--strict'];
    const { code, out, error } = await regress('ewc', 'same', ...words);
    expect(error).toBe('');
    const { verdict, changes, costs, runs } = JSON.parse(out);
    expect(verdict).toEqual({ kind: 'ok' });
    expect(changes).toEqual([]);
    expect(runs).toHaveLength(2);
    expect(costs[0]).toMatchObject({ name: 'computing time', ratio: expect.any(Number) });
    expect(code).toBe(0);
  });

  it('says suspiciously better of a method that trains on test data', async () => {
    const { out } = await regress(cheat, 'cheat', '--seeds', '1-2');
    expect(out).toContain('ewc on five-permutations@1: suspiciously better');
    expect(out).toContain('does the method see test data');
    expect(out).toMatch(/source=\w+, in the reference source=\w+/);
    const recorded = await regress(cheat, 'cheat', '--runs', 'five-permutations.ewc.*', '--strict');
    expect(recorded.out).toContain('ewc on five-permutations@1: suspiciously better');
    expect(recorded.code).toBe(1);
  });
});

describe.concurrent('regress', () => {
  it('records runs as a reference and refuses it when the scenario has changed since', async () => {
    const results = join(folder, 'record');
    for (const seed of [1, 2, 3]) recordRun(results, definition({}, 'ewc', seed), 50 + seed);
    const words = ['regress', 'ewc', '--scenario', 'split-mnist-class', '--results', results];
    const recorded = await palimpsest([
      ...words,
      '--runs',
      'split-mnist-class.ewc.*',
      '--record',
      '--set',
      'ewc.strength=100',
    ]);
    expect(recorded.out).toContain('Recorded 3 runs as the reference');
    const path = join(results, 'references', 'split-mnist-class.ewc.json');
    expect(recorded.out).toContain(path);
    expect(recorded.out).toMatch(
      /accuracy\/final@1: \d+\.\d\d points with 3 runs, \d+\.\d\d points with 5 runs/,
    );
    expect(readReference(path).overrides).toEqual({ strength: 100 });
    const { code, error } = await palimpsest([...words, '--seeds', '9,']);
    expect(code).toBe(1);
    expect(error).toContain("the scenario's digest is");
    expect(error).toContain('--record');
  });

  it('tells how often it would be wrong', async () => {
    const { code, out } = await palimpsest([
      ...['regress', 'ewc', '--against', referencePath, '--error-rates', '100', '--seeds', '8', '--json'],
    ]);
    const { trials, counts, worsened } = JSON.parse(out);
    expect([trials, counts]).toEqual([100, [8, 32]]);
    expect(worsened.worse).toBeGreaterThan(0.9);
    expect(code).toBe(0);
  });

  it('refuses a reference that was edited', async () => {
    const edited = join(folder, 'edited.json');
    writeFileSync(edited, readFileSync(referencePath, 'utf8').replace('"tasks": 5', '"tasks": 6'));
    const { code, error } = await palimpsest(['regress', 'ewc', '--against', edited]);
    expect(code).toBe(1);
    expect(error).toContain('its digest does not fit');
  });

  it.each([
    [['ewk'], 2, 'Did you mean "ewc"?'],
    [['ewc', '--results', join(folder, 'none')], 2, 'name the scenario with --scenario'],
    [
      ['ewc', '--scenario', 'split-mnist-class', '--results', join(folder, 'none')],
      1,
      'There is no reference',
    ],
    [
      ['ewc', '--against', referencePath, '--scenario', 'split-mnist-class'],
      1,
      'the scenario is split-mnist-class',
    ],
    [['ewc', '--against', referencePath, '--detect', '7'], 2, 'from 0 to 1'],
    [['ewc', '--against', referencePath, '--scenario', scenarioPath, '--set', 'strenth=1'], 2, '"strength"'],
    [
      ['ewc', '--record', '--seeds', '2'],
      2,
      'A reference needs at least 3 runs to know its spread; --seeds asks for 2.',
    ],
    [['ewc', '--detect', '0.02', '--tolerance', '0.02'], 2, 'Make --detect larger than --tolerance.'],
  ])('explains %j', async (words, expected, message) => {
    const { code, error } = await palimpsest(['regress', ...words]);
    expect(error).toContain(message);
    expect(code).toBe(expected);
  });
});
