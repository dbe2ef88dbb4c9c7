import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError, UserError } from '../../harness/errors.ts';
import { validateDatasetDefinition } from '../../harness/stream/dataset-definition.ts';
import { datasetNames } from '../../harness/stream/dataset-folders.ts';
import {
  listDatasets,
  listScenarios,
  loadDatasetDefinition,
  loadScenario,
  scenarioNames,
  validateScenario,
} from '../../harness/stream/load-scenario.ts';
import { temporaryFolder } from './support.ts';

const base = {
  name: 'mine',
  version: 1,
  kind: 'class-incremental',
  dataset: 'mnist',
  tasks: { by: 'classes', classesPerTask: 2 },
  classOrder: 'natural',
  labels: 'class',
  candidates: { train: 'all', test: 'all' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp' },
  training: { epochs: 1, batchSize: 32 },
};

const csvReader = { kind: 'csv', train: { path: 'a.csv' }, labelColumn: 'kind' };
const csvDataset = { name: 'mine', reader: csvReader };
const placedDataset = { name: 'mine', reader: { ...csvReader, domainColumn: 'place' } };

const domainIncremental = { kind: 'domain-incremental', labels: 'within-task' };
const permuted = { ...domainIncremental, tasks: { by: 'permutations', count: 3 } };

function problemsOf(json: unknown): string[] {
  try {
    validateScenario(json, 'mine.json');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const [first, ...lines] = (error as UserError).message.split('\n');
    expect(first).toBe('mine.json is not a valid scenario:');
    return lines.map((line) => line.trim());
  }
  return [];
}

test('all defaults are filled in', () => {
  expect(
    validateScenario({ $schema: '../harness/stream/scenario.schema.json', ...base }, 'mine.json'),
  ).toEqual({
    ...base,
    title: 'mine',
    description: '',
    validation: { fraction: 0.1 },
    normalise: null,
    training: {
      epochs: 1,
      batchSize: 32,
      incompleteBatch: 'drop',
      optimiser: 'adam',
      learningRate: 0.001,
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
      warmup: 0,
      optimiserState: 'keep',
    },
  });
  expect(validateScenario({ ...base, ...permuted, dataset: csvDataset }, 'mine.json')).toMatchObject({
    tasks: { by: 'permutations', count: 3, firstIsIdentity: false },
    dataset: {
      title: 'mine',
      licence: 'not stated',
      source: 'not stated',
      revision: 'not stated',
      reader: { split: { testFraction: 0.2, seed: 0 } },
    },
  });
});

const { training: _training, ...withoutTraining } = base;

const wrong: [string, unknown, string[]][] = [
  ['no object', [], ['$ is []; it must be an object']],
  ['a missing property', withoutTraining, ['$ lacks "training"; it must be an object']],
  [
    'a misspelt property',
    { ...base, clasOrder: 'natural' },
    [
      '$ has an unknown property "clasOrder". Did you mean "classOrder"? Known are "name", "version", "title", "description", "kind", "dataset", "tasks", "classOrder", "labels", "candidates", "taskIdentity", "validation", "padding", "normalise", "backbone", "training"',
    ],
  ],
  [
    'values of the wrong type and range, all listed',
    { ...base, version: 0, training: { epochs: 1.5, batchSize: '32', learningRate: 0 } },
    [
      '$.version is 0; it must be a whole number of at least 1',
      '$.training.epochs is 1.5; it must be a whole number of at least 1',
      '$.training.batchSize is "32"; it must be a whole number of at least 1',
      '$.training.learningRate is 0; it must be a number of more than 0',
    ],
  ],
  [
    'a misspelt choice',
    { ...base, kind: 'class-incremntal' },
    [
      '$.kind is "class-incremntal"; it must be one of "class-incremental", "task-incremental", "domain-incremental". Did you mean "class-incremental"?',
    ],
  ],
  [
    'a bad name',
    { ...base, name: 'My Own' },
    ['$.name is "My Own"; it must be a string of lower-case letters, digits and single hyphens'],
  ],
  [
    'an unknown split',
    { ...base, tasks: { by: 'clases' } },
    [
      '$.tasks.by is "clases"; it must be one of "classes", "permutations", "rotations", "drawn-rotations", "domains", "class-groups". Did you mean "classes"?',
    ],
  ],
  [
    'a split without its kind',
    { ...base, tasks: { count: 3 } },
    [
      '$.tasks lacks "by"; it must be one of "classes", "permutations", "rotations", "drawn-rotations", "domains", "class-groups"',
    ],
  ],
  [
    'a split without its size',
    { ...base, tasks: { by: 'classes' } },
    ['$.tasks lacks "classesPerTask"; it must be a whole number of at least 1'],
  ],
  [
    'the same angle twice',
    { ...base, ...domainIncremental, tasks: { by: 'rotations', degrees: [0, 9, 0] } },
    ['$.tasks.degrees has the same entry twice, at 0 and 2; entries must differ'],
  ],
  [
    'an unknown dataset',
    { ...base, dataset: 'mnits' },
    [
      '$.dataset is "mnits"; it must be one of "fashion-mnist", "glyphs", "glyphs-latin", "glyphs-latin-symmetries", "mnist", or a definition in place. Did you mean "mnist"?',
    ],
  ],
  [
    'a dataset of no kind',
    { ...base, dataset: 7 },
    ['$.dataset is 7; it must be a string that is not empty or an object'],
  ],
  [
    'an unknown reader',
    { ...base, dataset: { name: 'mine', reader: { kind: 'xml' } } },
    [
      '$.dataset.reader.kind is "xml"; it must be one of "idx", "union", "symmetries", "image-folder", "csv", "jsonl"',
    ],
  ],
  [
    'faults in a reader',
    {
      ...base,
      dataset: {
        name: 'mine',
        reader: { kind: 'image-folder', train: 'a', channels: 2, size: { height: 0 } },
      },
    },
    [
      '$.dataset.reader.size lacks "width"; it must be a whole number of at least 1 and at most 4096',
      '$.dataset.reader.size.height is 0; it must be a whole number of at least 1 and at most 4096',
      '$.dataset.reader.channels is 2; it must be one of 1, 3',
    ],
  ],
  [
    'a broken checksum',
    { ...base, dataset: { name: 'mine', reader: { ...csvReader, train: { path: 'a.csv', sha256: 'ABC' } } } },
    ['$.dataset.reader.train.sha256 is "ABC"; it must be a string of 64 lower-case hexadecimal digits'],
  ],
  [
    'a split rule beside a test file',
    {
      ...base,
      dataset: {
        name: 'mine',
        reader: { ...csvReader, test: { path: 'b.csv' }, split: { testFraction: 0.1 } },
      },
    },
    ['$.dataset.reader.split has no effect beside "test"; leave one of the two out'],
  ],
  [
    'a delimiter of JSONL',
    { ...base, dataset: { name: 'mine', reader: { ...csvReader, kind: 'jsonl', delimiter: ';' } } },
    ['$.dataset.reader.delimiter is of CSV alone; leave it out'],
  ],
  [
    'the label among the features',
    { ...base, dataset: { name: 'mine', reader: { ...csvReader, featureColumns: ['x', 'kind'] } } },
    ['$.dataset.reader.featureColumns contains the label column "kind"; the input must not hold the answer'],
  ],
  [
    'classes that do not divide',
    { ...base, tasks: { by: 'classes', classesPerTask: 3 } },
    [
      '$.tasks.classesPerTask is 3, which does not divide the dataset\'s 10 classes; it must be one of 1, 2, 5, 10. Tasks of unequal size are cut by "class-groups", which the dataset names',
    ],
  ],
  [
    'no budget',
    { ...base, training: { batchSize: 1 } },
    ['$.training lacks a budget; it must have "epochs" or "updates", a whole number of at least 1'],
  ],
  [
    'two budgets',
    { ...base, training: { epochs: 1, updates: 5, batchSize: 1 } },
    ['$.training has both "epochs" (1) and "updates" (5); leave one out'],
  ],
  [
    'a warm-up that never ends',
    { ...base, training: { updates: 5, warmup: 5, batchSize: 1 } },
    ['$.training.warmup is 5; it must be less than "updates" (5)'],
  ],
  [
    'momentum without effect',
    { ...base, training: { epochs: 1, batchSize: 1, momentum: 0.9 } },
    ['$.training.momentum is 0.9, but "adam" has no momentum setting; take "sgd" or leave it out'],
  ],
  [
    "Adam's decays without effect",
    { ...base, training: { epochs: 1, batchSize: 1, optimiser: 'sgd', beta1: 0.5 } },
    ['$.training.beta1 is 0.5, but "sgd" has no such setting; take "adam" or "adamw", or leave it out'],
  ],
  [
    'places in a task for classes of domains',
    { ...base, ...domainIncremental, tasks: { by: 'domains' }, dataset: placedDataset },
    [
      '$.labels is "within-task", but classes of domains keep the outputs that they have in the dataset; take "class"',
    ],
  ],
  [
    'other labels than a domain-incremental split by classes needs',
    { ...base, kind: 'domain-incremental', labels: 'class-of-task' },
    [
      '$.labels is "class-of-task"; a domain-incremental scenario that is split by classes needs "within-task"',
    ],
  ],
  [
    'class-incremental with shared labels',
    { ...base, labels: 'within-task' },
    ['$.labels is "within-task"; a class-incremental scenario needs "class"'],
  ],
  [
    'class-incremental by permutations',
    { ...base, tasks: { by: 'permutations', count: 2 } },
    [
      '$.tasks.by is "permutations"; a class-incremental scenario is split by "classes" or "class-groups", or has "labels": "class-of-task"',
    ],
  ],
  [
    'the task told at test',
    { ...base, taskIdentity: { train: true, test: true } },
    [
      '$.taskIdentity.test is true in a class-incremental scenario; it must be false (a scenario that tells the task at test is "task-incremental")',
    ],
  ],
  [
    'task-incremental without the task',
    { ...base, kind: 'task-incremental' },
    ['$.taskIdentity.test is false; a task-incremental scenario tells the task at test'],
  ],
  [
    'domain-incremental with an output a class',
    { ...base, kind: 'domain-incremental' },
    ['$.labels is "class"; a domain-incremental scenario that is split by classes needs "within-task"'],
  ],
  [
    'candidates that tell the task',
    { ...base, candidates: { train: 'all', test: 'current' } },
    [
      '$.candidates.test is "current", which tells the task, but $.taskIdentity.test is false; take "all" or "seen"',
    ],
  ],
  [
    'domains where there are none',
    { ...base, kind: 'domain-incremental', tasks: { by: 'domains' } },
    [
      '$.tasks.by is "domains", but dataset "mnist" has none; its reader needs "domains": true for an image folder, "domains" for IDX files, or a "domainColumn" for a table',
    ],
  ],
  [
    'rotated vectors',
    { ...base, ...domainIncremental, tasks: { by: 'rotations', degrees: [0] }, dataset: csvDataset },
    [
      '$.tasks.by is "rotations", but dataset "mine" holds no images; its reader needs a "shape" [channels, height, width]',
    ],
  ],
  [
    'a mean without its deviation',
    { ...base, normalise: { mean: [0, 0], deviation: [1] } },
    ['$.normalise has 2 mean and 1 deviation entries; both need one for each channel, or one'],
  ],
];

for (const [fault, json, expected] of wrong) {
  test(`refuses a scenario with ${fault}`, () => {
    expect(problemsOf(json)).toEqual(expected);
  });
}

test('an unknown scenario suggests the nearest name and lists all', async () => {
  const error = await loadScenario('split-mnist-clas').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).message).toBe(
    `There is no scenario "split-mnist-clas". Did you mean "split-mnist-class"? Known are: ${scenarioNames().join(', ')}; ` +
      'or give the path of a .json file.',
  );
});

