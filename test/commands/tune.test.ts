import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/tiny-run.ts';
import { writeTinyScenario } from '../support/tiny-scenario.ts';
import { type Called, palimpsest } from './palimpsest.ts';

describe('palimpsest tune', () => {
  it('records what was fixed for all trials, words as words', async () => {
    const folder = temporaryFolder();
    const scenario = writeTinyScenario(folder);
    const given = ['--set', 'fisherLabels=true', '--results', join(folder, 'results'), '-q', '--json'];
    const { out } = await palimpsest(['tune', scenario, '--method', 'ewc', '--trials', '1', ...given]);
    expect(JSON.parse(out).methods.ewc.settings).toEqual({ fisherLabels: 'true' });
  });

  it('records every trial, and run --tuned takes the best', async () => {
    const folder = temporaryFolder();
    const scenario = writeTinyScenario(folder, { training: { epochs: 2, batchSize: 8, learningRate: 5e-4 } });
    const results = join(folder, 'results');
    const tune = [
      'tune',
      scenario,
      '--method',
      'finetune',
      'ncm',
      '--trials',
      '4',
      '--metric',
      'accuracy/learning',
      '--results',
      results,
      '-q',
    ];
    const tuned = await palimpsest([...tune, '--json']);
    expect(tuned.error).toBe('');
    expect(tuned.code).toBe(0);
    const record = JSON.parse(tuned.out);
    expect(record).toEqual(JSON.parse(readFileSync(join(results, 'tuned', 'tiny.json'), 'utf8')));
    expect(record).toMatchObject({
      measuredOn: 'validation',
      metric: 'accuracy/learning@1',
      seeds: [101],
      trials: 4,
    });
    const { finetune, ncm } = record.methods;
    expect(ncm.trials).toHaveLength(1);
    expect(finetune.trials).toHaveLength(4);
    expect(finetune.trials.flatMap(({ error }: { error?: string }) => error ?? [])).toEqual([]);
    const values = finetune.trials.map(({ values: [value] }: { values: number[] }) => value);
    expect(values[finetune.best]).toBe(Math.max(...values));
    expect(finetune.settings).toEqual(finetune.trials[finetune.best].settings);
    // The default learning rate is so small that another is better.
    expect(finetune.best).toBeGreaterThan(0);

    const run = await palimpsest([
      'run',
      scenario,
      '--method',
      'finetune',
      '--seeds',
      '1',
      '--tuned',
      '--results',
      results,
      '-q',
      '--json',
    ]);
    const [row] = JSON.parse(run.out).tables[0].rows;
    expect(row.training.learningRate).toBe(finetune.settings['training.learningRate']);

    const other = await palimpsest([
      'run',
      scenario,
      '--method',
      'er',
      '--tuned',
      '--results',
      results,
      '-q',
    ]);
    expect(other.code).toBe(1);
    expect(other.error).toContain('No tuned settings of er');

    writeTinyScenario(folder, { version: 2 });
    const newer = await palimpsest([
      'run',
      scenario,
      '--method',
      'ncm',
      '--tuned',
      '--results',
      results,
      '-q',
    ]);
    expect(newer.code).toBe(1);
    expect(newer.error).toContain('another text of the scenario (tiny@1)');

    writeFileSync(join(results, 'tuned', 'tiny.json'), '{"format": 1}');
    const broken = await palimpsest([
      'run',
      scenario,
      '--method',
      'ncm',
      '--tuned',
      '--results',
      results,
      '-q',
    ]);
    expect(broken.error).toContain('is no record of tuned settings');
  });

  it('runs the first tasks alone where it is told to, and its runs share no table with whole ones', async () => {
    const folder = temporaryFolder();
    const scenario = writeTinyScenario(folder);
    const results = join(folder, 'results');
    const where = ['--method', 'finetune', '--results', results, '-q', '--json'];
    const tuned = await palimpsest(['tune', scenario, '--trials', '2', '--tasks', '1', ...where]);
    const record = JSON.parse(tuned.out);
    expect(record.firstTasks).toBe(1);
    const run = JSON.parse(
      readFileSync(join(results, 'runs', record.methods.finetune.trials[0].runs[0], 'run.json'), 'utf8'),
    );
    expect(run.tasks).toHaveLength(1);
    expect(run.definition.firstTasks).toBe(1);
    await palimpsest(['run', scenario, '--seeds', '101-101', '--measure-on', 'validation', ...where]);
    const tables = await palimpsest(['table', 'tiny', '--results', results]);
    expect(tables.out).toContain('the first 1 tasks, accuracy in % on validation data');
    const all = await palimpsest(['tune', scenario, '--trials', '2', ...where]);
    expect(JSON.parse(all.out).firstTasks).toBeUndefined();
    const many = await palimpsest(['tune', scenario, '--trials', '1', '--tasks', '9', ...where]);
    expect(many.code).toBe(1);
    expect(many.error).toContain('tiny has 2 tasks; ask for the first 2 or fewer');
  });

  it('leaves a method out whose every trial failed, and keeps what was found before', async () => {
    const folder = temporaryFolder();
    const scenario = writeTinyScenario(folder);
    const results = join(folder, 'results');
    const method = join(folder, 'flaky.ts');
    const write = (prepare: string): void =>
      writeFileSync(
        method,
        `export default { name: 'flaky', version: 1, title: 'F', summary: 'F', settings: {}, prepare() {${prepare}} };`,
      );
    const tune = (...words: string[]): Promise<Called> =>
      palimpsest(['tune', scenario, '--trials', '1', '--results', results, '-q', ...words]);
    write('');
    expect((await tune('--method', method)).code).toBe(0);
    const file = join(results, 'tuned', 'tiny.json');
    const good = JSON.parse(readFileSync(file, 'utf8'));
    write("throw new Error('on purpose');");
    const failed = await tune('--method', method, 'finetune', '--json');
    expect(failed.code).toBe(1);
    expect(failed.error).toContain('flaky: every trial failed, so the record has nothing new of it');
    const { leftOut, ...tuned } = JSON.parse(failed.out);
    expect(leftOut.flaky).toContain('on purpose');
    expect(tuned).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    expect(Object.keys(tuned.methods)).toEqual(['flaky', 'finetune']);
    expect(tuned.methods.flaky).toEqual(good.methods.flaky);
  });

  it('refuses what it cannot tune, before anything is run', async () => {
    const scenario = writeTinyScenario(temporaryFolder());
    const wrong = async (...words: string[]): Promise<string> => {
      const { code, error } = await palimpsest(['tune', scenario, ...words]);
      expect(code).toBe(2);
      return error;
    };
    expect(await wrong('--method', 'finetun')).toContain('Did you mean "finetune"?');
    expect(await wrong('--method', 'ewc', '--set', 'strenght=1')).toContain('Did you mean "strength"?');
    expect(await wrong('--method', 'ewc', '--metric', 'accuracy/fnal')).toContain('accuracy/final');
    expect(await wrong('--method', 'ewc', '--trials', '0')).toContain('1 or more');
  });
});
