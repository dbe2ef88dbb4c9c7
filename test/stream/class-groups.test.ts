import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { splitClassGroups } from '../../harness/stream/class-groups.ts';
import { validateDatasetDefinition } from '../../harness/stream/dataset-definition.ts';
import type { Examples } from '../../harness/stream/examples.ts';
import { loadScenario, validateScenario } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { SplitInput } from '../../harness/stream/task-plan.ts';
import { idxBytes, temporaryFolder } from './support.ts';

const scenario = await loadScenario('split-mnist-class');
const groups = [
  { name: 'greek', classes: [0, 1, 2] },
  { name: 'thai', classes: [3, 4] },
  { name: 'han', classes: [5, 6, 7, 8] },
];

function inputOf(changes: Partial<SplitInput['scenario']> = {}, classOrderSeed = 1): SplitInput {
  const classes = Array.from({ length: 9 }, (_, index) => `c${index}`);
  const input = { classes, domains: [], groups, shape: [1, 2, 2], classOrderSeed };
  return { ...input, scenario: { ...scenario, ...changes } };
}

function membersOf(outputOf: Int32Array): number[][] {
  return [...outputOf].flatMap((output, member) => (output < 0 ? [] : [[member, output]]));
}

test('a task is a group, and outputs are numbered in the order in which classes come', () => {
  const plan = splitClassGroups(inputOf({ classOrder: 'natural' }), {});
  expect(plan.tasks.map((task) => task.name)).toEqual(['greek', 'thai', 'han']);
  expect(plan).toMatchObject({ outputs: 9, order: [0, 1, 2] });
  expect(plan.tasks.map((task) => membersOf(task.filter.outputOf).map(([member]) => member))).toEqual(
    groups.map((group) => group.classes),
  );
});

test('the seed orders the groups; the classes of each stay in theirs', () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const plan = splitClassGroups(inputOf({}, seed), {});
    orders.add(plan.order.join());
    expect(plan.tasks.map((task) => task.name)).toEqual(plan.order.map((index) => groups[index]?.name));
    const outputs = plan.tasks.flatMap((task) => membersOf(task.filter.outputOf).map(([, output]) => output));
    expect(outputs).toEqual([...Array(9).keys()]);
  }
  expect(orders.size).toBe(6);
});

test('a group that is not there, or has fewer classes than it is to be cut into, is refused', () => {
  expect(() => splitClassGroups(inputOf(), { groups: ['han', 'grek'] })).toThrow(
    '$.tasks.groups[1] is "grek"; it must be a group of the dataset: greek, thai, han. Did you mean "greek"?',
  );
  expect(() => splitClassGroups(inputOf(), { tasksPerGroup: 3 })).toThrow(
    '$.tasks.tasksPerGroup is 3, but group "thai" has 2 classes; it must be at most that.',
  );
});

test('groups are cut into parts as even as can be; those that are listed are taken alone, in their order', () => {
  const rule = { groups: ['han', 'greek'], tasksPerGroup: 2 };
  const plan = splitClassGroups(inputOf({ classOrder: 'natural' }), rule);
  expect(plan.tasks.map((task) => task.name)).toEqual([
    'han 1 of 2',
    'han 2 of 2',
    'greek 1 of 2',
    'greek 2 of 2',
  ]);
  expect(plan).toMatchObject({ outputs: 7, order: [2, 0] });
  expect(plan.tasks.map((task) => membersOf(task.filter.outputOf))).toEqual([
    [
      [5, 0],
      [6, 1],
    ],
    [
      [7, 2],
      [8, 3],
    ],
    [
      [0, 4],
      [1, 5],
    ],
    [[2, 6]],
  ]);
});

test('shared outputs are as many as the largest task has classes', () => {
  const plan = splitClassGroups(inputOf({ classOrder: 'natural', labels: 'within-task' }), {});
  expect(plan.outputs).toBe(4);
  expect(membersOf(plan.tasks[1]?.filter.outputOf ?? new Int32Array())).toEqual([
    [3, 0],
    [4, 1],
  ]);
});

