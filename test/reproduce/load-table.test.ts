import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTable, papersFolder, tableNames } from '../../harness/reproduce/load-table.ts';
import { readPeer } from '../../harness/reproduce/peer.ts';
import { publishedFraction, publishedRounding } from '../../harness/reproduce/published.ts';
import { resolveCells } from '../../harness/reproduce/resolve-cells.ts';
import { temporaryFolder } from '../support/tiny-run.ts';
import { publishedLine, tinyReproduction, writeTinyPaper } from './tiny-paper.ts';

describe('the tables of the repository', () => {
  const names = tableNames(papersFolder);

  it.each(names)('%s is valid, each cell bound once to what exists', async (name) => {
    const table = loadTable(name, papersFolder);
    const planned = await resolveCells(table, table.cells, { dataDirectory: 'none' });
    expect(planned).toHaveLength(table.cells.length);
    for (const { plan } of planned) {
      if (plan.kind === 'not-attempted') expect(plan.reason).not.toBe('');
      else expect(plan.seeds.length).toBeGreaterThan(0);
    }
    expect(() => readPeer(table)).not.toThrow();
  });

  it('have numbers as published', () => {
    expect(names).toContain('hsu-2018/table-2');
    const { cells } = loadTable('hsu-2018', papersFolder);
    const ewc = cells.find(({ published }) => published.id === 'class/ewc')?.published;
    expect(ewc).toMatchObject({
      text: '19.80',
      error: 0.05,
      errorKind: 'population-sd',
      seeds: 10,
      trust: 'primary',
    });
    if (ewc === undefined) throw new Error('The table has this cell.');
    expect(publishedFraction(ewc)).toEqual({ value: 0.198, error: 0.0005 });
  });

  it('say by their last digit how they are rounded', () => {
    const [cell] = loadTable('hsu-2018', papersFolder).cells;
    const rounding = (text: string, unit: 'percent' | 'fraction' | 'other'): number | null =>
      cell === undefined ? null : publishedRounding({ ...cell.published, text, unit });
    expect(rounding('97.12', 'percent')).toBeCloseTo(0.00005, 12);
    expect(rounding('19.80', 'percent')).toBeCloseTo(0.00005, 12);
    expect(rounding('70', 'percent')).toBeCloseTo(0.005, 12);
    expect(rounding('0.66', 'fraction')).toBeCloseTo(0.005, 12);
    expect(rounding('-8.3', 'percent')).toBeCloseTo(0.0005, 12);
    expect(rounding('24/56/20', 'other')).toBeNull();
    expect(rounding('1e-1', 'fraction')).toBeNull();
  });
});

describe('a table', () => {
  const load = (changes: Readonly<Record<string, unknown>>, lines?: readonly string[]): unknown =>
    loadTable('tiny/table-1', writeTinyPaper(temporaryFolder(), changes, lines));

  it('is found by its paper where that has one table', () => {
    const papers = writeTinyPaper(temporaryFolder());
    expect(loadTable('tiny', papers).id).toBe('tiny/table-1');
    writeFileSync(join(papers, 'tiny', 'scenario.json'), '{}');
    writeFileSync(join(papers, 'tiny', 'notes.json'), '{');
    expect(tableNames(papers)).toEqual(['tiny/table-1']);
    writeFileSync(join(papers, 'tiny', 'table-2.json'), '{"format": "palimpsest-reproduction@1"}');
    expect(() => loadTable('tiny', papers)).toThrow('several tables: tiny/table-1, tiny/table-2');
  });

  it('is suggested where the name is not quite right', () => {
    const papers = writeTinyPaper(temporaryFolder());
    expect(() => loadTable('tiny/table-11', papers)).toThrow('Did you mean "tiny/table-1"?');
    expect(() => loadTable('tinny', papers)).toThrow('Did you mean "tiny"?');
  });

  const [first, ...others] = tinyReproduction.bindings;
  it.each([
    ['a cell without binding', { bindings: [first, others[0]] }, 'does not bind the cell big/model'],
    [
      'a cell bound twice',
      { bindings: [first, first, ...others].map((one) => ({ ...one })) },
      'binds the cell run/none twice',
    ],
    [
      'a binding of no cell',
      { bindings: [{ ...first, cells: ['run/non'] }, ...others] },
      'Did you mean "run/none"?',
    ],
    [
      'an unknown supply',
      { bindings: [first, others[0], { cells: ['big/*'], missing: ['weight'] }] },
      'Did you mean "weights"?',
    ],
    [
      'a wrong property',
      { bindings: [{ ...first, setings: {} }, ...others] },
      'binding 1 (cells run/none) has the unknown property "setings". Did you mean "settings"?',
    ],
    [
      'both ways at once',
      { bindings: [{ ...first, missing: ['weights'] }, ...others] },
      'binding 1 (cells run/none) must name either scenario and method, or what is missing',
    ],
    [
      'a method without scenario',
      { bindings: [{ cells: ['run/none'], method: 'ewc' }, ...others] },
      'must name either scenario and method',
    ],
    ['another format', { format: 'x' }, '/format must be equal to constant'],
    ['no seeds', { seeds: undefined }, 'must name "metric" and "seeds"'],
    [
      'an unknown metric',
      { metric: 'accuracy/final@9' },
      'table-1.json: There is no metric "accuracy/final@9"',
    ],
    [
      'a path out of the data',
      { supplies: { weights: { kind: 'weights', title: 'x', file: '../x' } } },
      '/supplies/weights/file',
    ],
  ])('with %s is refused', (_, changes, message) => {
    expect(() => load(changes)).toThrow(message);
  });

  it.each([
    ['a value that is no number', publishedLine('run/none', '10/18/72'), 'is no accuracy'],
    [
      'an unknown kind of error',
      publishedLine('run/none', '70', '1', 'variance'),
      'error_kind is "variance", but must be one of sem, sd',
    ],
    ['an error without kind', publishedLine('run/none', '70', '1', ''), 'needs both error and error_kind'],
    ['half a run', publishedLine('run/none', '70', '1', 'sd', '2.5'), 'seeds must be a whole number'],
    ['a cell twice', publishedLine('run/later'), 'the cell "run/later" twice'],
    ['a name with spaces', publishedLine('run none'), 'cell is "run none"'],
  ])('with %s is refused', (_, line, message) => {
    expect(() => load({}, [line, publishedLine('run/later'), publishedLine('big/model')])).toThrow(message);
  });

  it('that is not JSON or lacks its values is refused', () => {
    const papers = writeTinyPaper(temporaryFolder());
    const csv = join(papers, 'tiny', 'table-1.csv');
    writeFileSync(csv, readFileSync(csv, 'utf8').replace('error_kind', 'kind'));
    expect(() => loadTable('tiny', papers)).toThrow('has no column "error_kind"');
    writeFileSync(join(papers, 'tiny', 'table-1.json'), '{"format":');
    expect(() => loadTable('tiny', papers)).toThrow('is not JSON');
  });
});

