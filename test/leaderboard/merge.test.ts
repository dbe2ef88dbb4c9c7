import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { mergeRows, withSource } from '../../harness/leaderboard/merge.ts';
import { type LeaderboardRow, type PlacedRow, rowIdentity } from '../../harness/leaderboard/row.ts';
import { formatLeaderboardCsv } from '../../harness/leaderboard/write-csv.ts';
import { anyRow, final, madeUpRow } from './rows.ts';

const placed = (where: string, ...rows: LeaderboardRow[]): PlacedRow[] =>
  rows.map((row, index) => ({ row, where: `${where}, line ${index + 2}` }));
const merged = (...rows: readonly PlacedRow[][]) => mergeRows(rows.flat()).map(({ row }) => row);
/** Lines without regard to their order. */
const lines = (rows: readonly LeaderboardRow[]) => formatLeaderboardCsv(rows).split('\n').sort();

/** The same result, made at another time on another machine. */
const elsewhere = (row: LeaderboardRow, date: string, source: string): LeaderboardRow => ({
  ...row,
  fields: { ...row.fields, date, training_seconds: 99, processor: 'another', sources: source },
});

const manyRows = fc.uniqueArray(anyRow, { maxLength: 4, selector: rowIdentity });

describe('merging', () => {
  it('is idempotent and does not mind the order', () => {
    const dates = fc.constantFrom('2025-01-01T00:00:00Z', '2026-01-02T03:04:05.678Z', '2027-01-01T00:00:00Z');
    fc.assert(
      fc.property(manyRows, dates, dates, fc.nat(3), (rows, first, second, from) => {
        const a = placed('a', ...rows.map((row) => elsewhere(row, first, 'a')));
        const b = placed('b', ...rows.slice(from).map((row) => ({ ...elsewhere(row, second, 'b') })));
        const both = merged(a, b);
        expect(lines(merged(b, a))).toEqual(lines(both));
        expect(merged(placed('m', ...both), placed('m', ...both))).toEqual(both);
        expect(merged(placed('m', ...both), a)).toEqual(both);
        expect(both).toHaveLength(rows.length);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses any disagreement, whichever comes first', () => {
    const change = fc.constantFrom('kept_bytes', 'trainable_parameters', 'tasks', 'cells_measured');
    fc.assert(
      fc.property(anyRow, change, fc.boolean(), (row, column, turned) => {
        const other = { ...row, fields: { ...row.fields, [column]: 77_777 } };
        const pair = [placed('a', row), placed('b', other)];
        if (turned) pair.reverse();
        expect(() => merged(...pair)).toThrow(`column ${column} is`);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps where rows come from, and times and machine of the first', () => {
    const first = elsewhere(madeUpRow(), '2025-01-01T00:00:00Z', '');
    const second = madeUpRow();
    const [row] = merged(withSource(placed('b.csv', second), 'b'), withSource(placed('a.csv', first), 'a'));
    expect(row?.fields).toMatchObject({
      sources: 'a; b',
      date: '2025-01-01T00:00:00Z',
      training_seconds: 99,
    });
    const again = withSource(placed('m.csv', row ?? second), 'm');
    expect(again[0]?.row.fields.sources).toBe('a; b');
  });

  it('keeps the row of more seeds where the others are among them', () => {
    const [few, many] = [madeUpRow({ seeds: [2, 3] }), madeUpRow({ seeds: [1, 2, 3] })];
    expect(merged(placed('a', few), placed('b', many))).toEqual([many]);
    expect(merged(placed('b', many), placed('a', few))).toEqual([many]);
    const other = madeUpRow({ seeds: [3, 4] });
    expect(() => merged(placed('a', few), placed('b', other))).toThrow(
      'a, line 2 and b, line 2 disagree on ewc with the same settings on two-tasks@1: column seed_values is 2; 3 and 3; 4. Make one row of the runs of both',
    );
  });

  it('joins rows that share no seed where a third has the seeds of both, in any order', () => {
    const [a, b, c] = [
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ].map((seeds, index) =>
      withSource(placed('abc'[index] ?? '', madeUpRow({ seeds })), 'abc'[index] ?? ''),
    ) as [PlacedRow[], PlacedRow[], PlacedRow[]];
    for (const order of [
      [a, b, c],
      [b, a, c],
      [a, c, b],
      [c, a, b],
    ]) {
      const [row, ...others] = merged(...order);
      expect(others).toEqual([]);
      expect(row?.fields).toMatchObject({ seeds: 6, sources: 'a; b; c' });
    }
  });

  it('says the same of any rows of one method, or refuses them, in any order', () => {
    const dates = fc.constantFrom('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
    const known = fc.constantFrom('unknown', 'default', 'custom');
    const seeds = fc.subarray([1, 2, 3, 4], { minLength: 1 });
    const one = fc
      .tuple(seeds, dates, known, fc.constantFrom('', 'a=1'), fc.constantFrom(0, 0, 0, 7))
      .map(([of, date, origin, changed, kept]) => {
        const fields = { date, settings_origin: origin, settings_changed: changed, kept_bytes: kept };
        return madeUpRow({ seeds: of, fields });
      });
    const outcome = (rows: readonly (readonly [string, LeaderboardRow])[]) => {
      try {
        return lines(merged(...rows.map(([name, row]) => withSource(placed(name, row), name))));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return 'refused';
      }
    };
    const pair = fc
      .array(one, { minLength: 2, maxLength: 5 })
      .map((rows) => rows.map((row, index) => [String(index), row] as const))
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
    fc.assert(
      fc.property(pair, ([rows, shuffled]) => {
        expect(outcome(shuffled)).toEqual(outcome(rows));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses one run with two results', () => {
    const right = madeUpRow();
    const wrong = madeUpRow({ metrics: { [final.id]: [0.9, 0.9, 0.9] } });
    expect(() => merged(placed('a', right), placed('b', wrong))).toThrow(
      /values is 0\.51 0\.52 0\.53 and 0\.9/,
    );
    const fields = { matrices_sha256: ['f', '2', '3'].map((digit) => digit.repeat(64)).join(' ') };
    expect(() => merged(placed('a', right), placed('b', madeUpRow({ fields })))).toThrow('matrices_sha256');
  });

  it('unites metrics, and forgets no failed seed', () => {
    const one = madeUpRow({ fields: { seeds_unfinished: 2, cells_expected: 30 } });
    const other = madeUpRow({ metrics: { 'bwt/gem@1': [-0.1, -0.2, -0.3] } });
    const [row] = merged(placed('a', one), placed('b', other));
    expect([...(row?.metrics.keys() ?? [])].sort()).toEqual(['accuracy/final@1', 'bwt/gem@1']);
    expect(row?.fields).toMatchObject({ seeds_unfinished: 2, cells_expected: 30 });
  });
});
