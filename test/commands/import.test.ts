import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../../harness/record/read-run.ts';
import { matrix, sample, sorted, trainedOf } from '../import/matrix.ts';
import { temporaryFolder } from '../record/fixtures.ts';
import { palimpsest } from './palimpsest.ts';

interface Printed {
  readonly imported: readonly {
    readonly id: string;
    readonly directory: string;
    readonly alreadyThere: boolean;
  }[];
}

it('imports a log, says so in every table, and leaves unknown what the log does not tell', async () => {
  const results = temporaryFolder();
  const log = sample('pycil/finetune-numpy-1.log');
  const first = await palimpsest([
    'import',
    'pycil',
    log,
    '--method',
    'finetune',
    '--results',
    results,
    '--json',
  ]);
  expect(first).toMatchObject({ code: 0, error: '' });
  const [one] = (JSON.parse(first.out) as Printed).imported;
  const { record, cells } = readRun(one?.directory ?? '');
  expect(sorted(cells)).toEqual(trainedOf(matrix));
  expect(record.status).toMatchObject({ state: 'finished', cost: null });
  expect(record.definition).toMatchObject({
    imported: { format: 'pycil', measure: 'accuracy', files: [{ name: 'finetune-numpy-1.log' }] },
    scenario: { name: 'cifar100-b0-inc10', version: 0, digest: 'unknown' },
    dataset: { revision: 'unknown' },
    engine: { name: 'unknown' },
    seeds: { classOrder: 1993 },
    training: {},
  });

  const again = await palimpsest(['import', 'pycil', log, '--method', 'finetune', '--results', results]);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('is there already') });

  const longer = await palimpsest([
    'import',
    'pycil',
    log,
    '--method',
    'finetune',
    '--tasks',
    '6',
    '--results',
    results,
  ]);
  expect(longer).toMatchObject({
    code: 1,
    error: expect.stringContaining('imported before with other tasks'),
  });

  const csv = join(results, 'table.csv');
  const table = await palimpsest(['table', '--results', results, '--csv', csv]);
  expect(table.code).toBe(0);
  expect(table.out).toContain('cifar100-b0-inc10 (imported), accuracy in % over 4 tasks');
  expect(table.out).toContain('(imported from PyCIL or LAMDA-PILOT)');
  expect(table.out).toMatch(/75\.00.*80\.21.*18\.33.*-16\.67/);
  expect(readFileSync(csv, 'utf8')).toContain('PyCIL or LAMDA-PILOT');
  const shown = await palimpsest(['show', one?.id ?? '', '--results', results]);
  expect(shown.out).toContain('imported from  PyCIL or LAMDA-PILOT');
  expect(shown.out).not.toContain('trainable of');
});

it('averages over seeds that the person gives, and refuses one result twice', async () => {
  const results = temporaryFolder();
  const names = ['--scenario', 's', '--method', 'm', '--unit', 'fraction', '--results', results];
  const files = [0.5, 0.6, 0.7].map((value) => {
    const path = join(results, `${value}.csv`);
    writeFileSync(path, `${value}\n`);
    return path;
  });
  const lacking = await palimpsest(['import', 'csv', ...files, ...names]);
  expect(lacking).toMatchObject({ code: 2, error: expect.stringContaining('--seed 1,2,3') });
  const three = await palimpsest(['import', 'csv', ...files, ...names, '--seed', '1,2,3']);
  expect(three.code).toBe(0);
  const table = await palimpsest(['table', '--results', results]);
  expect(table.out).toContain('60.00 ± 24.84');
  const twice = await palimpsest(['import', 'csv', files[1] ?? '', ...names, '--seed', '1']);
  expect(twice).toMatchObject({ code: 1, error: expect.stringContaining('would count twice') });
});

it('imports nothing when one of the files is wrong', async () => {
  const results = temporaryFolder();
  const bad = join(results, 'logs.pyd');
  writeFileSync(
    bad,
    "{'accuracy_1_task1': 90.0, 'model': 'a', 'seed': 1}\n{'accuracy_1_task1': eval('1')}\n",
  );
  const called = await palimpsest(['import', 'mammoth', bad, '--scenario', 's', '--results', results]);
  expect(called).toMatchObject({ code: 1, out: '' });
  expect(called.error).toContain(`${bad}, line 2: the Python literal is not data: it names "eval"`);
  expect(existsSync(join(results, 'runs'))).toBe(false);
});

it.each([
  [['import', 'pycl', 'a'], 'Allowed choices are pycil'],
  [['import', 'pycil', 'no-such-file'], 'There is no file no-such-file'],
  [
    ['import', 'facil', sample('facil/acc_taw-2024-05-01-12-00.txt'), '--unit', 'percent'],
    'always in fraction',
  ],
  [['import', 'pycil', sample('trace')], 'is a folder'],
  [['import', 'facil', sample('facil/acc_taw-2024-05-01-12-00.txt'), '--seed', '1'], '--scenario <name>'],
])('is called wrongly: %j', async (words, message) => {
  const called = await palimpsest([...words, '--results', temporaryFolder()]);
  expect(called).toMatchObject({ code: 2, error: expect.stringContaining(message) });
});
