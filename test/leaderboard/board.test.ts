import { describe, expect, it } from 'vitest';
import { findMetric } from '../../harness/evaluate/metrics/index.ts';
import { acrossScenarios } from '../../harness/leaderboard/across.ts';
import { boardsOf } from '../../harness/leaderboard/board.ts';
import { acrossContent, boardContents } from '../../harness/leaderboard/content.ts';
import { formatLeaderboardHtml } from '../../harness/leaderboard/html.ts';
import { mergeRows } from '../../harness/leaderboard/merge.ts';
import { parseLeaderboardCsv } from '../../harness/leaderboard/read-csv.ts';
import type { LeaderboardRow } from '../../harness/leaderboard/row.ts';
import { formatLeaderboardCsv } from '../../harness/leaderboard/write-csv.ts';
import { final, madeUpRow, type RowOptions } from './rows.ts';

const options = { metrics: [final], leastSeeds: 3 };

function row(method: string, mean: number, more: RowOptions = {}): LeaderboardRow {
  return madeUpRow({ method, metrics: { [final.id]: [mean - 0.01, mean, mean + 0.01] }, ...more });
}

describe('a board', () => {
  it('ranks complete contenders alone; equal means share their ranks', () => {
    const [board] = boardsOf(
      [
        row('low', 0.2),
        row('joint', 0.9, { fields: { uses_past_data: 'true' } }),
        row('high', 0.7),
        row('twin-a', 0.5),
        row('twin-b', 0.5),
        madeUpRow({ method: 'few', seeds: [1, 2] }),
        row('cut', 0.8, { fields: { seeds_unfinished: 2, cells_expected: 30 } }),
        madeUpRow({ method: 'other', metrics: {} }),
      ],
      options,
    );
    expect(board?.rows.map(({ label, rank }) => [label[0], rank])).toEqual([
      ['joint', null],
      ['high', 1],
      ['twin-a', 2.5],
      ['twin-b', 2.5],
      ['low', 4],
    ]);
    expect(board?.incomplete.map(({ label, lacking }) => [label[0], ...lacking])).toEqual([
      ['few', '2 of at least 3 seeds'],
      ['cut', '2 of 5 seeds not finished'],
      ['other', 'no accuracy/final@1'],
    ]);
  });

  it('takes means for equal that differ by rounding alone', () => {
    const [er, ewc] = [
      [0.937, 0.901, 0.943],
      [0.938, 0.9, 0.943],
    ].map((values, index) =>
      madeUpRow({ method: ['er', 'ewc'][index] ?? '', metrics: { [final.id]: values } }),
    );
    const means = [er, ewc].map((one) => one?.metrics.get(final.id)?.mean);
    expect(means).toEqual([0.927, 0.9269999999999999]);
    const [board] = boardsOf([row('low', 0.2), ...[er, ewc].flatMap((one) => one ?? [])], options);
    expect(board?.rows.map(({ label, rank }) => [label[0], rank])).toEqual([
      ['er', 1.5],
      ['ewc', 1.5],
      ['low', 3],
    ]);
  });

  it('asks of a reference the metric that decides the ranks, and no other', () => {
    const metrics = [final, findMetric('forgetting/chaudhry')];
    const reference = { fields: { uses_past_data: 'true' as const } };
    const [board] = boardsOf(
      [
        row('joint', 0.9, reference),
        row('ewc', 0.5),
        madeUpRow({ ...reference, method: 'none', metrics: {} }),
      ],
      { ...options, metrics },
    );
    expect(board?.rows.map(({ label }) => label[0])).toEqual(['joint']);
    expect(board?.incomplete.map(({ label, lacking }) => [label[0], ...lacking])).toEqual([
      ['ewc', 'no forgetting/chaudhry@1'],
      ['none', 'no accuracy/final@1'],
    ]);
  });

  it('never mixes versions of a scenario, data, or what was measured', () => {
    const imported = { imported_from: 'PyCIL', imported_measure: 'accuracy' };
    const boards = boardsOf(
      [
        row('a', 0.5),
        row('a', 0.5, { version: 2 }),
        row('a', 0.5, { fields: { dataset_sha256: 'e'.repeat(64) } }),
        row('a', 0.5, { fields: imported }),
      ],
      options,
    );
    expect(boards).toHaveLength(4);
    expect(boards[0]?.rows[0]?.row.fields.scenario_version).toBe(2);
    expect(boards[3]?.rows[0]?.label).toContain('(imported from PyCIL)');
  });

  it('never ranks imported rows of unlike length against each other, nor takes one for the other', () => {
    const imported = { imported_from: 'PyCIL', imported_measure: 'accuracy' };
    const whole = row('a', 0.5, { fields: imported });
    const cut = row('a', 0.9, { fields: { ...imported, tasks: 1, cells_measured: 3, cells_expected: 6 } });
    const text = formatLeaderboardCsv([cut, whole]);
    const back = mergeRows(parseLeaderboardCsv(text, 'l.csv')).map((one) => one.row);
    expect(back).toEqual([cut, whole]);
    const boards = boardsOf(back, options);
    expect(boards.map(({ rows }) => rows.map(({ rank }) => rank))).toEqual([[1], [1]]);
    const contents = boards.flatMap((board) =>
      boardContents(board, { metrics: [final], most: 9, full: false }),
    );
    expect(contents.map(({ title }) => title)).toEqual([
      'two-tasks (imported), accuracy over 1 task',
      'two-tasks (imported), accuracy over 2 tasks',
    ]);
  });

  it('says how rows of one method differ, from each other and from the defaults', () => {
    const [board] = boardsOf(
      [
        row('ewc', 0.5),
        row('ewc', 0.6, {
          settings: { strength: 5 },
          fields: { settings_origin: 'custom', settings_changed: 'strength=5' },
        }),
        row('ewc', 0.7, { settings: { strength: 7 }, fields: { settings_origin: 'tuned' } }),
      ],
      options,
    );
    expect(board?.rows.map(({ label }) => label)).toEqual([
      ['ewc', '(tuned)', 'strength=7'],
      ['ewc', 'strength=5'],
      ['ewc', 'strength=100'],
    ]);
  });
});

