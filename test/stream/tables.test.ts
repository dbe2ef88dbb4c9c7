import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test, vi } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readCsv } from '../../harness/stream/readers/csv.ts';
import { readJsonl } from '../../harness/stream/readers/jsonl.ts';
import type { TableSpec } from '../../harness/stream/readers/table-builder.ts';
import { classNames, contextOf, storedRow, temporaryFolder } from './support.ts';

const rule = { testFraction: 0.5, seed: 0 };

function csv(
  files: Record<string, string | Uint8Array>,
  spec: Partial<TableSpec> = {},
  memoryLimit?: number,
) {
  const full: TableSpec = {
    kind: 'csv',
    train: { path: 'train.csv' },
    test: { path: 'test.csv' },
    labelColumn: 'kind',
    split: rule,
    ...spec,
  };
  return readCsv(full, contextOf(temporaryFolder(files), memoryLimit));
}

function jsonl(train: string, spec: Partial<TableSpec> = {}, test = train) {
  const folder = temporaryFolder({ 'train.jsonl': train, 'test.jsonl': test });
  const [trainFile, testFile] = [{ path: 'train.jsonl' }, { path: 'test.jsonl' }];
  return readJsonl(
    { kind: 'jsonl', train: trainFile, test: testFile, labelColumn: 'kind', split: rule, ...spec },
    contextOf(folder),
  );
}

const train = 'x,kind,y\n1,b,2\n3,a,4.5\n';

test('reads CSV: values in column order, classes in natural order', async () => {
  const data = await csv({ 'train.csv': train, 'test.csv': '\ufeffx,kind,y\r\n-1e3, a ,0\r\n\r\n' });
  expect(data.shape).toEqual([2]);
  expect(data.classes).toEqual(['a', 'b']);
  expect(classNames(data, data.train)).toEqual(['b', 'a']);
  expect(storedRow(data.train, 0)).toEqual([1, 2]);
  expect(storedRow(data.train, 1)).toEqual([3, 4.5]);
  expect(storedRow(data.test, 0)).toEqual([-1000, 0]);
  expect(data.checksums).toHaveLength(2);
});

test('class names that are whole numbers are ordered by value', async () => {
  const rows = '1,10,1\n1,2,1\n1,-1,1\n';
  expect((await csv({ 'train.csv': `x,kind,y\n${rows}`, 'test.csv': `x,kind,y\n${rows}` })).classes).toEqual([
    '-1',
    '2',
    '10',
  ]);
});

test('feature columns, domain column and shape choose what the input is', async () => {
  const text = 'p,q,place,kind,r,s\n1,2,rome,a,3,4\n5,6,oslo,b,7,8\n';
  const data = await csv(
    { 'train.csv': text, 'test.csv': text },
    { featureColumns: ['s', 'p', 'q', 'r'], domainColumn: 'place', shape: [1, 2, 2] },
  );
  expect(data.shape).toEqual([1, 2, 2]);
  expect(data.domains).toEqual(['oslo', 'rome']);
  expect([...(data.train.table.domains ?? [])]).toEqual([1, 0]);
  expect(storedRow(data.train, 0)).toEqual([4, 1, 2, 3]);
});

test('the columns of a test file are found by their names, in whichever order they stand', async () => {
  const data = await csv({ 'train.csv': train, 'test.csv': 'y,x,kind\n20,10,a\n' });
  expect(storedRow(data.train, 0)).toEqual([1, 2]);
  expect(storedRow(data.test, 0)).toEqual([10, 20]);
});

test('values may be parted by something else, of which a header that is a single column reminds', async () => {
  for (const delimiter of [';', '\t', '|']) {
    const parted = (text: string) => text.replaceAll(',', delimiter);
    const files = { 'train.csv': parted(train), 'test.csv': parted('y,x,kind\n20,10,a\n') };
    const data = await csv(files, { delimiter });
    expect(storedRow(data.train, 1)).toEqual([3, 4.5]);
    expect(storedRow(data.test, 0)).toEqual([10, 20]);
    await expect(csv(files)).rejects.toThrow(
      `The line has no ","; if ${JSON.stringify(delimiter)} parts its values, add "delimiter": ${JSON.stringify(delimiter)} to the reader`,
    );
  }
});

