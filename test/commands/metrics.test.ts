import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatAccuracyCsv } from '../../harness/evaluate/accuracy-csv.ts';
import { runId } from '../../harness/record/run-id.ts';
import { goldenCells } from '../evaluate/golden.ts';
import { definition, recordRun } from '../record/fixtures.ts';
import { temporaryFolder } from '../stream/support.ts';
import { palimpsest } from './palimpsest.ts';

function matrixFile(cells: typeof goldenCells = goldenCells): string {
  const file = join(temporaryFolder(), 'matrix.csv');
  writeFileSync(file, formatAccuracyCsv(cells));
  return file;
}

it('prints every metric of a matrix, and what a comparison needs', async () => {
  const { code, out } = await palimpsest(['metrics', matrixFile()]);
  expect(code).toBe(0);
  expect(out).toMatch(/forgetting\/renate@1 +19\.00/);
  expect(out).toMatch(/No value:\n.*forgetting\/ratio@1 +forgetting\/ratio@1 compares with another run/);
});

it('prints values by id as JSON, with a reference', async () => {
  const { out } = await palimpsest(['metrics', matrixFile(), '--reference', matrixFile(), '--json']);
  const { values, unavailable } = JSON.parse(out);
  expect(values['intransigence/chaudhry@1']).toBe(0);
  expect(values['accuracy/final-micro@1']).toBeCloseTo(0.8, 12);
  expect(unavailable).toEqual({});
});

it('fails for a named metric whose cells are missing, and lists them', async () => {
  const file = matrixFile(goldenCells.filter(({ after }) => after > 0));
  const { code, error } = await palimpsest(['metrics', file, '--metric', 'fwt', 'bwt']);
  expect(code).toBe(1);
  expect(error).toContain('no value for fwt/gem@1: not measured: 3 cells: (after 0, task 2)');
});

it('compares runs of one stream only', async () => {
  const results = temporaryFolder();
  const { scenario } = definition();
  recordRun(results, definition());
  const elsewhere = definition({ scenario: { ...scenario, name: 'toy' } });
  recordRun(results, elsewhere);
  const [own, other] = [definition(), elsewhere].map(runId);
  const words = ['metrics', own ?? '', '--results', results, '--reference'];
  expect(await palimpsest([...words, own ?? ''])).toMatchObject({ code: 0 });
  expect(await palimpsest([...words, other ?? ''])).toMatchObject({
    code: 1,
    error: expect.stringContaining('are not comparable: the scenario is split-mnist-class and toy'),
  });
});

it('suggests the nearest metric, and says when there is no such run', async () => {
  const unknown = await palimpsest(['metrics', matrixFile(), '--metric', 'forgeting']);
  expect([unknown.code, unknown.error]).toEqual([
    2,
    expect.stringContaining('Did you mean "forgetting/chaudhry@1"?'),
  ]);
  const none = await palimpsest(['metrics', 'nothing.csv']);
  expect(none).toMatchObject({ code: 2, error: expect.stringContaining('There is no file nothing.csv.') });
});
