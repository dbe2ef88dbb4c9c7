import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRuns } from '../../harness/record/read-run.ts';
import { recordRun } from '../record/fixtures.ts';
import { tinyReproduction, writeTinyPaper } from '../reproduce/tiny-paper.ts';
import { type Called, palimpsest } from './palimpsest.ts';

const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const papers = writeTinyPaper(folder);
const results = join(folder, 'results');
const recordFile = join(papers, 'tiny', 'table-1.record.json');

function reproduce(...words: readonly string[]): Promise<Called> {
  return palimpsest(['reproduce', ...words, '--papers', papers, '--results', results, '--data', folder]);
}

/** Where the table is written, by format. */
function filesIn(own: string): { readonly csv: string; readonly markdown: string; readonly latex: string } {
  return { csv: join(own, 't.csv'), markdown: join(own, 't.md'), latex: join(own, 't.tex') };
}

/** The options that write it there. */
function outputsIn(own: string): string[] {
  return Object.entries(filesIn(own)).flatMap(([kind, file]) => [`--${kind}`, file]);
}

describe('reproduce on a tiny paper', () => {
  let first: Called;
  const files = filesIn(folder);
  beforeAll(async () => {
    first = await reproduce('tiny', '--seeds', '3', '--record', ...outputsIn(folder));
  });

  it('runs what can be run, and says of each cell what came of it', () => {
    expect(first.code).toBe(0);
    expect(first.error).toContain('[3/3] run/none seed 6 finished');
    expect(first.out).toContain(
      'tiny/table-1: Nobody, A tiny paper, 2000, Table 1: Two tasks of made-up rows',
    );
    expect(first.out).toMatch(
      /run\/none .* 70 ± 5\.00 .* SD over 5 runs .* 3 .*(matched|off by|too few seeds)/,
    );
    expect(first.out).toContain('[1] not attempted: method not-yet-written is not in this version');
    expect(first.out).toContain('put it at: ');
    expect(first.out).toContain('of 3 cells');
    expect(first.out).toContain('A remark.');
  });

  it('resumes: a second call runs the missing seeds alone and shows the same numbers', async () => {
    const again = await reproduce('tiny', '--seeds', '3');
    expect(again.error).toBe('');
    expect(again.out).toBe(first.out);
    const more = await reproduce('tiny', '--seeds', '4');
    expect(more.error).toContain('[1/1] run/none seed 7 finished');
  });

  it('writes CSV, Markdown and LaTeX', () => {
    const rows = parse(readFileSync(files.csv, 'utf8'), { columns: true }) as Record<string, string>[];
    expect(rows.map(({ cell, verdict }) => [cell, verdict === 'not-attempted'])).toEqual([
      ['run/none', false],
      ['run/later', true],
      ['big/model', true],
    ]);
    expect(Number(rows[0]?.ours) - 0.7).toBeCloseTo(Number(rows[0]?.difference), 12);
    expect(rows[0]?.seed_values).toBe('4; 5; 6');
    expect(readFileSync(files.markdown, 'utf8')).toMatch(/^\| run\/none \| 70 ± 5\.00 \|/m);
    const latex = readFileSync(files.latex, 'utf8');
    expect(latex).toContain('run/none & 70 $\\pm$ 5.00 &');
    expect(latex.match(/\\\\$/gm)).toHaveLength(4);
  });

  it('writes a file named - to standard output, and nothing else there', async () => {
    const recorded = ['tiny', '--recorded', '--seeds', '3'];
    expect((await reproduce(...recorded, '--latex', '-')).out).toBe(readFileSync(files.latex, 'utf8'));
    const both = await reproduce(...recorded, '--csv', '-', '--markdown', '-');
    expect(both.code).toBe(2);
    expect(both.error).toContain('--csv and --markdown would both go to standard output');
  });

  it('shows the record without running, and refuses it once it was edited', async () => {
    const recorded = await palimpsest([
      'reproduce',
      'tiny',
      '--recorded',
      '--papers',
      papers,
      '--results',
      'none',
    ]);
    expect(recorded.error).toBe('');
    expect(recorded.out.split('\n')[3]).toBe(first.out.split('\n')[3]);
    const two = await reproduce('tiny', '--recorded', '--seeds', '2', '--json');
    expect(JSON.parse(two.out).cells[0].outcome.seeds).toEqual([4, 5]);
    const text = readFileSync(recordFile, 'utf8');
    for (const [from, to, cause] of [
      [/"value":0\.\d+/, '"value":0.99', 'its digest does not fit'],
      [/"digest": "./, '"digest": "x', 'its digest does not fit'],
      [/\]\}\n\]\n\}\n$/, '', 'is not JSON'],
    ] as const) {
      writeFileSync(recordFile, text.replace(from, to));
      const edited = await reproduce('tiny', '--recorded');
      expect(edited.error).toContain(cause);
      expect([edited.code, edited.out]).toEqual([1, '']);
    }
    writeFileSync(recordFile, text);
  });

  it('lists papers with what can run and how long it took', async () => {
    const { out, code } = await reproduce('ls');
    expect(code).toBe(0);
    expect(out).toContain('1 papers, 1 tables, 3 cells, of which 1 can run here');
    const [listed] = JSON.parse((await reproduce('ls', '--json')).out);
    expect(listed).toMatchObject({ table: 'tiny/table-1', cells: 3, runnable: 1, recorded: 1, unknown: 0 });
    expect(listed.seconds).toBeGreaterThan(0);
  });

  it('is quick with one seed and shortened training, and says that this is not the protocol', async () => {
    const { out, code } = await reproduce('tiny', '--quick', '--cells', 'run/*', '--quiet');
    expect(code).toBe(0);
    expect(out).toContain('Quick: shortened training and one seed.');
    expect(out).not.toContain('big/model');
  });

  it('gives quick runs no verdict in any format, and sets none beside the runs of a peer', async () => {
    const own = mkdtempSync(join(folder, 'peer-'));
    const peer = { file: 'peer.csv', name: 'their program' };
    const peers = writeTinyPaper(own, { peer });
    writeFileSync(join(peers, 'tiny', 'peer.csv'), 'cell,seed,accuracy,seconds\nrun/none,4,71.5,20\n');
    const words = ['reproduce', 'tiny', '--seeds', '1', '--papers', peers, '--results', results, '--quiet'];
    expect((await palimpsest(words)).out).toContain('Seed by seed beside their program');
    const quick = [...words, '--quick', ...outputsIn(own)];
    const { out } = await palimpsest(quick);
    expect(out).not.toMatch(/Seed by seed|too few seeds|matched, /);
    const written = Object.values(filesIn(own)).map((file) => readFileSync(file, 'utf8'));
    for (const text of [out, ...written]) expect(text).toContain('quick: no verdict');
    expect(written[0]).toContain(',quick,quick: no verdict,');
    for (const text of [out, ...written.slice(1)])
      expect(text).toContain('1 quick: no verdict, 2 not attempted, of 3 cells');
    const { cells, peer: pairs } = JSON.parse((await palimpsest([...quick, '--json'])).out);
    expect(cells[0].outcome).toMatchObject({ verdict: { kind: 'quick' }, margin: null });
    expect(pairs).toBeNull();
  });
});

