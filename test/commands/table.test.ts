import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definition, recordRun } from '../record/fixtures.ts';
import { palimpsest } from './palimpsest.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  for (const [method, base] of [
    ['ewc', 50],
    ['er_<b>&', 80],
  ] as const) {
    for (const seed of [1, 2, 3]) recordRun(folder, definition({}, method, seed), base + seed);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const notes = [
  'split-mnist-class@1',
  'aaaaaaaaaaaa',
  'bbbbbbbbbbbb',
  'onnx',
  '95% t interval',
  'initial weights',
];

describe.concurrent('table', () => {
  it('writes every format from the same rows, each with what the numbers rest on', async () => {
    const file = (name: string) => join(folder, name);
    const { code, out } = await palimpsest([
      ...['table', '--results', folder, '--csv', file('t.csv'), '--markdown', file('t.md')],
      ...['--latex', file('t.tex'), '--html', file('t.html')],
    ]);
    expect(code).toBe(0);
    expect(out).toContain(`The table is in ${file('t.tex')}.`);
    const read = (name: string) => readFileSync(file(name), 'utf8');
    expect(read('t.md')).toMatch(/\| er\\_\\<b\\>\\& \| 3 \| \*\*86\.00 ± 1\.24\*\* \|/);
    expect(read('t.md')).toContain('<ins>71.00 ± 1.24</ins>');
    expect(read('t.tex')).toContain('\\textbf{86.00 $\\pm$ 1.24} &');
    expect(read('t.tex')).toContain('\\underline{71.00 $\\pm$ 1.24} &');
    expect(read('t.html')).toContain('<td class="left">er_&lt;b&gt;&amp;</td>');
    expect(read('t.html')).toContain('<b>86.00 ± 1.24</b>');
    for (const name of ['t.md', 't.tex', 't.html']) {
      const text = read(name).replaceAll('\\', '');
      for (const note of notes) expect(text).toContain(note);
    }
    expect(read('t.csv')).toContain('95% t interval');
  });

  it('has the metrics that are asked for, in their order', async () => {
    const words = ['table', '--results', folder, '--metric'];
    const { out } = await palimpsest([...words, 'forgetting/chaudhry', 'accuracy/final', '--json']);
    const [row] = JSON.parse(out).tables[0].rows;
    expect(Object.keys(row.metrics)).toEqual(['forgetting/chaudhry@1', 'accuracy/final@1']);
    const unknown = await palimpsest([...words, 'acuracy/final']);
    expect(unknown.code).toBe(2);
    expect(unknown.error).toContain('Did you mean "accuracy/final@1"?');
  });

  it('prints one format alone to standard output, and refuses two', async () => {
    const one = await palimpsest(['table', '--results', folder, '--latex', '-']);
    expect(one.out).toMatch(/^% Needs [\s\S]*\\end\{table\}\n$/);
    const two = await palimpsest(['table', '--results', folder, '--latex', '-', '--json']);
    expect(two.code).toBe(2);
    expect(two.error).toContain('--latex and --json would both go to standard output.');
  });
});