test('listed feature columns may stand among others, and elsewhere in the test file', async () => {
  const data = await csv(
    { 'train.csv': train, 'test.csv': 'id,y,kind,x\n7,20,a,10\n' },
    { featureColumns: ['x', 'y'] },
  );
  expect(storedRow(data.test, 0)).toEqual([10, 20]);
});

test('reads compressed CSV, and rows beyond the memory limit from a scratch file', async () => {
  const lines = Array.from({ length: 5000 }, (_, row) => `${row % 7},${row / 4},${row * 2}`);
  const text = `kind,x,y\n${lines.join('\n')}\n`;
  const packed = gzipSync(text, { level: 1 });
  const [one, other] = [{ path: 'train.csv.gz' }, { path: 'test.csv.gz' }];
  const data = await csv({ [one.path]: packed, [other.path]: packed }, { train: one, test: other }, 1000);
  expect(data.train.rows).toHaveLength(5000);
  expect(storedRow(data.train, 4999)).toEqual([1249.75, 9998]);
  expect(storedRow(data.train, 5)).toEqual([1.25, 10]);
  data.train.table.rows.close();
});

test('without a test file a share of each class is held out, always the same rows', async () => {
  const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 3},0`).join('\n');
  const spec: TableSpec = {
    kind: 'csv',
    train: { path: 'train.csv' },
    labelColumn: 'kind',
    split: { testFraction: 0.2, seed: 0 },
  };
  const read = () => readCsv(spec, contextOf(temporaryFolder({ 'train.csv': `x,kind,y\n${rows}\n` })));
  const [data, again] = [await read(), await read()];
  expect(classNames(data, data.test).sort()).toEqual(['0', '0', '1', '1', '2', '2']);
  expect([...data.train.rows, ...data.test.rows].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, i) => i),
  );
  expect(again.test.rows).toEqual(data.test.rows);
});

test('reads numbers however they are written', async () => {
  const data = await csv({ 'train.csv': 'x,kind,y\n+.5,a," 1.e2 "\n', 'test.csv': train.replace('b', 'a') });
  expect(storedRow(data.train, 0)).toEqual([0.5, 100]);
});

test.runIf(existsSync('/proc/self/fd'))(
  'a large file that turns out to be wrong leaves no file open',
  async () => {
    const lines = Array.from({ length: 5000 }, (_, row) => `a,${row},1`);
    const bad = gzipSync(`kind,x,y\n${lines.join('\n')}\na,oops,1\n`);
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let time = 0; time < 8; time++) {
      const file = { path: 'train.csv.gz' };
      const failure = csv({ 'train.csv.gz': bad, 'test.csv': train }, { train: file }, 1000);
      await expect(failure).rejects.toThrow(/line 5002: column "x" is "oops"/);
    }
    await setImmediate();
    expect(open()).toBeLessThan(before + 4);
  },
);

test('a scratch file that cannot be made is told with its folder and the cure', async () => {
  const lines = Array.from({ length: 5000 }, (_, row) => `a,${row},1`).join('\n');
  const files = { 'train.csv': `kind,x,y\n${lines}\n`, 'test.csv': train };
  const folder = temporaryFolder(files);
  vi.stubEnv('TMPDIR', join(folder, 'nowhere'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const spec: TableSpec = { kind: 'csv', train: { path: 'train.csv' }, labelColumn: 'kind', split: rule };
  await expect(readCsv(spec, contextOf(folder, 1000))).rejects.toThrow(
    /^The rows of a large table could not be written to .*nowhere \(ENOENT.* by the environment variable TMPDIR\.$/,
  );
});

const csvFaults: [string, Record<string, string>, Partial<TableSpec>, RegExp][] = [
  [
    'a cell that is no number',
    { 'train.csv': 'x,kind,y\n1,a,2\n1,b,two\n' },
    {},
    /train\.csv, line 3: column "y" is "two"; it must be a number within float32\.$/,
  ],
  [
    'an empty cell',
    { 'train.csv': 'x,kind,y\n,a,2\n' },
    {},
    /line 2: column "x" is empty; it must be a number/,
  ],
  ['blanks in quotation marks', { 'train.csv': 'x,kind,y\n"  ",a,2\n' }, {}, /line 2: column "x" is empty/],
  ['a number to another base', { 'train.csv': 'x,kind,y\n0x10,a,2\n' }, {}, /column "x" is "0x10"/],
  [
    'a name in another encoding',
    { 'train.csv': 'x,kind,y\n1,\uFFFD,2\n' },
    {},
    /line 2: "\uFFFD" is not UTF-8\. Save the file in that encoding/,
  ],
  [
    'one file for training and for testing',
    { 'train.csv': train },
    { test: { path: 'train.csv' } },
    /train\.csv is "train" and "test", so every test example would be trained on/,
  ],
  ['a number beyond float32', { 'train.csv': 'x,kind,y\n1e39,a,2\n' }, {}, /column "x" is "1e39"/],
  ['NaN', { 'train.csv': 'x,kind,y\nNaN,a,2\n' }, {}, /column "x" is "NaN"/],
  ['an empty label', { 'train.csv': 'x,kind,y\n1,,2\n' }, {}, /line 2: the label is empty/],
  [
    'a missing cell',
    { 'train.csv': 'x,kind,y\n1,a\n' },
    {},
    /train\.csv is not readable CSV: .*line 2.* Every line must have the columns/,
  ],
  ['a quote that never ends', { 'train.csv': 'x,kind,y\n1,"a,2\n' }, {}, /train\.csv is not readable CSV/],
  ['no rows', { 'train.csv': 'x,kind,y\n' }, {}, /train\.csv holds no rows/],
  ['an empty file', { 'train.csv': '' }, {}, /train\.csv holds no rows/],
  ['a column twice', { 'train.csv': 'x,kind,x\n1,a,1\n' }, {}, /line 1: the column "x" occurs twice/],
  [
    'a label column that is not there',
    { 'train.csv': train },
    { labelColumn: 'kinds' },
    /there is no column "kinds"\. Did you mean "kind"\? The columns are "x", "kind", "y"/,
  ],
  [
    'a shape that does not fit',
    { 'train.csv': train, 'test.csv': train },
    { shape: [1, 2, 2] },
    /has 2 values a row, but the reader's "shape" \[1,2,2\] needs 4/,
  ],
  [
    'a label that only the test file has',
    { 'train.csv': train, 'test.csv': 'x,kind,y\n1,a,1\n1,c,1\n' },
    {},
    /test\.csv, line 3: the label "c" does not occur in .*train\.csv/,
  ],
  [
    'a test file without a column',
    { 'train.csv': train, 'test.csv': 'x,kind\n1,a\n' },
    {},
    /test\.csv, line 1: the features are not those of .*train\.csv: the file lacks "y"\. Give .* list "featureColumns"\.$/,
  ],
  [
    'a test file with one more column',
    { 'train.csv': train, 'test.csv': 'id,x,kind,y\n1,1,a,1\n' },
    {},
    /test\.csv, line 1: the features are not those of .*train\.csv: the file has "id" besides\. Give/,
  ],
  [
    'a test file with other columns',
    { 'train.csv': train, 'test.csv': 'p,kind,q\n1,a,1\n' },
    {},
    /test\.csv, line 1: .*: the file lacks "x", "y" and has "p", "q" besides\. Give/,
  ],
  [
    'a test file with very many other columns',
    { 'train.csv': train, 'test.csv': 'a,b,c,d,e,f,g,kind,x,y\n1,1,1,1,1,1,1,a,1,1\n' },
    {},
    /: the file has "a", "b", "c", "d", "e" and 2 more besides\. Give/,
  ],
];

for (const [fault, files, spec, message] of csvFaults) {
  test(`refuses CSV with ${fault}`, async () => {
    const error = await csv({ 'test.csv': train, ...files }, spec).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });
}

test('reads JSONL: numbers and nested lists make one row', async () => {
  const data = await jsonl(
    '{"pixels":[[1,2],[3,4]],"kind":"b","weight":5}\n\n{"pixels":[[6,7],[8,9]],"kind":7,"weight":0}\n',
  );
  expect(data.classes).toEqual(['7', 'b']);
  expect(storedRow(data.train, 0)).toEqual([1, 2, 3, 4, 5]);
  expect(storedRow(data.train, 1)).toEqual([6, 7, 8, 9, 0]);
});

test('a byte-order mark before JSONL is passed over', async () => {
  expect((await jsonl('\uFEFF{"x":1,"kind":"a"}')).classes).toEqual(['a']);
});

test('the keys of a JSONL test file are found by their names, in whichever order they stand', async () => {
  const data = await jsonl('{"x":1,"y":[2,3],"kind":"a"}', {}, '{"y":[20,30],"kind":"a","x":10}');
  expect(storedRow(data.train, 0)).toEqual([1, 2, 3]);
  expect(storedRow(data.test, 0)).toEqual([10, 20, 30]);
});

const jsonlTestFaults: [string, string, RegExp][] = [
  [
    'other keys',
    '{"kind":"a","x":1,"z":2}',
    /test\.jsonl, line 1: the features are not those of .*train\.jsonl: the file lacks "y" and has "z" besides\. Give/,
  ],
  [
    'a new key in a later row',
    '{"kind":"a","y":1,"x":2}\n{"kind":"a","x":1,"y":1,"z":2}',
    /test\.jsonl, line 2: the key "z" does not occur in the first row/,
  ],
  [
    'longer lists',
    '{"kind":"a","x":1,"y":[2,3]}',
    /test\.jsonl, line 1: "y" has 2 values, in that of .*train\.jsonl 1/,
  ],
];

for (const [fault, testText, message] of jsonlTestFaults) {
  test(`refuses a JSONL test file with ${fault}`, async () => {
    const error = await jsonl('{"kind":"a","x":1,"y":2}', {}, testText).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });
}

const jsonlFaults: [string, string, RegExp][] = [
  ['a line that is no JSON', '{"kind":"a","x":1}\n{"kind":', /train\.jsonl, line 2: this is not JSON/],
  ['a list', '[1,2]', /line 1: a JSON object must stand here/],
  ['a missing key', '{"kind":"a","x":1}\n{"kind":"a"}', /line 2: there is no key "x"/],
  [
    'a new key',
    '{"kind":"a","x":1}\n{"kind":"a","x":1,"z":2}',
    /line 2: the key "z" does not occur in the first row/,
  ],
  ['a string among numbers', '{"kind":"a","x":[1,"2"]}', /line 1: "x" holds "2"; it must hold numbers/],
  ['null', '{"kind":"a","x":null}', /"x" holds null/],
  ['an infinite number', '{"kind":"a","x":1e999}', /"x" holds Infinity; it must hold numbers within float32/],
  [
    'rows of unequal length',
    '{"kind":"a","x":[1,2]}\n{"kind":"a","x":[1]}',
    /line 2: "x" has 1 values, in the first row 2/,
  ],
  [
    'lists that are nested otherwise',
    '{"kind":"a","x":[[1,2],[3,4]]}\n{"kind":"a","x":[1,2,3,4]}',
    /line 2: "x" has 4 values, in the first row 2 × 2/,
  ],
  [
    'a ragged list',
    '{"kind":"a","x":[[1,2],[3]]}',
    /line 1: "x" holds a list whose entries are of different lengths/,
  ],
  [
    'lists whose lengths change places',
    '{"kind":"a","x":[1,2],"y":3}\n{"kind":"a","x":1,"y":[2,3]}',
    /line 2: "x" has 1 values, in the first row 2/,
  ],
  ['a label that is a list', '{"kind":[1],"x":1}', /"kind" is \[1\]; it must be a string or a number/],
];

for (const [fault, text, message] of jsonlFaults) {
  test(`refuses JSONL with ${fault}`, async () => {
    const error = await jsonl(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });
}
