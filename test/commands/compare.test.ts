import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runId } from '../../harness/record/run-id.ts';
import { definition, recordRun } from '../record/fixtures.ts';
import { palimpsest } from './palimpsest.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A new folder within the one that is deleted at the end: tests that run at once have no end of their own. */
function temporaryFolder(): string {
  return mkdtempSync(join(folder, 'results-'));
}

/** Final accuracies of the two tasks, in percent, seed by seed. */
type Finals = readonly (readonly [number, number])[];

function record(results: string, method: string, finals: Finals, firstSeed = 1): void {
  finals.forEach(([one, other], index) => {
    recordRun(results, definition({}, method, firstSeed + index), one, other);
  });
}

/** Seeds differ by far more than the methods do: only pairing shows the difference. */
const ewc: Finals = [
  [20, 90],
  [40, 92],
  [60, 91],
  [80, 93],
];
const er: Finals = [
  [30, 90],
  [51, 92],
  [70, 91],
  [91, 93],
];

describe.concurrent('compare', () => {
  it('finds by pairs what spreads over seeds would hide', async () => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc);
    record(results, 'er', er);
    const { code, out } = await palimpsest(['compare', 'er', 'ewc', '--results', results]);
    expect(code).toBe(0);
    expect(out).toContain('er minus ewc on split-mnist-class@1');
    expect(out).toContain('4 pairs of runs with the same seeds');
    expect(out).toMatch(/accuracy\/final@1 ↑.*\+5\.25.*er better/);
    expect(out).toMatch(/forgetting\/chaudhry@1 ↓.*-10\.50.*er better/);
    expect(out).toMatch(/task 1 ↑.*\+10\.50.*er better/);
    expect(out).toMatch(/task 2 ↑.*0\.00.*no difference found/);
  });

  it('gives the numbers of the paired t test as JSON, corrected by Holm', async () => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc);
    record(results, 'er', er);
    const words = [
      'compare',
      'er',
      'ewc',
      '--results',
      results,
      '--json',
      '--metric',
      'accuracy',
      'accuracy/final',
    ];
    const { metrics, tasks, pairs } = JSON.parse((await palimpsest(words)).out);
    expect(pairs).toHaveLength(4);
    // Differences 5, 5.5, 5, 5.5 points: mean 5.25, standard error 0.5/√12, so t = 36.37.
    expect(metrics[0].comparison.t.statistic).toBeCloseTo(36.373, 3);
    expect(metrics[0].correctedP).toBe(metrics[0].comparison.t.p);
    expect(tasks[0].correctedP).toBeCloseTo(2 * tasks[0].comparison.t.p, 12);
    expect(tasks[1].verdict).toEqual({ kind: 'no-difference-found' });
  });

  it('shows bootstrap intervals, too: differences of 5 and 5.5 points have none wider', async () => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc);
    record(results, 'er', er);
    const words = ['compare', 'er', 'ewc', '--results', results, '--interval', 'bootstrap'];
    const { out } = await palimpsest(words);
    expect(out).toMatch(/accuracy\/final@1 ↑.*\[\+5\.\d\d, \+5\.\d\d\].*er better/);
    expect(out).toContain('95% bootstrap interval');
  });

  it('says why it says nothing of two pairs, and what it left out', async () => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc.slice(0, 2));
    record(results, 'er', er);
    const { out } = await palimpsest(['compare', 'ewc', 'er', '--results', results]);
    expect(out).toContain('Not enough seeds: 2 pairs; an interval needs at least 3.');
    expect(out).toContain('er seeds 3; 4');
    expect(out).not.toContain('better');
  });

  it('takes patterns of ids, folders and results folders for sides, and mentions runs it cannot trust', async () => {
    const [results, other] = [temporaryFolder(), temporaryFolder()];
    record(results, 'ewc', ewc);
    record(other, 'er', er);
    const broken = recordRun(results, definition({}, 'ewc', 9));
    writeFileSync(join(broken, 'accuracy.csv'), 'edited');
    const { code, out, error } = await palimpsest([
      'compare',
      'split-mnist-class.ewc.*',
      other,
      '--results',
      results,
    ]);
    expect(code).toBe(0);
    expect(out).toContain('4 pairs');
    expect(error).toContain('Left out:');
    expect(error).toContain('was edited');
  });

  it('names the seeds where none are shared', async () => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc);
    record(results, 'er', er, 11);
    const { code, error } = await palimpsest(['compare', 'ewc', 'er', '--results', results]);
    expect(code).toBe(1);
    expect(error).toContain('share no seeds');
    expect(error).toContain('ewc has 1; 2; 3; 4, er has 11; 12; 13; 14');
  });

  const named = definition();
  it.each([
    [
      'scenario version',
      { scenario: { ...named.scenario, version: 2 } },
      'the version of the scenario is 1 and 2',
    ],
    ['revision', { dataset: { ...named.dataset, revision: '2' } }, "the dataset's revision is 1.2.6 and 2"],
    ['examples', { measuredOn: 'validation' as const }, 'what was measured on is test and validation'],
  ])('refuses another %s', async (_, changes, message) => {
    const results = temporaryFolder();
    record(results, 'ewc', ewc);
    for (const seed of [1, 2, 3]) recordRun(results, definition(changes, 'er', seed));
    const { code, error } = await palimpsest(['compare', 'ewc', 'er', '--results', results]);
    expect(code).toBe(1);
    expect(error).toContain(message);
  });

  it('asks which settings are meant where a method ran with several', async () => {
    const results = temporaryFolder();
    record(results, 'er', er);
    record(results, 'ewc', ewc);
    const weak = definition({ method: { ...named.method, settings: { strength: 0 } } });
    recordRun(results, weak);
    const { code, error } = await palimpsest(['compare', 'er', 'ewc', '--results', results]);
    expect(code).toBe(1);
    expect(error).toContain('2 different kinds');
    expect(error).toContain('strength=0');
    expect(error).toContain(runId(weak));
  });

  it.each([
    [['er', 'ewk'], 'Did you mean "ewc"?'],
    [['er', 'split-mnist-class.gem.*'], 'has an id like'],
    [['er', 'ewc', '--scenario', 'split-mnist-clas'], 'Did you mean "split-mnist-class"?'],
    [['er', 'ewc', '--measured-on', 'foo'], 'Allowed choices are test, validation.'],
  ])('refuses %j as a wrong call', async (words, message) => {
    const results = temporaryFolder();
    record(results, 'er', er);
    record(results, 'ewc', ewc);
    const { code, error } = await palimpsest(['compare', ...words, '--results', results]);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });
});
