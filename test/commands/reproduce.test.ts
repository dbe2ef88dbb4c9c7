import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findRuns } from '../../harness/record/read-run.ts';
import { recordRun } from '../record/fixtures.ts';
import { publishedLine, tinyReproduction, writeTinyPaper } from '../reproduce/tiny-paper.ts';
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
    expect(first.error).toMatch(/\[3\/3\] run\/none seed \d finished/);
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
    const markdown = readFileSync(files.markdown, 'utf8');
    expect(markdown).toMatch(/^\| run\/none \| 70 ± 5\.00 \|/m);
    const latex = readFileSync(files.latex, 'utf8');
    expect(latex).toContain('run/none & 70 $\\pm$ 5.00 &');
    expect(latex.match(/\\\\$/gm)).toHaveLength(4);
    expect(latex).toContain('not attempted {[}1{]}');
    expect(latex).toContain('$\\le$ 2$\\cdot$$\\surd$(SEM² + SD²/k)');
    for (const text of [markdown, latex]) {
      expect(text).toContain('method not-yet-written is not in this version');
      expect(text).toContain('A remark.');
    }
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
    onTestFinished(() => writeFileSync(recordFile, text));
    for (const [from, to, cause] of [
      [/"value":0\.\d+/, '"value":0.99', 'its digest does not fit'],
      [/"digest": "./, '"digest": "x', 'its digest does not fit'],
      [/\]\}\n\]\n\}\n$/, '', 'is not JSON'],
    ] as const) {
      writeFileSync(recordFile, text.replace(from, to));
      for (const words of [['--recorded'], ['--seeds', '3', '--record']]) {
        const edited = await reproduce('tiny', ...words);
        expect(edited.error).toContain(cause);
        expect(edited.error).toContain('delete it and make it anew with --record');
        expect([edited.code, edited.out]).toEqual([1, '']);
      }
      expect((await reproduce('tiny', '--seeds', '3')).out).toBe(first.out);
      expect(await reproduce('ls')).toMatchObject({ code: 1, error: expect.stringContaining(cause) });
    }
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
  it('makes their seeds anew once it makes others, and names what is left out', async () => {
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

/** A table of two cells that are run, by the bindings given. */
function twoCells(changes: Readonly<Record<string, unknown>>, ...bindings: object[]): string[] {
  const own = mkdtempSync(join(folder, 'cells-'));
  const lines = [publishedLine('run/none'), publishedLine('run/later')];
  const written = writeTinyPaper(own, { bindings, ...changes }, lines);
  return ['reproduce', 'tiny', '--papers', written, '--results', own, '--data', own];
}

describe('reproduce, cell by cell', () => {
  const [first] = tinyReproduction.bindings;

  it('makes a run once that two cells are bound to', async () => {
    const words = twoCells({}, { ...first, cells: ['run/none', 'run/later'] });
    const called = await palimpsest([...words, '--seeds', '2', '--json']);
    expect(called).toMatchObject({ code: 0, error: expect.stringContaining('[2/2]') });
    const [one, other] = JSON.parse(called.out).cells;
    expect(other.outcome.runs).toEqual(one.outcome.runs);
    expect(other.outcome.seeds).toEqual([4, 5]);
  });

  it('records and prints the others where one has no value of the metric', async () => {
    const joint = {
      cells: ['run/later'],
      scenario: './scenario/tiny.json',
      method: 'joint',
      settings: { when: 'last-task', 'training.epochs': 1 },
    };
    const words = twoCells({ metric: 'forgetting/chaudhry@1' }, first as object, joint);
    const { code, out } = await palimpsest([...words, '--seeds', '1', '--record', '--quiet']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /not attempted: was run, but: The run \S+ has no forgetting\/chaudhry@1: one cell was not/,
    );
    const shown = await palimpsest([...words, '--recorded', '--json']);
    expect(
      JSON.parse(shown.out).cells.map(({ outcome }: { outcome: { kind: string } }) => outcome.kind),
    ).toEqual(['judged', 'not-attempted']);
  });

  it('names seeds that failed beside those that did not', async () => {
    const words = twoCells({}, { ...first, cells: ['run/*'] });
    await palimpsest([...words, '--seeds', '2', '--quiet']);
    const { runs } = findRuns(words[5] as string, { state: 'finished' });
    const spoilt = runs.find(({ record }) => record.definition.seeds.classOrder === 5);
    rmSync(join(spoilt?.directory ?? '', 'run.json'));
    writeFileSync(join(spoilt?.directory ?? '', 'run.json'), '{');
    const { code, out } = await palimpsest([
      ...words,
      '--seeds',
      '2',
      '--quiet',
      '--csv',
      join(folder, 'spoilt.csv'),
    ]);
    expect(code).toBe(1);
    expect(out).toContain('run/none: the run of seed 5 failed:');
    expect(readFileSync(join(folder, 'spoilt.csv'), 'utf8')).toContain('the run of seed 5 failed:');
  });
});

describe('reproduce --record', () => {
  it('replaces runs of another kind only by as many, or by force', async () => {
    const words = twoCells({}, { ...tinyReproduction.bindings[0], cells: ['run/*'] });
    const make = (...more: string[]): Promise<Called> =>
      palimpsest([...words, '--quiet', '--record', ...more]);
    const seedsOf = async (): Promise<number[][]> => {
      const { out } = await palimpsest([...words, '--recorded', '--json']);
      return JSON.parse(out).cells.map(({ outcome }: { outcome: { seeds: number[] } }) => outcome.seeds);
    };
    await make('--seeds', '2');
    const fewer = await make('--seeds', '1', '--engine', 'cpu', '--cells', 'run/none');
    expect(fewer.code).toBe(1);
    expect(fewer.error).toContain('run/none: not recorded, for the record has 2 runs of another kind');
    expect(await seedsOf()).toEqual([
      [4, 5],
      [4, 5],
    ]);
    const forced = await make('--seeds', '1', '--engine', 'cpu', '--cells', 'run/none', '--force');
    expect(forced.code).toBe(0);
    expect(forced.error).toContain('run/none: 2 recorded runs of another kind were replaced by 1.');
    expect(await seedsOf()).toEqual([[4], [4, 5]]);
  });

  it('keeps what another process recorded while its own runs were made', async () => {
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
    [['tiny', '--recorded', '--force'], 2, '--force is about what is recorded'],
    [
      ['tiny', '--recorded', '--cells', 'big/model', '--methods', 'finetune'],
      2,
      'tiny/table-1 has none of the cells big/model of finetune.',
    ],
    [['tiny', '--recorded', '--seeds', '9'], 0, 'The table has 5 seeds; --seeds 9 asks for more.'],
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