test('a file that is missing or no JSON is named', async () => {
  const folder = temporaryFolder({ 'broken.json': '{"name": }' });
  await expect(loadScenario(join(folder, 'none.json'))).rejects.toThrow(/none\.json cannot be read \(ENOENT/);
  await expect(loadScenario(join(folder, 'broken.json'))).rejects.toThrow(/broken\.json is not JSON: /);
});

test('a scenario is loaded by its path', async () => {
  const path = join(temporaryFolder(), 'mine.json');
  writeFileSync(path, JSON.stringify(base));
  expect(await loadScenario(path)).toMatchObject({ name: 'mine' });
});

test('shipped scenarios and datasets are valid and named as their files', () => {
  expect(listScenarios().map((scenario) => scenario.name)).toEqual(scenarioNames());
  expect(listDatasets().map((dataset) => dataset.name)).toEqual(datasetNames());
  expect(scenarioNames()).toEqual(
    expect.arrayContaining([
      'split-mnist-class',
      'split-mnist-task',
      'split-mnist-domain',
      'permuted-mnist',
      'rotated-mnist',
    ]),
  );
});

test('an unknown dataset suggests the nearest name', () => {
  expect(() => loadDatasetDefinition('fashion-mnits')).toThrow(
    'There is no dataset "fashion-mnits". Did you mean "fashion-mnist"? Known are: fashion-mnist, glyphs, glyphs-latin, glyphs-latin-symmetries, mnist.',
  );
});

test('a faulty dataset definition is refused with its path', () => {
  expect(() => validateDatasetDefinition({ name: 'mine' }, 'dataset.json')).toThrow(
    'dataset.json is not a valid dataset definition:\n  $ lacks "reader"; it must be an object',
  );
});
