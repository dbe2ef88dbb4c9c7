import { expect, test } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { validateDatasetDefinition } from '../../harness/stream/dataset-definition.ts';
import { openDataset } from '../../harness/stream/open-dataset.ts';
import { temporaryFolder } from './support.ts';

const letters = {
  name: 'letters',
  reader: { kind: 'csv', train: { path: 'letters.csv' }, labelColumn: 'kind', split: { testFraction: 0.5 } },
};

/** Two rows of each class: one for training, one for testing. */
const files = { 'letters.csv': 'x,kind\n1,a\n2,a\n3,b\n4,b\n5,c\n6,c\n7,d\n8,d\n' };

function open(json: object, content: Readonly<Record<string, string>> = files) {
  return openDataset(validateDatasetDefinition(json, 'toy'), {
    dataDirectory: 'none',
    baseDirectory: temporaryFolder(content),
    memoryLimit: 1e6,
    validationFraction: 0,
  });
}

const union = {
  name: 'both',
  reader: { kind: 'union', parts: [{ dataset: letters }, { dataset: letters }] },
};

test('groups of classes that are known once the data are read', async () => {
  const groups = [
    { name: 'first', classes: ['c', 'a'] },
    { name: 'second', classes: ['b', 'd'] },
  ];
  expect((await open({ ...letters, groups })).groups).toEqual([
    { name: 'first', classes: [2, 0] },
    { name: 'second', classes: [1, 3] },
  ]);
});

const groupFaults: [string, object, object[], RegExp][] = [
  [
    'a class that there is not',
    letters,
    [{ name: 'x', classes: ['a', 'z'] }],
    /^Dataset "letters" is not a valid dataset definition:\n {2}\$\.groups\[0\]\.classes names "z"; it must be one of the dataset's 4 classes/,
  ],
  [
    'a class in two groups',
    letters,
    [
      { name: 'x', classes: 3 },
      { name: 'y', classes: ['d', 'b'] },
    ],
    /\$\.groups\[1\]\.classes holds the class "b", which is in "x" too; a class belongs to one group/,
  ],
  [
    'a class in none of them',
    letters,
    [
      { name: 'x', classes: ['c'] },
      { name: 'y', classes: ['a'] },
    ],
    /\$\.groups leave out 2 of the dataset's 4 classes, the first being "b"; every class belongs to one group/,
  ],
  [
    'a name twice',
    letters,
    [
      { name: 'x', classes: 2 },
      { name: 'x', classes: 2 },
    ],
    /\$\.groups\[1\]\.name is "x" again; names must differ/,
  ],
  [
    'more classes than a union has',
    union,
    [{ name: 'x', classes: 9 }],
    /^Dataset "both" .*\n {2}\$\.groups\[0\]\.classes is 9, but only 8 of the dataset's 8 classes are left/,
  ],
];

for (const [fault, dataset, groups, message] of groupFaults) {
  test(`refuses groups with ${fault}`, async () => {
    const error = await open({ ...dataset, groups }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  });
}

test('a limit is for each class also where the examples have domains', async () => {
  const rows = ['u', 'v'].flatMap((place) => [1, 2, 3, 4].map((x) => `${x},${place},a`));
  const placed = {
    ...letters,
    reader: { ...letters.reader, train: { path: 'placed.csv' }, domainColumn: 'place' },
  };
  const joined = {
    name: 'joined',
    reader: { kind: 'union', parts: [{ dataset: placed, limit: { train: 3 } }, { dataset: placed }] },
  };
  const { sets } = await open(joined, { 'placed.csv': `x,place,kind\n${rows.join('\n')}\n` });
  expect([sets.train.rows.length, sets.test.rows.length]).toEqual([3 + 4, 4 + 4]);
});

test('a limit takes examples of each class of a nested union, also where two classes have one name', async () => {
  const limited = { dataset: union, limit: { train: 1, test: 1 } };
  const { classes, sets } = await open({
    name: 'nested',
    reader: { kind: 'union', parts: [limited, { dataset: letters }] },
  });
  expect(classes.join('')).toBe('abcdabcdabcd');
  for (const { table, rows } of [sets.train, sets.test]) {
    expect([...rows].map((row) => table.labels[row])).toEqual([...classes.keys()]);
  }
});
