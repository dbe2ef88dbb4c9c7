import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatAccuracyCsv } from '../../harness/evaluate/accuracy-csv.ts';
import { goldenCells } from '../evaluate/golden.ts';
import { definition, recordRun } from '../record/fixtures.ts';
import { palimpsest } from './palimpsest.ts';

const splitMnistFile = new URL('../../scenarios/split-mnist-class.json', import.meta.url).pathname;
const splitMnist = readFileSync(splitMnistFile, 'utf8');

let folder = '';
let runs: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  runs = ['ewc', 'er'].flatMap((method, row) =>
    [1, 2, 3].map((seed) => recordRun(folder, definition({}, method, seed), 50 + 20 * row + seed)),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe.concurrent('help', () => {
  it.each(['run', 'table', 'show', 'ls', 'explain', 'validate'])(
    'of %s has an example and exit code 0',
    async (name) => {
      const { code, out } = await palimpsest([name, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/Examples?:\n {2}palimpsest/);
    },
  );

  it.each([
    ['run', '<scenario> [options]'],
    ['report', '[runs...] [options]'],
    ['import', '<format> <files...> [options]'],
    ['leaderboard', '[files...] [options]'],
  ])('of %s writes its arguments first, where no option takes them', async (name, usage) => {
    const { out } = await palimpsest([name, '--help']);
    expect(out).toContain(`Usage: palimpsest ${name} ${usage}\n`);
  });

  it('loads no engine', async () => {
    // Node notes every script that it loaded.
    const coverage = join(folder, 'coverage');
    expect(await palimpsest(['--help'], { NODE_V8_COVERAGE: coverage })).toMatchObject({ code: 0 });
    const loaded = readdirSync(coverage)
      .map((name) => readFileSync(join(coverage, name), 'utf8'))
      .join();
    expect(loaded).toContain('harness/main.ts');
    expect(loaded).not.toMatch(/node_modules\/(@tensorflow|onnxruntime|ajv|cli-table3|cli-progress)/);
  });
});

describe.concurrent('called wrongly', () => {
  it.each([
    [['tabel'], 'Did you mean table?'],
    [['table', '--jsn'], 'Did you mean --json?'],
    [['run', 'split-mnist-class'], "required option '-m, --method"],
    [
      ['run', '--method', 'finetune', 'toy.json'],
      "missing required argument 'scenario'. Write it before the options: palimpsest run <scenario> [options]\n",
    ],
    [['run', '-m', 'ewc', '--tuned', 'toy.json'], 'Write it before the options'],
    [['run', 'split-mnist-class', '-m', 'ewc', '--seeds', '0'], 'names no seed'],
    [['run', 'split-mnist-class', '-m', 'ewc', '--fix-seed', 'clasOrder=1'], 'Did you mean "classOrder"?'],
    [['run', 'split-mnist-class', '-m', 'ewc', '--engine', 'tf'], 'Allowed choices are'],
    [['run', 'split-mnist-class', '-m', 'finetune', '--set', 'backbone.hiden=[5]'], 'Did you mean "hidden"?'],
    [['run', 'split-mnist-class', '-m', 'finetune', '--set', 'training.epochs=0'], '$.training.epochs is 0'],
    [['run', 'split-mnist-class', '-m', './no-file.ts'], "There is no method's file "],
    [['pretrain', 'glyphs-latin', '--out', '-'], 'Name a file with --out'],
    [['regress', 'ewc', '--junit', '-', '--json'], '--junit and --json would both go to standard output'],
    [
      ['pretrain', 'split-mnist-class', '--out', 'none.safetensors'],
      'The backbone mlp has no setting "weights", so no run could start from what would be written.',
    ],
    [['ls', 'engine'], 'Allowed choices are scenarios, methods'],
    [['explain', 'forgeting'], 'Did you mean "forgetting/chaudhry@1"?'],
    [['validate', 'no-such-file.csv'], 'There is no file no-such-file.csv'],
    [['validate', 'split-mnist-clas'], 'Did you mean "split-mnist-class"?'],
    [[], 'Usage:'],
  ])('%j exits with 2 and says what is wrong', async (words, message) => {
    const { code, out, error } = await palimpsest(words);
    expect(error).toContain(message);
    expect(code).toBe(2);
    expect(out).toBe('');
  });

  it('suggests the nearest recorded scenario and run', async () => {
    const { code, error } = await palimpsest(['table', 'split-mnist-clas', '--results', folder]);
    expect(code).toBe(2);
    expect(error).toContain('Did you mean "split-mnist-class"?');
    const id = basename(runs[0] ?? '');
    const shown = await palimpsest(['show', `${id.slice(0, -1)}_`, '--results', folder]);
    expect(shown.code).toBe(2);
    expect(shown.error).toContain(`Did you mean "${id}"?`);
  });

  it('says that there are no runs', async () => {
    const { code, error } = await palimpsest(['table', '--results', join(folder, 'none')]);
    expect(code).toBe(2);
    expect(error).toContain('There are no runs');
  });
});

describe.concurrent('table', () => {
  it('prints the same for a scenario, a results folder and the runs, without escape codes', async () => {
    const [byName, byFolder, byRuns] = await Promise.all([
      palimpsest(['table', 'split-mnist-class', '--results', folder], { NO_COLOR: '1' }),
      palimpsest(['table', folder], { FORCE_COLOR: '1' }),
      palimpsest(['table', ...runs.toSorted()]),
    ]);
    expect(byName).toMatchObject({ code: 0, error: '' });
    expect(byName.out).toMatch(/│ er {2,}│ +3 │ 81\.00 ± 1\.24\*/);
    expect(byName.out).not.toContain('\u001b');
    expect(byFolder.out).toBe(byName.out);
    expect(byRuns.out).toBe(byName.out);
  });

  it('prints JSON alone on standard output', async () => {
    const { out } = await palimpsest(['table', '--results', folder, '--json']);
    const { tables } = JSON.parse(out);
    expect(tables[0].rows.map((row: { method: { name: string } }) => row.method.name).sort()).toEqual([
      'er',
      'ewc',
    ]);
  });

  it('writes CSV', async () => {
    const path = join(folder, 'table.csv');
    await palimpsest(['table', '--results', folder, '--csv', path]);
    expect(parse(readFileSync(path, 'utf8'), { columns: true })).toHaveLength(2);
  });
});

describe.concurrent('show', () => {
  it('shows a run by id and as JSON', async () => {
    const id = basename(runs[0] ?? '');
    const [text, json] = await Promise.all([
      palimpsest(['show', id, '--results', folder]),
      palimpsest(['show', runs[0] ?? '', '--json']),
    ]);
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/│ {5}2 │ {2}51\.00 │ {2}90\.00 │/);
    expect(text.out).toMatch(/forgetting\/chaudhry@1 +48\.00/);
    expect(JSON.parse(json.out).metrics['accuracy/final@1']).toEqual({
      kind: 'value',
      value: expect.closeTo(0.705, 12),
    });
  });
});

describe.concurrent('ls, explain and validate', () => {
  it.each(['metrics', 'scenarios', 'datasets'])('ls %s has JSON', async (what) => {
    const { code, out } = await palimpsest(['ls', what, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out).length).toBeGreaterThan(1);
  });

  it('explain gives formula and source', async () => {
    const { code, out } = await palimpsest(['explain', 'bwt/gem']);
    expect(code).toBe(0);
    expect(out).toContain('R[T][j] - R[j][j]');
    expect(out).toContain('Lopez-Paz');
  });

  it('validate takes a matrix, a run and a scenario, by its file or its name, and lists its tasks', async () => {
    const [matrix, run, json, named] = await Promise.all([
      palimpsest(['validate', file('golden.csv', formatAccuracyCsv(goldenCells)), '--json']),
      palimpsest(['validate', runs[0] ?? '']),
      palimpsest(['validate', splitMnistFile]),
      palimpsest(['validate', 'glyphs-fonts-domain']),
    ]);
    expect(JSON.parse(matrix.out)).toMatchObject({ valid: true, kind: 'accuracy matrix' });
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining('finished, 6 cells') });
    expect(json).toMatchObject({ code: 0, out: expect.stringContaining('split-mnist-class@1') });
    expect(json.out).toMatch(/│ 5 │ classes \d, \d │ +2 │ +\d+ │ +\d+ │ +\d+ │\n/);
    expect(named).toMatchObject({ code: 0, out: expect.stringContaining('glyphs-fonts-domain@1') });
  });

  it.each([
    ['bad.csv', 'after,task,correct,total\n1,1,9,4\n', 'line 2: correct is 9'],
    ['bad.json', '{"name": "x"}', 'is not a valid scenario'],
    ['backbone.json', splitMnist.replace('"hidden"', '"hiden"'), 'The backbone mlp has no setting "hiden"'],
  ])('validate refuses %s with exit code 1', async (name, text, message) => {
    const { code, error } = await palimpsest(['validate', file(name, text)]);
    expect(code).toBe(1);
    expect(error).toContain(message);
  });

  it.each([
    [
      'matrix.csv',
      'after,task,correct,total\n1,1,9,4\n',
      [{ message: expect.stringContaining('line 2: correct is 9') }],
    ],
    ['not.json', '{', [{ message: expect.stringContaining('is not JSON') }]],
    [
      'tasks.json',
      splitMnist.replace('"classesPerTask": 2', '"classesPerTask": "two"').replace('"hidden"', '"hiden"'),
      [{ path: '$.tasks.classesPerTask', message: expect.stringContaining('is "two"; it must be') }],
    ],
  ])('validate --json tells the problems of %s on standard output', async (name, text, problems) => {
    const path = file(name, text);
    const { code, out, error } = await palimpsest(['validate', path, '--json']);
    expect(JSON.parse(out)).toEqual({ valid: false, file: path, problems });
    expect(error).toMatch(/^palimpsest: /);
    expect(code).toBe(1);
  });
});
