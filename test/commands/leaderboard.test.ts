import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replaceFile } from '../../harness/record/files.ts';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { scenarioDigest } from '../../harness/stream/scenario-digest.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { resolveSettings } from '../../harness/train/registry/settings.ts';
import { definition, recordRun, tasks } from '../record/fixtures.ts';
import { type Called, palimpsest } from './palimpsest.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
const results = join(folder, 'results');
const file = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let first: Called;

beforeAll(async () => {
  const others = ['second', 'third'].map((name) => ({ name, version: 1, digest: 'd'.repeat(64) }));
  for (const scenario of [definition().scenario, ...others]) {
    for (const [method, base] of [
      ['=ewc', 50],
      ['er_<b>&', 80],
    ] as const)
      for (const seed of [1, 2, 3]) recordRun(results, definition({ scenario }, method, seed), base + seed);
  }
  recordRun(results, definition({}, 'few', 1));
  recordRun(results, definition({ measuredOn: 'validation' }, 'few', 1));
  const failed = RunDirectory.open(results, { definition: definition({}, 'few', 2), order: [0], tasks });
  failed.fail('on purpose');
  failed.close();
  await recordOwn(['default', {}], ['tuned', { strength: 7 }], ['custom', { strength: 5 }]);
  first = await palimpsest([
    ...['leaderboard', '--results', results, '--csv', file('a.csv')],
    ...['--html', file('a.html'), '--markdown', file('a.md')],
  ]);
});

/** Runs of ewc on a scenario of the program, with the settings they would have; and a record of tuning for one of them. */
async function recordOwn(...runs: readonly [string, Record<string, unknown>][]): Promise<void> {
  const scenario = await loadScenario('split-mnist-domain');
  const { method, digest } = await loadMethod('ewc');
  const identity = { name: scenario.name, version: scenario.version, digest: scenarioDigest(scenario) };
  for (const [, overrides] of runs) {
    const resolved = resolveSettings(scenario, method, overrides);
    const own = {
      scenario: identity,
      method: { name: 'ewc', version: method.version, digest, settings: resolved.settings },
      training: resolved.scenario.training,
      backbone: resolved.scenario.backbone,
    };
    for (const seed of [1, 2, 3]) recordRun(results, definition(own, 'ewc', seed), 50 + seed);
  }
  const tuned = {
    format: 'palimpsest-tuned-1',
    scenario: identity,
    dataset: { name: 'mnist', revision: '1', sha256: 'b' },
    measuredOn: 'validation',
    metric: 'accuracy/final@1',
    seeds: [101],
    trials: 1,
    methods: {
      ewc: {
        version: method.version,
        best: 0,
        settings: { strength: 7 },
        trials: [{ settings: {}, values: [0.5], runs: ['r'] }],
      },
    },
  };
  replaceFile(join(results, 'tuned', 'split-mnist-domain.json'), JSON.stringify(tuned));
}

const leaderboard = (...words: readonly string[]) => palimpsest(['leaderboard', ...words]);
const rowsOf = (name: string) =>
  parse(readFileSync(file(name), 'utf8'), { columns: true }) as Record<string, string>[];

