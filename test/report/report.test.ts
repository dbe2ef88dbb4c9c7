import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { seedsFrom } from '../../harness/random.ts';
import { readRun } from '../../harness/record/read-run.ts';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import type { RecordedRun, RunDefinition } from '../../harness/record/run-record.ts';
import { formatReportCsv } from '../../harness/report/csv.ts';
import { bytes, count, duration, percent } from '../../harness/report/format.ts';
import { groupRuns } from '../../harness/report/group-runs.ts';
import { reportJson } from '../../harness/report/json.ts';
import { formatTerminalTable } from '../../harness/report/terminal-table.ts';
import { definition, recordRun, tasks, temporaryFolder } from '../record/fixtures.ts';

const plain = { colour: false, width: Number.POSITIVE_INFINITY };

function recorded(definitions: readonly [RunDefinition, number, number?][]): RecordedRun[] {
  const results = temporaryFolder();
  return definitions.map(([of, first, second]) => readRun(recordRun(results, of, first, second)));
}

function threeSeeds(method: string, accuracies: readonly number[], changes: Partial<RunDefinition> = {}) {
  return accuracies.map((first, seed): [RunDefinition, number] => [
    definition(changes, method, seed + 1),
    first,
  ]);
}

describe('groupRuns', () => {
  it('averages over seeds and counts a run given twice once', () => {
    const runs = recorded(threeSeeds('ewc', [50, 60, 70]));
    const [table, ...others] = groupRuns([...runs, ...runs]);
    expect(others).toEqual([]);
    expect(table?.rows).toHaveLength(1);
    const final = table?.rows[0]?.metrics.get('accuracy/final@1');
    if (final?.kind !== 'summary') throw new Error('a summary was expected');
    expect(final.values).toEqual([0.7, 0.75, 0.8]);
    expect(final.summary.mean).toBeCloseTo(0.75, 12);
    // 4.3027 × 0.05 / √3
    expect(final.summary.interval).toMatchObject({ halfWidth: expect.closeTo(0.124207, 6) });
  });

  it('never mixes scenario versions, data or test with validation in one table', () => {
    const scenario = { name: 'split-mnist-class', version: 2, digest: 'd'.repeat(64) };
    const dataset = { ...definition().dataset, revision: '2', sha256: 'e'.repeat(64) };
    const runs = recorded([
      [definition(), 50],
      [definition({ scenario }), 50],
      [definition({ dataset }), 50],
      [definition({ measuredOn: 'validation' }), 50],
    ]);
    const tables = groupRuns(runs);
    expect(tables).toHaveLength(4);
    expect(tables[0]?.scenario.version).toBe(2);
  });

  it('keeps different settings, engines and sources of one method apart and names the difference', () => {
    const method = definition().method;
    const runs = recorded([
      [definition(), 50],
      [definition({ method: { ...method, settings: { strength: 5 } } }), 51],
      [definition({ method: { ...method, digest: 'f'.repeat(64) } }), 52],
      [definition({ training: { ...definition().training, epochs: 4 } }), 53],
      [definition({}, 'er'), 54],
    ]);
    const [table] = groupRuns(runs);
    expect(table?.rows.map(({ differs }) => differs)).toEqual([
      ['strength=100', 'training.epochs=1', 'source=cccccccc'],
      ['strength=5', 'training.epochs=1', 'source=cccccccc'],
      ['strength=100', 'training.epochs=1', 'source=ffffffff'],
      ['strength=100', 'training.epochs=4', 'source=cccccccc'],
      [],
    ]);
  });

  it('says which seed roles varied, and class order only where the order changed', () => {
    const runs = recorded(
      [1, 2].map((seed) => [definition({ seeds: seedsFrom(seed, { initialWeights: 7 }) }), 50]),
    );
    expect(groupRuns(runs)[0]?.rows[0]?.varied).toEqual(['exampleOrder', 'memorySampling']);
    const results = temporaryFolder();
    const ordered = [1, 2].map((seed) =>
      readRun(recordRun(results, definition({}, 'ewc', seed), 50, 90, seed === 1 ? [0, 1] : [1, 0])),
    );
    expect(groupRuns(ordered)[0]?.rows[0]?.varied).toContain('classOrder');
  });

  it('leaves unfinished runs out of the means and says what became of them', () => {
    const results = temporaryFolder();
    const done = readRun(recordRun(results, definition()));
    const failed = RunDirectory.open(results, { definition: definition({}, 'ewc', 2), order: [], tasks });
    failed.fail('out of memory');
    failed.close();
    const cut = RunDirectory.open(results, { definition: definition({}, 'ewc', 3), order: [], tasks });
    cut.close();
    const running = RunDirectory.open(results, { definition: definition({}, 'ewc', 4), order: [], tasks });
    const [table] = groupRuns([done, ...[failed, cut, running].map(({ path }) => readRun(path))]);
    running.close();
    expect(table?.rows[0]?.runs).toHaveLength(1);
    expect(table?.incomplete.map(({ reason }) => reason)).toEqual([
      'failed after 0 of 2 tasks: out of memory',
      'interrupted after 0 of 2 tasks; the same command continues it',
      'still running, after 0 of 2 tasks',
    ]);
    expect(formatTerminalTable(groupRuns([done, readRun(failed.path)])[0] ?? fail(), plain)).toContain(
      'Not in the table:\n  ewc seed 2: failed after 0 of 2 tasks: out of memory',
    );
  });
});

function fail(): never {
  throw new Error('a table was expected');
}

function tableOf(runs: readonly RecordedRun[]) {
  return groupRuns(runs)[0] ?? fail();
}

