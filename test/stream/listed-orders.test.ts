import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listedOrder } from '../../harness/stream/listed-orders.ts';
import { scenarioDigest, validateScenario } from '../../harness/stream/load-scenario.ts';
import { sha256Of } from '../../harness/stream/readers/data-file.ts';
import { temporaryFolder } from './support.ts';

/** Reads the order of a seed from a file with the given text. */
function orderIn(text: string, seed: number, classes = 3, sha256 = sha256Of(text)): readonly number[] | null {
  const baseDirectory = temporaryFolder({ 'orders.csv': text });
  const scenario = { name: 'mine', classOrder: { listed: { path: 'orders.csv', sha256 } } };
  const names = Array.from({ length: classes }, (_, index) => `c${index}`);
  return listedOrder(scenario, names, { classOrderSeed: seed, baseDirectory });
}

test('the class with new number k is at position k', () => {
  expect(orderIn('seed,a,b,c\n5,2,0,1\n7,0,1,2\n', 5)).toEqual([1, 2, 0]);
  expect(orderIn('seed,a,b,c\n5,2,0,1\n7,0,1,2\n', 7)).toEqual([0, 1, 2]);
});

test('the order undoes the new numbers, whatever they are', () => {
  const orders = fc.integer({ min: 1, max: 12 }).chain((count) => {
    const natural = [...Array(count).keys()];
    return fc.shuffledSubarray(natural, { minLength: count });
  });
  fc.assert(
    fc.property(orders, (newNumbers) => {
      const order = orderIn(`seed\n3,${newNumbers.join(',')}\n`, 3, newNumbers.length) ?? [];
      expect(newNumbers.map((position) => order[position])).toEqual([...newNumbers.keys()]);
    }),
    { numRuns: 25 },
  );
});

test('other scenarios have none', () => {
  const wanted = { classOrderSeed: 1 };
  expect(listedOrder({ name: 'mine', classOrder: 'seeded' }, ['a'], wanted)).toBeNull();
  expect(listedOrder({ name: 'mine', classOrder: 'natural' }, ['a'], wanted)).toBeNull();
});

test.each([
  ['a number that stands twice', 'seed,a,b,c\n1,0,1,1\n'],
  ['a number that is too large', 'seed,a,b,c\n1,0,1,3\n'],
  ['a number that is no whole number', 'seed,a,b,c\n1,0,1,2.5\n'],
  ['a class too few', 'seed,a,b\n1,0,1\n'],
  ['a class too many', 'seed,a,b,c,d\n1,0,1,2,3\n'],
])('%s is refused', (_, text) => {
  expect(() => orderIn(text, 1)).toThrow(
    /each of 0 to 2 must stand there once, one for each of the 3 classes/,
  );
});

test('a seed without a line, another file and no file are refused', () => {
  const text = 'seed,a,b,c\n1,0,1,2\n4,2,1,0\n';
  expect(() => orderIn(text, 2)).toThrow(/lists no class order for seed 2\. Its seeds are 1, 4; choose/);
  expect(() => orderIn(text, 1, 3, '0'.repeat(64))).toThrow(
    /are not those of the scenario\.\n {2}its SHA-256: /,
  );
  const listed = { path: join('nowhere', 'orders.csv'), sha256: '0'.repeat(64) };
  expect(() => listedOrder({ name: 'mine', classOrder: { listed } }, ['a'], { classOrderSeed: 1 })).toThrow(
    /cannot be read .* Correct \$\.classOrder\.listed\.path\./,
  );
});

test('a seed that is listed twice is refused, whichever seed is wanted', () => {
  const text = 'seed,a,b,c\n1,0,1,2\n\n4,2,1,0\n1,1,0,2\n';
  for (const seed of [1, 4])
    expect(() => orderIn(text, seed)).toThrow(
      /^Scenario "mine": .*orders\.csv lists two class orders for seed 1, in lines 2 and 5\. Keep one of them/,
    );
});

const listed = (digit: string) => ({ listed: { path: 'orders.csv', sha256: digit.repeat(64) } });
const base = {
  name: 'mine',
  version: 1,
  kind: 'class-incremental',
  dataset: 'mnist',
  tasks: { by: 'classes', classesPerTask: 2 },
  classOrder: listed('0'),
  labels: 'class',
  candidates: { train: 'all', test: 'all' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp', hidden: [4] },
  training: { epochs: 1, batchSize: 4 },
};

test('the checksum is part of what the scenario prescribes', () => {
  const digest = (digit: string) =>
    scenarioDigest(validateScenario({ ...base, classOrder: listed(digit) }, 'mine'));
  expect(digest('0')).toBe(digest('0'));
  expect(digest('0')).not.toBe(digest('1'));
});

test('orders of classes are refused where tasks are not cut from the classes', () => {
  const other = { kind: 'domain-incremental', tasks: { by: 'permutations', count: 2 } };
  expect(() => validateScenario({ ...base, ...other }, 'mine')).toThrow(
    '$.classOrder lists orders of classes, but tasks are made by "permutations"; take "natural" or "seeded"',
  );
});

test.each([
  ['another word', 'random', '$.classOrder is "random"; it must be one of "natural", "seeded"'],
  ['an empty object', {}, '$.classOrder lacks "listed"'],
  ['no checksum', { listed: { path: 'a.csv' } }, '$.classOrder.listed lacks "sha256"'],
])('%s is refused with its path', (_, classOrder, message) => {
  expect(() => validateScenario({ ...base, classOrder }, 'mine')).toThrow(message);
});