describe('leaderboard', () => {
  it('ranks complete rows by scenario and over scenarios, and shows the others apart', () => {
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/│ er_<b>& +│ +1 │ +3 │ +100% │ 86\.00 ± 1\.24/);
    expect(first.out).toMatch(/│ =ewc +│ +2 │/);
    expect(first.out).toContain('split-mnist-class@1: incomplete, not ranked');
    expect(first.out).toMatch(/│ few +│ 1 of 2 seeds not finished/);
    expect(first.out).toContain('Over scenarios, by accuracy/final@1');
    expect(first.out).toContain('No ranks over scenarios: no method covers all 4 scenarios');
    expect(first.error).toContain('Left out: split-mnist-class@1, few seed 2: failed');
    expect(first.error).toContain('measured on validation data');
  });

  it('computes ranks over the scenarios that were chosen', async () => {
    const { out, code } = await leaderboard(
      ...['--results', results, '--scenario', 'split-mnist-class', 'second', 'third@1'],
    );
    expect(code).toBe(0);
    expect(out).toContain("Friedman's test over 3 scenarios");
    expect(out).toMatch(/Average ranks differ \(Nemenyi, 0\.05\) where they are more than 1\.13 apart/);
    expect(out).toMatch(/│ er_<b>& +│ +1\.00 │ +3 of 3 │/);
  });

  it('tells default, tuned and other settings apart, and how they differ', () => {
    const own = rowsOf('a.csv').filter(({ scenario }) => scenario === 'split-mnist-domain');
    expect(own.map((row) => [row.settings_origin, row.settings_changed]).sort()).toEqual([
      ['custom', 'strength=5'],
      ['default', ''],
      ['tuned', 'strength=7'],
    ]);
    expect(first.out).toContain('(tuned)');
  });

  it('writes CSV that validates, with formulas disarmed, and escapes HTML and Markdown', async () => {
    const csv = readFileSync(file('a.csv'), 'utf8');
    expect(csv).toContain(",'=ewc,");
    const { out, code } = await palimpsest(['validate', file('a.csv')]);
    expect(code).toBe(0);
    expect(out).toContain('is a valid leaderboard: 10 rows of 4 scenarios, with accuracy/final@1,');
    const html = readFileSync(file('a.html'), 'utf8');
    expect(html).toContain('er_&lt;b&gt;&amp;');
    expect(html).not.toContain('er_<b>');
    expect(readFileSync(file('a.md'), 'utf8')).toContain('er\\_\\<b\\>\\&');
  });

  it('merges: idempotent, with sources, and as before when shown from its file', async () => {
    copyFileSync(file('a.csv'), file('b.csv'));
    const merged = await leaderboard(file('a.csv'), file('b.csv'), '--csv', file('m.csv'));
    expect(merged.code).toBe(0);
    expect(merged.out).toContain('│ er_<b>&');
    const again = await leaderboard(file('m.csv'), file('a.csv'), '--csv', file('n.csv'));
    expect(again.code).toBe(0);
    expect(readFileSync(file('n.csv'), 'utf8')).toBe(readFileSync(file('m.csv'), 'utf8'));
    for (const { sources } of rowsOf('m.csv'))
      expect(sources).toMatch(/^a\.csv sha256:[0-9a-f]{64}; b\.csv sha256:[0-9a-f]{64}$/);
    const joined = await leaderboard('--results', results, '--merge', file('a.csv'), '--json');
    expect(JSON.parse(joined.out).boards).toHaveLength(4);
  });

  it('marks imported rows in every table, and never ranks them beside runs of this program', async () => {
    const own = join(folder, 'imported');
    writeFileSync(file('matrix.csv'), 'after,task,accuracy\n1,1,0.9\n2,1,0.5\n2,2,0.8\n');
    const names = [
      '--scenario',
      'split-mnist-class',
      '--method',
      'theirs',
      '--seed',
      '7',
      '--unit',
      'fraction',
    ];
    const imported = await palimpsest(['import', 'csv', file('matrix.csv'), ...names, '--results', own]);
    expect(imported.error + imported.code).toBe('0');
    const { out, error } = await leaderboard(
      ...['--results', own, '--merge', file('a.csv'), '--metric', 'accuracy/final', '--least-seeds', '1'],
      ...['--csv', file('i.csv')],
    );
    expect(error).toBe('');
    expect(out).toContain('split-mnist-class (imported), accuracy');
    expect(out).toMatch(/│ \(imported from .*\)/);
    expect(rowsOf('i.csv').find(({ method }) => method === 'theirs')).toMatchObject({
      imported_measure: 'accuracy',
      cells_measured: '3',
      cells_expected: '6',
      training_seconds: '',
      processor: '',
    });
    expect((await palimpsest(['validate', file('i.csv')])).error).toBe('');
  });

  it('refuses rows that disagree and files that are not valid, with line and column', async () => {
    const csv = readFileSync(file('a.csv'), 'utf8');
    writeFileSync(file('c.csv'), csv.replaceAll(',3827280,0,', ',3827281,0,'));
    const apart = await leaderboard(file('a.csv'), file('c.csv'));
    expect(apart.error).toMatch(
      /a\.csv, line 2 and .*c\.csv, line 2 disagree on .*column kept_bytes is 3827280 and 3827281/,
    );
    expect([apart.code, apart.out]).toEqual([1, '']);
    writeFileSync(file('d.csv'), csv.replace(',12.5,', ',NaN,'));
    for (const words of [['validate'], ['leaderboard']]) {
      const { code, out, error } = await palimpsest([...words, file('d.csv')]);
      expect(error).toContain('d.csv, line 2, column training_seconds is "NaN"; it must be number');
      expect([code, out]).toEqual([1, '']);
    }
  });
});

describe.concurrent('leaderboard explains', () => {
  it.each([
    [['--scenario', 'secnd'], 'Did you mean "second"?'],
    [['--metric', 'forgeting'], 'Did you mean "forgetting/chaudhry@1"?'],
    [['--metric', 'intransigence'], 'compares with another run'],
    [['--csv', '-', '--json'], '--csv and --json would both go to standard output'],
    [['none.csv'], 'There is no file none.csv'],
    [['--least-seeds', '0'], 'Give a whole number'],
  ])('%j', async (words, message) => {
    const { code, error } = await leaderboard(...words, '--results', results);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });

  it('an empty folder', async () => {
    const { code, error } = await leaderboard('--results', join(folder, 'nothing'));
    expect(error).toContain('There is no finished run and no row in');
    expect(code).toBe(2);
  });
});
