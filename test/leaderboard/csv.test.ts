import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { isLeaderboardCsv, parseLeaderboardCsv } from '../../harness/leaderboard/read-csv.ts';
import { type LeaderboardRow, rowIdentity } from '../../harness/leaderboard/row.ts';
import { formatLeaderboardCsv } from '../../harness/leaderboard/write-csv.ts';
import { anyRow, final, hostileText, madeUpRow } from './rows.ts';

const read = (text: string) => parseLeaderboardCsv(text, 'l.csv').map(({ row }) => row);

/** The CSV of one plain row with a field replaced by what stands literally between the commas. */
function withField(column: string, field: string, row: LeaderboardRow = madeUpRow()): string {
  const [header = '', line = ''] = formatLeaderboardCsv([row]).split('\n');
  const at = header.split(',').indexOf(column);
  // Fields of the plain row hold no commas but those of JSON, which stands in quotes.
  const fields = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.map((one) => one.replace(/,$/, '')) ?? [];
  fields[at] = field;
  return `${header}\n${fields.slice(0, header.split(',').length).join(',')}\n`;
}

const anyRows = fc
  .uniqueArray(anyRow, { maxLength: 4, selector: rowIdentity })
  .filter((rows) => rows.length > 0);

/** Accepts valid rows and errors for people. */
function expectRowsOrUserError(text: string): void {
  try {
    for (const { fields, metrics } of read(text)) {
      if (!(fields.seeds >= 1)) throw new Error('seeds');
      for (const { mean } of metrics.values()) if (!(mean >= 0 && mean <= 1)) throw new Error(`mean ${mean}`);
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

describe('a leaderboard as CSV', () => {
  it('comes back as it was written, formulas and all', () => {
    fc.assert(
      fc.property(anyRows, (rows) => {
        const text = formatLeaderboardCsv(rows);
        expect(read(text)).toEqual(rows);
        expect(isLeaderboardCsv(text)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('holds no field that a spreadsheet would run', () => {
    const text = formatLeaderboardCsv([
      madeUpRow({ method: '=HYPERLINK("x")', fields: { processor: '@sum' } }),
    ]);
    expect(text).toContain(`"'=HYPERLINK(""x"")"`);
    expect(text).toContain(",'@sum,");
  });

  it('may have a byte-order mark and the line ends of Windows', () => {
    const text = formatLeaderboardCsv([madeUpRow()]);
    const foreign = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    expect(isLeaderboardCsv(foreign)).toBe(true);
    expect(read(foreign)).toEqual([madeUpRow()]);
  });

  it('comes back with one number for a seed and roles for others, and with means of counts', () => {
    const seed_values = [
      '1',
      'classOrder 1, initialWeights 2, exampleOrder 2, memorySampling 2',
      'classOrder 1, initialWeights 3, exampleOrder 3, memorySampling 3',
    ].join('; ');
    const row = madeUpRow({ fields: { seed_values, trainable_parameters: 302 / 3 } });
    // The ids of the made-up runs are of other seeds, which is what is read last.
    expect(() => read(formatLeaderboardCsv([row]))).toThrow(/column runs: names/);
    const counted = madeUpRow({ fields: { trainable_parameters: 302 / 3, total_parameters: 302 / 3 } });
    expect(read(formatLeaderboardCsv([counted]))).toEqual([counted]);
  });

  it('reads rows with seeds by role', () => {
    const seed_values = 'classOrder 1, initialWeights 2, exampleOrder 3, memorySampling 4';
    const row = madeUpRow({ seeds: [1], fields: { seed_values } });
    expect(() => read(formatLeaderboardCsv([row]))).toThrow(/column runs: names .* make it two-tasks\.ewc\./);
  });
});

describe('a submitted file is refused', () => {
  it.each([
    ['seeds', '0', 'l.csv, line 2, column seeds is 0; it must be >= 1'],
    ['seeds', '', 'column seeds is null; it must be integer'],
    ['seeds', '4', 'column seed_values: lists 3, but the row says 4 seeds'],
    ['seeds', '3.5', 'column seeds is 3.5; it must be integer'],
    ['seeds', '0x3', 'column seeds is "0x3"; it must be integer'],
    ['leaderboard_format', '2', 'column leaderboard_format is 2; it must be equal to constant'],
    ['scenario_digest', 'abc', 'column scenario_digest is "abc"; it must match pattern'],
    ['scenario_digest', 'unknown', 'is unknown, but the row was not imported'],
    ['measured_on', 'validation', 'column measured_on is "validation"; it must be equal to constant'],
    ['settings_origin', 'mine', '(default, tuned, custom, unknown)'],
    ['date', 'yesterday', 'column date is "yesterday"; it must match pattern'],
    ['date', '2026-99-99T00:00:00Z', 'column date: is "2026-99-99T00:00:00Z", no date'],
    ['settings', '{strength}', 'column settings: is not JSON'],
    ['settings', '"{""strength"": 1e999}"', 'column settings: is not JSON'],
    ['settings', `{${'['.repeat(30_000)}}`, 'is nested too deeply'],
    ['backbone', '{}', 'column backbone: has no "name"'],
    ['cells_measured', '19', 'column cells_measured: is 19, but 3 seeds have 18'],
    ['cells_expected', '20', 'column cells_expected: is 20, but 3 seeds of 2 tasks have 18 cells'],
    ['training_seconds', '-1', 'column training_seconds is -1; it must be >= 0'],
    ['training_seconds', 'NaN', 'column training_seconds is "NaN"; it must be number'],
    ['training_seconds', '', 'is empty, but the row was not imported'],
    ['kept_bytes', '1e999', 'column kept_bytes is "1e999"; it must be number'],
    ['imported_from', 'PyCIL', 'column imported_measure: is empty, but the row was imported'],
    [final.id, '1.5', 'column accuracy/final@1 is 1.5; it must be <='],
    [final.id, '0.9', 'column accuracy/final@1: is 0.9, but the values make it 0.52'],
    [final.id, '', 'column accuracy/final@1 is empty, though'],
    [`${final.id} interval`, '-0.1', 'it must be >= 0'],
    [`${final.id} interval`, '0', 'interval: is 0, but the values make it 0.02'],
    [`${final.id} values`, '0.51 x 0.53', 'it must be numbers with blanks between'],
    [`${final.id} values`, '0.51 0.53', 'values: lists 2, but the row says 3 seeds'],
    ['method_version', '2', 'column runs: names'],
    ['runs', 'a a a', 'column runs: names one of them twice'],
    ['seed_values', '1; 2; 2', 'column seed_values: names one of them twice'],
    ['seed_values', '=1+1', 'it must match pattern'],
    ['processor', 'x'.repeat(40_000), 'it must NOT have more than 32000 characters'],
  ])('column %s: %#', (column, field, message) => {
    expect(() => read(withField(column, field))).toThrow(message);
    expect(() => read(withField(column, field))).toThrow(UserError);
  });

  const [header = '', line = ''] = formatLeaderboardCsv([madeUpRow()]).split('\n');
  it.each([
    ['', 'l.csv is empty'],
    [`${header.replace('scenario_digest', 'scenario_digests')}\n`, 'there is no column "scenario_digest"'],
    [`${header},mine\n`, 'a leaderboard has no column "mine"'],
    [`${header},metod\n`, 'Did you mean "method"?'],
    [`${header},seeds\n`, 'the column "seeds" is there twice'],
    [`${header.replace(`,${final.id} values`, '')}\n`, 'there is no column "accuracy/final@1 values"'],
    [`${header.slice(0, header.indexOf(`,${final.id}`))}\n`, 'there is no metric'],
    [`${header}\n${line},\n`, 'l.csv, line 2 has 52 fields, but the header has 51'],
    [
      `${header}\n${line}\n\n${line}\n`,
      'l.csv, line 4, column method: ewc with these settings stands already in line 2',
    ],
    [`${header}\n"${line}`, 'is not a CSV file'],
  ])('whole: %#', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('reading', () => {
  const text = formatLeaderboardCsv([madeUpRow(), madeUpRow({ method: '=er', seeds: [4, 5] })]);

  it('answers a damaged file with rows or an error for people', () => {
    const damage = fc.tuple(
      fc.nat(text.length),
      fc.nat(30),
      fc.oneof(hostileText, fc.constantFrom('NaN', '1e999')),
    );
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const damaged = damages.reduce(
          (whole, [at, length, what]) => whole.slice(0, at) + what + whole.slice(at + length),
          text,
        );
        expectRowsOrUserError(damaged);
      }),
      { numRuns: 1500 },
    );
  });

  it('answers any text', () => {
    const anything = fc.oneof(
      hostileText,
      fc.string(),
      fc.json(),
      hostileText.map((rest) => `${text}${rest}`),
    );
    fc.assert(fc.property(anything, expectRowsOrUserError), { numRuns: 1000 });
  });
});