describe('reproduce with runs of another version of the engine', () => {
  it('makes their seeds anew once it makes others, and names what is left out', {
    timeout: 120_000,
  }, async () => {
    const own = join(folder, 'older');
    for (const { record } of findRuns(results, { state: 'finished' }).runs) {
      const { definition } = record;
      const engine = { ...definition.engine, version: 'older' };
      if (definition.seeds.classOrder < 6) recordRun(own, { ...definition, engine });
    }
    const make = (...words: string[]): Promise<Called> =>
      palimpsest(['reproduce', 'tiny', '--papers', papers, '--results', own, '--data', folder, ...words]);
    const outcomeOf = ({ out }: Called) => JSON.parse(out).cells[0].outcome;
    expect(outcomeOf(await make('--seeds', '2', '--json')).seeds).toEqual([4, 5]);
    const more = await make('--seeds', '3');
    expect(more).toMatchObject({ code: 0, error: expect.stringContaining('[1/1] run/none seed 6 finished') });
    expect(more.error).toContain('2 of these runs are of seeds that were run before');
    expect(more.out).toMatch(
      /run\/none: left out.*\(seed 4\) differs in the engine \(older instead of .*\(seed 5\)/,
    );
    const outcome = outcomeOf(await make('--seeds', '3', '--json'));
    expect(outcome).toMatchObject({ seeds: [4, 5, 6], leftOut: [{ seed: 4 }, { seed: 5 }] });
  });
});

describe('reproduce --record', () => {
  it('keeps what another process recorded while its own runs were made', { timeout: 120_000 }, async () => {
    const own = mkdtempSync(join(folder, 'two-'));
    const [first, second, third] = tinyReproduction.bindings;
    const bindings = [first, { ...second, method: './waits.ts' }, third];
    const tiny = join(writeTinyPaper(own, { bindings }), 'tiny');
    const record = join(tiny, 'table-1.record.json');
    const source = `import { existsSync, writeFileSync } from 'node:fs';
      import finetune from ${JSON.stringify(new URL('../../methods/finetune.ts', import.meta.url).href)};
      export default { ...finetune, name: 'waits', prepare() {
        writeFileSync(${JSON.stringify(join(own, 'started'))}, '');
        while (!existsSync(${JSON.stringify(record)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      } };`;
    writeFileSync(join(tiny, 'waits.ts'), source);
    const make = (cell: string): Promise<Called> =>
      palimpsest(
        [
          'reproduce',
          'tiny',
          '--cells',
          cell,
          '--seeds',
          '1',
          '--record',
          '--papers',
          join(own, 'papers'),
        ].concat(['--results', own, '--data', own]),
      );
    const waiting = make('run/later');
    while (!existsSync(join(own, 'started'))) await sleep(50);
    expect((await make('run/none')).code).toBe(0);
    expect((await waiting).code).toBe(0);
    const { cells } = JSON.parse(readFileSync(record, 'utf8')) as {
      readonly cells: { readonly cell: string }[];
    };
    expect(cells.map(({ cell }) => cell)).toEqual(['run/none', 'run/later']);
    expect(readdirSync(tiny).filter((name) => name.includes('record'))).toEqual(['table-1.record.json']);
  });
});

describe.concurrent('reproduce explains', () => {
  it.each([
    [['tinny'], 2, 'Did you mean "tiny"?'],
    [['tiny', '--cells', 'run/nine'], 2, 'Did you mean "run/none"?'],
    [['tiny', '--methods', 'finetun'], 2, 'Did you mean "finetune"?'],
    [['tiny', '--recorded', '--quick'], 2, '--recorded runs nothing'],
  ])('%j', async (words, expected, message) => {
    const { code, error } = await reproduce(...words);
    expect(error).toContain(message);
    expect(code).toBe(expected);
  });

  it('a reproduction file that points to a scenario that is not there', async () => {
    const own = mkdtempSync(join(folder, 'broken-'));
    const [first, ...others] = tinyReproduction.bindings;
    const broken = writeTinyPaper(own, { bindings: [{ ...first, scenario: 'split-mnist-clas' }, ...others] });
    const { code, error, out } = await palimpsest(['reproduce', 'tiny', '--papers', broken]);
    expect(error).toContain(
      'table-1.json, cell run/none: There is no scenario "split-mnist-clas". Did you mean "split-mnist-class"?',
    );
    expect([code, out]).toEqual([1, '']);
  });

  it('a run that fails', async () => {
    const own = mkdtempSync(join(folder, 'failing-'));
    const [first, ...others] = tinyReproduction.bindings;
    const failing = writeTinyPaper(own, { bindings: [{ ...first, method: './fails.ts' }, ...others] });
    const source =
      "export default { name: 'fails', version: 1, title: 'F', summary: 'F', settings: {}, prepare() { throw new Error('on purpose'); } };";
    writeFileSync(join(failing, 'tiny', 'fails.ts'), source);
    const { code, out } = await palimpsest([
      'reproduce',
      'tiny',
      '--papers',
      failing,
      '--results',
      own,
      '--seeds',
      '1',
    ]);
    expect(out).toContain('the run of seed 4 failed: Error: on purpose');
    expect(code).toBe(1);
  });
});
