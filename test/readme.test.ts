import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { checkMethod } from '../harness/check/check-method.ts';
import { seedsFrom } from '../harness/random.ts';
import { validateScenario } from '../harness/stream/load-scenario.ts';
import type { CellEvent } from '../harness/train/loop/cell.ts';
import { runCell } from '../harness/train/loop/run-cell.ts';
import { palimpsest } from './commands/palimpsest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @param heading of the section that it is the first of */
function block(file: string, language: string, heading = ''): string {
  const whole = readFileSync(join(root, file), 'utf8');
  const text = whole.slice(whole.indexOf(heading));
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text)?.[1];
  if (found === undefined) throw new Error(`${file} has no ${language} example.`);
  return found;
}

test('the method of the README is the one that docs/write-a-method.md explains', () => {
  expect(block('README.md', 'ts')).toBe(block('docs/write-a-method.md', 'ts'));
});

test('the adapter of docs/write-a-method.md passes every check on a transformer', async () => {
  const source = block('docs/write-a-method.md', 'ts', '## An adapter').replaceAll(
    "'../harness/",
    `'${root}harness/`,
  );
  // A process of its own continues the run, and it must find TF.js from there.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'bottleneck-adapter.ts');
  writeFileSync(file, source);
  const { results } = await checkMethod(file, { backbone: 'vit' });
  expect(results.filter(({ kind }) => kind === 'failed')).toEqual([]);
  expect(results[0]?.kind).toBe('passed');
});

test('the method of the README runs from a file outside of the repository and keeps an anchor for each parameter', async () => {
  const source = block('README.md', 'ts').replaceAll("'../harness/", `'${root}harness/`);
  const file = join(folder, 'l2-anchor.ts');
  writeFileSync(file, source);
  const rows = Array.from({ length: 80 }, (_, row) => `${row % 4},${(row % 4) + (row % 7) / 10},${row % 3}`);
  writeFileSync(join(folder, 'data.csv'), `label,a,b\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'tiny.json'), JSON.stringify(tinyScenario));
  const events: CellEvent[] = [];
  await runCell(
    {
      scenario: join(folder, 'tiny.json'),
      method: file,
      overrides: { strength: 0.5 },
      seeds: seedsFrom(1),
      measuredOn: 'test',
      engine: 'onnx',
      device: 'cpu',
      threads: 1,
      resultsDirectory: folder,
      dataDirectory: folder,
    },
    (event) => events.push(event),
  );
  const last = events.at(-1);
  if (last?.kind !== 'finished') throw new Error(`The run ended with ${JSON.stringify(last)}.`);
  const { status, definition } = JSON.parse(readFileSync(join(last.directory, 'run.json'), 'utf8'));
  expect(definition.method).toMatchObject({
    name: 'l2-anchor',
    settings: { strength: 0.5 },
  });
  // 2 inputs, 8 hidden units, 4 outputs, four bytes each.
  expect(status.cost.keptBytes).toBe(4 * (2 * 8 + 8 + 8 * 4 + 4));
});

test('every page of docs/ is linked from the README', () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  expect(pages.filter((name) => !text.includes(`](docs/${name}`))).toEqual([]);
});

test('the scenario of the README is valid', () => {
  expect(() => validateScenario(JSON.parse(block('README.md', 'json')), 'README.md')).not.toThrow();
});

test('the table of the README is what the record prints', async () => {
  const words = ['reproduce', 'hsu-2018/table-2', '--recorded', '--cells', 'task/*'];
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(
    `npx palimpsest ${words.slice(0, 4).join(' ')} "task/*"`,
  );
  const { out } = await palimpsest(words);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`\n${out}\`\`\``);
});

const tinyScenario = {
  name: 'tiny',
  version: 1,
  kind: 'class-incremental',
  dataset: {
    name: 'tiny',
    reader: {
      kind: 'csv',
      train: { path: 'data.csv' },
      labelColumn: 'label',
      split: { testFraction: 0.25 },
    },
  },
  tasks: { by: 'classes', classesPerTask: 2 },
  classOrder: 'natural',
  labels: 'class',
  candidates: { train: 'all', test: 'all' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp', hidden: [8] },
  training: { epochs: 2, batchSize: 8 },
};