describe('the terminal table', () => {
  it('shows mean ± interval in percent, costs, and what the numbers rest on', () => {
    const text = formatTerminalTable(tableOf(recorded(threeSeeds('ewc', [50, 60, 70]))), plain);
    expect(text).toContain('75.00 ± 12.42');
    for (const part of [
      '13 s',
      '478,410',
      '3.65 MiB',
      'split-mnist-class@1',
      'aaaaaaaaaaaa',
      'mnist 1.2.6',
      'onnx 1.30.0',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('Seeds varied: initial weights, order of examples, memory sampling.');
    expect(text).not.toContain('\u001b');
  });

  it('marks the best in bold by each metric’s direction, or by a star without colour', () => {
    const table = tableOf(recorded([...threeSeeds('ewc', [50, 60, 70]), ...threeSeeds('er', [80, 81, 82])]));
    const coloured = formatTerminalTable(table, { ...plain, colour: true });
    const bold = coloured.split('\u001b[1m').slice(1);
    const marked = bold.map((part) => part.split('\u001b[22m')[0]);
    // Final accuracy, average incremental accuracy, forgetting, backward transfer; in the other columns both are alike.
    expect(marked).toEqual(['85.50 ± 1.24', '92.25 ± 0.62', '18.00 ± 2.48', '-18.00 ± 2.48']);
    expect(formatTerminalTable(table, plain)).toMatch(/85\.50 ± 1\.24\*/);
  });

  it('shows a reference without counting it as the best', () => {
    const joint = recorded(threeSeeds('joint', [97, 98, 99])).map(
      (run): RecordedRun => ({ ...run, record: { ...run.record, usesPastData: true } }),
    );
    const others = recorded([...threeSeeds('ewc', [50, 60, 70]), ...threeSeeds('er', [80, 81, 82])]);
    const text = formatTerminalTable(tableOf([...joint, ...others]), plain);
    expect(text).toMatch(/joint +│ +3 │ +94\.00 ± 1\.24 {2}│/);
    expect(text).toContain('(reference)');
    expect(text).toMatch(/85\.50 ± 1\.24\*/);
  });

  it('says why an interval is absent', () => {
    const text = formatTerminalTable(tableOf(recorded(threeSeeds('ewc', [50, 60]))), plain);
    expect(text).toContain('No interval for 2 values; an interval needs at least 3.');
    expect(text).not.toContain('75.00 ±');
  });

  it('continues below itself in a narrow terminal', () => {
    const table = tableOf(recorded([...threeSeeds('ewc', [50, 60, 70]), ...threeSeeds('er', [80, 81, 82])]));
    const lines = formatTerminalTable(table, { colour: false, width: 80 }).split('\n');
    const drawn = lines.filter((line) => /^[│┌├└]/.test(line));
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(drawn.filter((line) => line.includes('│ ewc')).length).toBeGreaterThan(1);
  });
});

describe('the CSV of a report', () => {
  it('has raw numbers and everything that a row rests on', () => {
    const csv = formatReportCsv(groupRuns(recorded(threeSeeds('ewc', [50, 60, 71]))));
    const [row, ...others] = parse(csv, { columns: true }) as Record<string, string>[];
    expect(others).toEqual([]);
    expect(Number(row?.['accuracy/final@1'])).toBeCloseTo((0.7 + 0.75 + 0.805) / 3, 15);
    expect(row).toMatchObject({
      scenario_digest: 'a'.repeat(64),
      seeds: '3',
      seed_values: '1; 2; 3',
      tasks: '2',
      training_seconds: '12.5',
    });
    expect(JSON.parse(row?.settings ?? '')).toEqual({ strength: 100 });
    expect(row?.runs?.split(' ')).toHaveLength(3);
  });

  it('has each of its columns explained in docs/command-line.md', () => {
    const [columns = []] = parse(formatReportCsv(groupRuns(recorded([[definition(), 50]])))) as string[][];
    const page = readFileSync(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
    const isMetric = (column: string): boolean => column.includes('@');
    expect(columns.filter((column) => !isMetric(column) && !page.includes(`\`${column}\``))).toEqual([]);
  });

  it('leaves a value that does not exist empty and disarms formulas', () => {
    const method = { ...definition().method, name: '=HYPERLINK("x")' };
    const [row] = parse(formatReportCsv(groupRuns(recorded([[definition({ method }), 50]]))), {
      columns: true,
    }) as Record<string, string>[];
    expect(row?.method).toBe('\'=HYPERLINK("x")');
    expect(row?.['accuracy/final@1 interval']).toBe('');
    expect(row?.['bwt/gem@1']).toMatch(/^-0\.49/);
  });
});

describe('the JSON of a report', () => {
  it('is plain data with every run’s value', () => {
    const json = JSON.parse(JSON.stringify(reportJson(groupRuns(recorded(threeSeeds('ewc', [50, 60]))))));
    expect(json[0].tasks).toBe(2);
    expect(json[0].rows[0].metrics['accuracy/final@1']).toMatchObject({ mean: 0.725, values: [0.7, 0.75] });
  });
});

describe('numbers for people', () => {
  it.each([
    [percent(0.97123), '97.12'],
    [percent(-1e-9), '0.00'],
    [bytes(0), '0 B'],
    [bytes(2048), '2 KiB'],
    [bytes(3_827_280), '3.65 MiB'],
    [bytes(123_456_789), '118 MiB'],
    [bytes(1_023_600), '0.976 MiB'],
    [bytes(999.667), '0.976 KiB'],
    [count(478_410), '478,410'],
    [duration(8.26), '8.3 s'],
    [duration(59.96), '1 min 0 s'],
    [duration(125), '2 min 5 s'],
    [duration(12_000), '3 h 20 min'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