/** Files of a dataset whose image i has i + `first` as its only pixel value, and label i mod `classes`. */
function filesOf(name: string, counts: Record<string, number>, classes: number, wide = false) {
  const files: Record<string, Uint8Array> = {};
  let first = 0;
  for (const [part, count] of Object.entries(counts)) {
    const numbers = Array.from({ length: count }, (_, index) => index);
    const size = wide ? [count, 2, 1] : [count, 1, 1];
    const offset = first;
    files[`${name}-${part}-images`] = gzipSync(
      idxBytes(
        size,
        numbers.flatMap((number) => (wide ? [offset + number, 0] : [offset + number])),
      ),
    );
    files[`${name}-${part}-labels`] = shortLabels(numbers.map((number) => number % classes));
    files[`${name}-${part}-domains`] = idxBytes(
      [count],
      numbers.map((number) => (number < count / 2 ? 0 : 1)),
    );
    first += count;
  }
  return files;
}

/** Labels as 16-bit integers, which datasets of many classes need. */
function shortLabels(labels: readonly number[]): Buffer {
  const bytes = idxBytes(
    [labels.length],
    labels.flatMap((label) => [label >> 8, label & 255]),
  );
  bytes.writeUInt8(11, 2);
  return bytes;
}

function part(name: string, domains = false) {
  const files = { images: { path: `${name}-images` }, labels: { path: `${name}-labels` } };
  return domains ? { ...files, domains: { path: `${name}-domains` } } : files;
}

const letters = {
  name: 'letters',
  groups: [
    { name: 'vowels', classes: 2 },
    { name: 'others', classes: ['c', 'b'] },
  ],
  reader: {
    kind: 'idx',
    train: part('letters-train', true),
    validation: part('letters-validation', true),
    test: part('letters-test', true),
    classes: ['a', 'e', 'b', 'c'],
    domains: ['serif', 'sans'],
  },
};

const digits = {
  name: 'digits',
  reader: { kind: 'idx', train: part('digits-train'), test: part('digits-test'), classes: ['0', '1', '2'] },
};

const both = {
  name: 'both',
  reader: { kind: 'union', parts: [{ dataset: letters }, { dataset: digits, limit: { train: 4, test: 1 } }] },
};