describe('ranks over scenarios', () => {
  const over = (rows: readonly LeaderboardRow[]) => acrossScenarios(boardsOf(rows, options), final);

  it('are of the methods that cover all scenarios, the newest version of each', () => {
    const rows = ['one', 'two', 'three', 'four'].flatMap((scenario, index) => [
      row('best', 0.8 + index / 100, { scenario }),
      row('middle', 0.5, { scenario }),
      row('worst', 0.2, { scenario }),
    ]);
    const across = over([
      ...rows,
      row('partial', 0.9, { scenario: 'one' }),
      row('best', 0.1, { scenario: 'one', version: 0 }),
    ]);
    expect(across.methods).toEqual([
      { name: 'best', scenarios: 4, averageRank: 1 },
      { name: 'middle', scenarios: 4, averageRank: 2 },
      { name: 'worst', scenarios: 4, averageRank: 3 },
      { name: 'partial', scenarios: 1, averageRank: null },
    ]);
    if (across.result.kind !== 'ranked') throw new Error('ranks were expected');
    expect(across.result.friedman.chiSquare.statistic).toBeCloseTo(8, 12);
    // q(0.05, 3) = 2.343 (Demšar 2006, table 5a): 2.343 √(3 · 4 / (6 · 4)).
    expect(across.result.difference.difference).toBeCloseTo(2.343 * Math.SQRT1_2, 3);
    const { notes } = acrossContent(across);
    expect(notes.join('\n')).toContain('Not told apart: best, middle; middle, worst.');
  });

  it.each([
    [[row('a', 0.5)], 'one scenario has complete rows'],
    [
      [row('a', 0.5, { scenario: 'x' }), row('b', 0.5, { scenario: 'y' })],
      'no method covers all 2 scenarios',
    ],
    [[row('a', 0.5, { scenario: 'x' }), row('a', 0.5, { scenario: 'y' })], 'only a covers all 2 scenarios'],
    [[row('a', 0.5, { fields: { uses_past_data: 'true' } })], 'no scenario has complete rows'],
  ])('are left out with the reason: %#', (rows, reason) => {
    const { result } = over(rows);
    expect(result).toMatchObject({ kind: 'none', reason: expect.stringContaining(reason) });
  });
});

describe('a large leaderboard', () => {
  it('of 10,000 rows is written, read, ranked and shown', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) =>
      row(`m${index % 500}`, 0.1 + (index % 800) / 1000, { settings: { strength: index } }),
    );
    const back = parseLeaderboardCsv(formatLeaderboardCsv(rows), 'l.csv').map((one) => one.row);
    const boards = boardsOf(back, options);
    const most = Number.POSITIVE_INFINITY;
    const html = formatLeaderboardHtml(
      boards.flatMap((board) => boardContents(board, { metrics: [final], most, full: true })),
    );
    expect(html.match(/<tr>/g)).toHaveLength(10_001);
    // A listener for heads and one for the button that shows the rest, whatever the rows.
    expect(html.match(/addEventListener/g)).toHaveLength(2);
  });

  it('is escaped in HTML and cut for the terminal, which says so', () => {
    const rows = [row('<img src=x onerror=alert(1)>', 0.5), row('b', 0.4), row('c', 0.3)];
    const contents = boardsOf(rows, options).flatMap((board) =>
      boardContents(board, { metrics: [final], most: 2, full: false }),
    );
    const html = formatLeaderboardHtml(contents);
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toContain('<img');
    expect(html).toContain('<span data-value="478410">478,410</span>');
    expect(html).toContain("default-src 'none'");
    expect(contents[0]?.notes.at(-1)).toContain('1 more rows are not shown');
  });
});
