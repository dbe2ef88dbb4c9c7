import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { palimpsest } from './palimpsest.ts';

/** Two tasks of two classes with four features, of which the class shifts one: a run takes a moment. */
const scenario = {
  name: 'four-corners',
  version: 1,
  kind: 'class-incremental',
  dataset: {
    name: 'corners',
    licence: 'CC0-1.0',
    source: 'made up for this test',
    revision: '1',
    reader: {
      kind: 'csv',
      train: { path: 'corners.csv' },
      labelColumn: 'corner',
      split: { testFraction: 0.25 },
    },
  },
  tasks: { by: 'classes', classesPerTask: 2 },
  classOrder: 'natural',
  labels: 'class',
  candidates: { train: 'all', test: 'all' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp', hidden: [8] },
  training: { epochs: 3, batchSize: 8, learningRate: 0.05 },
};

let folder = '';
let file = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  file = join(folder, 'four-corners.json');
  writeFileSync(file, JSON.stringify(scenario));
  const rows = Array.from({ length: 80 }, (_, row) => {
    const features = [0, 1, 2, 3].map(
      (feature) => (feature === row % 4 ? 2 : 0) + ((row * (feature + 3)) % 7) / 20,
    );
    return `${features.join(',')},corner${row % 4}`;
  });
  writeFileSync(join(folder, 'corners.csv'), `a,b,c,d,corner\n${rows.join('\n')}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent('run', () => {
  it('records, reports, and finds finished runs again', async () => {
    const results = join(folder, 'results');
    const csv = join(folder, 'table.csv');
    const words = ['run', file, '--method', 'finetune', '--seeds', '2', '--results', results, '--csv', csv];
    const first = await palimpsest(words);
    expect(first.error).toMatch(/\[2\/2\] finetune seed \d finished in .*accuracy/);
    expect(first.code).toBe(0);
    expect(first.out).toContain('four-corners@1');
    expect(first.out).toContain(`Runs are recorded in ${results}/runs/`);
    expect(readFileSync(csv, 'utf8')).toContain('four-corners');
    const second = await palimpsest([...words, '--json']);
    const { cells, tables, interrupted } = JSON.parse(second.out);
    expect(cells.map(({ cached }: { cached: boolean }) => cached)).toEqual([true, true]);
    expect(tables[0].rows[0].metrics['accuracy/final@1'].values).toHaveLength(2);
    expect(interrupted).toBe(false);
    const printed = await palimpsest([...words, '--csv', '-']);
    expect(printed.out).toBe(readFileSync(csv, 'utf8'));
    const table = await palimpsest(['table', file, '--results', results]);
    expect(table.code).toBe(2);
    expect((await palimpsest(['table', 'four-corners', '--results', results])).out).toContain('finetune');
  });

  it('exits with 1 when a run fails, and reports the others and each error once', async () => {
    const broken = join(folder, 'broken.mjs');
    writeFileSync(
      broken,
      `export default { name: 'broken', version: 1, title: 'Broken', summary: 'Fails.', settings: {},
        beginTask() { throw new Error('broken on purpose'); } };`,
    );
    const { code, out, error } = await palimpsest([
      ...[
        'run',
        file,
        '--method',
        'finetune',
        broken,
        '--seeds',
        '2',
        '--results',
        join(folder, 'results-failing'),
      ],
    ]);
    expect(code).toBe(1);
    expect(error).toContain('2 of 4 runs failed:\n  broken seed 1, broken seed 2: ');
    expect(error).toMatch(/broken seed (\d) failed: [\s\S]*broken seed \d failed as broken seed \1 did/);
    // Once when it happened, once at the end.
    expect(error.match(/Error: broken on purpose/g)).toHaveLength(2);
    expect(out).toContain('finetune');
  });

  it.each([
    [['split-mnist-clas', '-m', 'ewc'], 'Did you mean "split-mnist-class"?'],
    [['split-mnist-class', '-m', 'finetun'], 'Did you mean "finetune"?'],
    [['split-mnist-class', '-m', 'finetune', '--set', 'training.epoch=3'], 'Did you mean "training.epochs"?'],
    [['split-mnist-class', '-m', 'finetune', '--set', 'bufer=3'], 'there is no such setting'],
    [
      ['split-mnist-class', '-m', 'finetune', '--metric', 'acuracy/final'],
      'Did you mean "accuracy/final@1"?',
    ],
    [['split-mnist-class', '-m', 'finetune', '--csv', '-', '--json'], 'would both go to standard output'],
  ])('refuses %j before anything runs', async (words, message) => {
    const { code, error } = await palimpsest(['run', ...words, '--results', join(folder, 'none')]);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });
});