const base = {
  name: 'toy',
  version: 1,
  kind: 'class-incremental',
  tasks: { by: 'class-groups' },
  classOrder: 'natural',
  labels: 'class',
  candidates: { train: 'current', test: 'seen' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp' },
  training: { epochs: 1, batchSize: 4 },
};

const files = {
  ...filesOf('letters', { train: 40, validation: 8, test: 12 }, 4),
  ...filesOf('digits', { train: 30, test: 9 }, 3),
};

function open(dataset: object, changes: object = {}, other: Record<string, Uint8Array> = {}) {
  const json = { ...base, dataset, ...changes };
  const baseDirectory = temporaryFolder({ ...files, ...other });
  return openStream(validateScenario(json, 'toy'), {
    classOrderSeed: 1,
    dataDirectory: 'none',
    baseDirectory,
  });
}

function pixels(examples: Examples): number[] {
  const into = new Uint8Array(examples.count);
  examples.readStored(
    Array.from({ length: examples.count }, (_, row) => row),
    into,
  );
  return [...into];
}

test("a dataset's own validation set is the stream's, and nothing is cut from the training set", async () => {
  const stream = await open(letters);
  expect(stream.tasks.map((task) => task.name)).toEqual(['vowels', 'others']);
  expect(stream.tasks.map((task) => pixels(task.validation))).toEqual([
    [40, 41, 44, 45],
    [42, 43, 46, 47],
  ]);
  expect(stream.tasks.map((task) => task.train.count)).toEqual([20, 20]);
  // "c" is the first class of its group, so it has the lower output.
  expect([...(stream.tasks[1]?.test.labels ?? [])]).toEqual([3, 2, 3, 2, 3, 2]);
});

test('IDX files may name domains', async () => {
  const changes = {
    kind: 'domain-incremental',
    tasks: { by: 'domains' },
    candidates: { train: 'all', test: 'all' },
  };
  const stream = await open(letters, changes);
  expect(stream.tasks.map((task) => task.name)).toEqual(['serif', 'sans']);
  expect(stream.tasks.map((task) => pixels(task.test))).toEqual([
    [48, 49, 50, 51, 52, 53],
    [54, 55, 56, 57, 58, 59],
  ]);
  const turned = await open(letters, { ...changes, tasks: { by: 'domains', domains: ['sans', 'serif'] } });
  expect(turned.tasks.map((task) => task.name)).toEqual(['sans', 'serif']);
  expect(turned.order).toEqual([1, 0]);
});

test('a union numbers classes and groups on, and limits the examples of a class', async () => {
  const stream = await open(both, { validation: { fraction: 0.2 } });
  expect(stream.tasks.map((task) => task.name)).toEqual(['vowels', 'others', 'digits']);
  expect(stream.outputs).toBe(7);
  const last = stream.tasks[2];
  expect([last?.train.count, last?.validation.count, last?.test.count]).toEqual([12, 6, 3]);
  expect(last?.outputs).toEqual([4, 5, 6]);
  for (const set of [last?.train, last?.validation, last?.test]) {
    if (!set) throw new Error('there is no third task');
    expect([...set.labels]).toEqual(pixels(set).map((pixel) => 4 + ((pixel >= 30 ? pixel - 30 : pixel) % 3)));
  }
  expect(stream.tasks.slice(0, 2).map((task) => task.validation.count)).toEqual([4, 4]);
  expect(stream.dataset.sha256).not.toBe((await open(letters)).dataset.sha256);
});

test('a limit takes the same examples for every class order, and reads may jump between the parts', async () => {
  const [one, other] = [await open(both), await open(both, { classOrder: 'seeded' })];
  const digitsOf = (stream: typeof one) => {
    const task = stream.tasks.find(({ name }) => name === 'digits');
    return task && pixels(task.train);
  };
  expect(digitsOf(one)).toEqual(digitsOf(other));
});

test('a union of inputs of different shapes is refused', async () => {
  const wide = filesOf('digits', { train: 30, test: 9 }, 3, true);
  await expect(open(both, {}, wide)).rejects.toThrow(
    /those of "letters" are 1 × 1 × 1 \(uint8 values\) and those of "digits" 1 × 2 × 1 \(uint8 values\)/,
  );
});

function refusal(json: object): string[] {
  try {
    validateScenario({ ...base, ...json }, 'toy');
  } catch (error) {
    return String(error).split('\n').slice(1);
  }
  return [];
}

test('what does not fit together is said', () => {
  expect(refusal({ dataset: letters, validation: { fraction: 0.2 } })).toEqual([
    '  $.validation.fraction has no effect: dataset "letters" brings a validation set of its own; leave it out',
  ]);
  expect(refusal({ dataset: both, validation: { fraction: 0.1 } })).toEqual([]);
  expect(refusal({ dataset: both, tasks: { by: 'class-groups', groups: ['vowel'] } })).toEqual([
    '  $.tasks.groups[0] is "vowel"; it must be a group of dataset "both": vowels, others, digits. Did you mean "vowels"?',
  ]);
  expect(refusal({ dataset: both, tasks: { by: 'class-groups', tasksPerGroup: 3 } })).toEqual([
    '  $.tasks.tasksPerGroup is 3, but group "vowels" has 2 classes; it must be at most that',
  ]);
  const parts = [{ dataset: 'minst' }, { dataset: letters }];
  expect(refusal({ dataset: { name: 'x', reader: { kind: 'union', parts } } })[0]).toMatch(
    /\$\.dataset\.reader\.parts\[0\]\.dataset is "minst"; it must be one of .*"mnist".*\. Did you mean "mnist"\?/,
  );
});

function definitionErrors(changes: object): string {
  try {
    validateDatasetDefinition({ ...letters, ...changes }, 'letters');
  } catch (error) {
    return String(error);
  }
  return '';
}

test('groups that do not fit the classes are refused', () => {
  const withGroups = (...list: object[]) => definitionErrors({ groups: list });
  expect(withGroups({ name: 'x', classes: 5 })).toMatch(
    /\$\.groups\[0\]\.classes is 5, but only 4 of the dataset's 4 classes are left/,
  );
  expect(withGroups({ name: 'x', classes: 3 })).toMatch(
    /\$\.groups leave out 1 of the dataset's 4 classes, the first being "c"; every class belongs to one group/,
  );
  expect(withGroups({ name: 'x', classes: ['a', 'z'] })).toMatch(
    /\$\.groups\[0\]\.classes names "z"; it must be one of the dataset's 4 classes/,
  );
  expect(withGroups({ name: 'x', classes: 2 }, { name: 'x', classes: ['e'] })).toMatch(
    /\$\.groups\[1\]\.name is "x" again[\s\S]*holds the class "e", which is in "x" too/,
  );
});

test('domain files and domain names need each other', () => {
  const { domains: _names, ...nameless } = letters.reader;
  expect(definitionErrors({ reader: nameless })).toMatch(/\$\.reader lacks "domains", the names for/);
  expect(definitionErrors({ reader: { ...letters.reader, test: part('letters-test') } })).toMatch(
    /\$\.reader\.test lacks "domains", the file/,
  );
});