describe('resolving quickly', () => {
  it('shortens training whatever its budget is', async () => {
    const budget = async (settings: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const [first, ...others] = tinyReproduction.bindings;
      const table = loadTable(
        'tiny',
        writeTinyPaper(temporaryFolder(), { bindings: [{ ...first, settings }, ...others] }),
      );
      const [cell] = await resolveCells(table, table.cells, { dataDirectory: 'none', quick: true });
      const { epochs, updates } = cell?.plan.kind === 'run' ? cell.plan.expected.training : {};
      return epochs === undefined ? { updates } : { epochs };
    };
    expect(await budget({ 'training.epochs': 4 })).toEqual({ epochs: 1 });
    expect(await budget({ 'training.epochs': 1 })).toEqual({ updates: 20 });
    expect(await budget({ 'training.updates': 2000 })).toEqual({ updates: 100 });
  });
});

describe('resolving', () => {
  const resolve = (changes: Readonly<Record<string, unknown>>, dataDirectory = 'none') => {
    const table = loadTable('tiny', writeTinyPaper(temporaryFolder(), changes));
    return resolveCells(table, table.cells, { dataDirectory });
  };

  it('tells what runs, what is to come and what must be supplied', async () => {
    const [run, later, big] = (await resolve({})).map(({ plan }) => plan);
    expect(run).toMatchObject({ kind: 'run', seeds: [4, 5, 6, 7, 8], expected: { training: { epochs: 1 } } });
    expect(later).toEqual({ kind: 'not-attempted', reason: 'method not-yet-written is not in this version' });
    expect(big).toMatchObject({
      reason: `needs Weights of nobody (3 bytes, md5 ${'0'.repeat(32)}; put it at: none/nobody/w.bin)`,
    });
  });

  it.each([
    [{ method: 'not-yet-written' }, 'cell run/later: There is no method "not-yet-written"'],
    [{ method: 'ewk' }, 'Did you mean "ewc"?'],
    [{ method: 'ewc', scenario: 'split-mnist-clas' }, 'Did you mean "split-mnist-class"?'],
    [{ method: 'ewc', settings: { strenth: 1 } }, 'has no setting "strenth". Did you mean "strength"?'],
    [{ method: 'ewc', settings: { strength: -1 } }, 'strength is -1'],
  ])('refuses a binding to %j, naming the cell', async (changes, message) => {
    const [first, second, third] = tinyReproduction.bindings;
    const { planned: _, ...unplanned } = { ...second, ...changes } as Record<string, unknown>;
    await expect(resolve({ bindings: [first, unplanned, third] })).rejects.toThrow(message);
    await expect(resolve({ bindings: [first, unplanned, third] })).rejects.toThrow(
      'table-1.json, cell run/later',
    );
  });

  it('names a file of another size or checksum', async () => {
    const folder = temporaryFolder();
    const papers = writeTinyPaper(folder);
    const file = join(papers, 'w.bin');
    const supplies = (more: object): Readonly<Record<string, unknown>> => ({
      supplies: { weights: { kind: 'weights', title: 'W', file: 'w.bin', ...more } },
    });
    writeFileSync(file, 'abc');
    const reason = async (more: object): Promise<string> => {
      const plan = (await resolve(supplies(more), papers)).at(-1)?.plan;
      return plan?.kind === 'not-attempted' ? plan.reason : '';
    };
    expect(await reason({ bytes: 4 })).toContain(
      'is wrong (it has 3 bytes instead of 4); put the right one at',
    );
    expect(await reason({ md5: '0'.repeat(32) })).toContain(
      'its md5 is 900150983cd24fb0d6963f7d28e17f72 instead of 0000',
    );
    expect(await reason({ bytes: 3, md5: '900150983cd24fb0d6963f7d28e17f72' })).toContain(
      `is there: ${file}`,
    );
    expect(await reason({})).toContain('size not published here, checksum not published here');
    writeFileSync(file, 'abd');
    expect(await reason({ md5: '900150983cd24fb0d6963f7d28e17f72' })).toContain('its md5 is 4911e516');
    writeFileSync(file, '');
    expect(await reason({})).toContain('is wrong (it is empty)');
    rmSync(file);
    mkdirSync(file);
    expect(await reason({ bytes: 3 })).toContain('is wrong (it is a folder instead of a file)');
    expect(await reason({})).toContain(`is there: ${file}`);
  });
});
