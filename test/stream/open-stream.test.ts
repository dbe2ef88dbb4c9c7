import { expect, test } from 'vitest';
import { decode, type Examples } from '../../harness/stream/examples.ts';
import { validateScenario } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { Task, TaskStream } from '../../harness/stream/stream.ts';
import { idxBytes, temporaryFolder } from './support.ts';

const base = {
  name: 'toy-split',
  version: 1,
  kind: 'class-incremental',
  tasks: { by: 'classes', classesPerTask: 2 },
  classOrder: 'seeded',
  labels: 'class',
  candidates: { train: 'all', test: 'all' },
  taskIdentity: { train: true, test: false },
  backbone: { name: 'mlp' },
  training: { epochs: 1, batchSize: 4 },
};

const reader = {
  kind: 'idx',
  train: { images: { path: 'train-images' }, labels: { path: 'train-labels' } },
  test: { images: { path: 'test-images' }, labels: { path: 'test-labels' } },
  classes: ['a', 'b', 'c', 'd'],
};

/** 80 training and 20 test images of 2 × 2 pixels; each image's first pixel is its number, its label number mod 4. */
function toyFolder(): string {
  const images = (count: number, first: number) =>
    idxBytes(
      [count, 2, 2],
      Array.from({ length: count * 4 }, (_, index) => first + Math.floor(index / 4) + (index % 4) * 40),
    );
  const labels = (count: number) =>
    idxBytes(
      [count],
      Array.from({ length: count }, (_, index) => index % 4),
    );
  return temporaryFolder({
    'train-images': images(80, 0),
    'train-labels': labels(80),
    'test-images': images(20, 100),
    'test-labels': labels(20),
  });
}

function open(changes: object = {}, classOrderSeed = 1, memoryLimit?: number): Promise<TaskStream> {
  const scenario = validateScenario({ ...base, dataset: { name: 'toy', reader }, ...changes }, 'toy');
  const limit = memoryLimit === undefined ? {} : { memoryLimit };
  return openStream(scenario, {
    classOrderSeed,
    dataDirectory: 'none',
    baseDirectory: toyFolder(),
    ...limit,
  });
}

function stored(examples: Examples): number[][] {
  const size = examples.shape.reduce((product, length) => product * length, 1);
  const into = new Uint8Array(examples.count * size);
  examples.readStored(
    Array.from({ length: examples.count }, (_, row) => row),
    into,
  );
  return Array.from({ length: examples.count }, (_, row) => [...into.subarray(row * size, (row + 1) * size)]);
}

function firstPixels(tasks: readonly Task[], set: 'train' | 'validation' | 'test'): number[] {
  return tasks
    .flatMap((task) => stored(task[set]).map((image) => image[0] ?? -1))
    .sort((left, right) => left - right);
}

test('tasks hold every example once, in one set; labels follow the class order', async () => {
  const stream = await open({ validation: { fraction: 0.25 } });
  expect(stream).toMatchObject({ inputShape: [1, 2, 2], outputs: 4 });
  expect(stream.tasks.map((task) => task.outputs)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  const [train, validation] = [firstPixels(stream.tasks, 'train'), firstPixels(stream.tasks, 'validation')];
  expect([...train, ...validation].sort((left, right) => left - right)).toEqual([...Array(80).keys()]);
  expect(validation).toHaveLength(20);
  expect(firstPixels(stream.tasks, 'test')).toEqual(Array.from({ length: 20 }, (_, index) => 100 + index));
  for (const task of stream.tasks) {
    for (const set of [task.train, task.validation, task.test]) {
      stored(set).forEach((image, row) => {
        expect(stream.order[set.labels[row] ?? -1]).toBe((image[0] ?? 0) % 4);
      });
    }
  }
});

test('validation is stratified and the same for every seed and scenario of a dataset', async () => {
  const streams = [
    await open({}, 1),
    await open({}, 2),
    await open({ name: 'other', kind: 'domain-incremental', labels: 'within-task' }, 3),
  ];
  const [first, second, third] = streams.map((stream) => firstPixels(stream.tasks, 'validation'));
  expect(first).toHaveLength(8);
  expect([0, 1, 2, 3].map((label) => first?.filter((pixel) => pixel % 4 === label).length)).toEqual([
    2, 2, 2, 2,
  ]);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
});

test('a stream with one output is refused: there would be nothing to choose among', async () => {
  const single = { ...domainIncremental, tasks: { by: 'classes', classesPerTask: 1 }, labels: 'within-task' };
  await expect(open(single)).rejects.toThrow('Scenario "toy-split" has a single output');
});

test('a fraction of 0 leaves validation empty', async () => {
  const { tasks } = await open({ validation: { fraction: 0 } });
  expect(tasks.map((task) => [task.train.count, task.validation.count])).toEqual([
    [40, 0],
    [40, 0],
  ]);
});

test('padding lays black around images, also under a permutation and before normalisation', async () => {
  const normalise = { mean: [0.1], deviation: [0.2752] };
  const plain = await open({ validation: { fraction: 0 } });
  const padded = await open({ validation: { fraction: 0 }, padding: 1, normalise });
  expect(padded.inputShape).toEqual([1, 4, 4]);
  expect(padded.tasks[0]?.train.shape).toEqual([1, 4, 4]);
  const [before, after] = [plain, padded].map(({ tasks }) => stored((tasks[0] as Task).train));
  expect(after).toEqual(before?.map(([a, b, c, d]) => [0, 0, 0, 0, 0, a, b, 0, 0, c, d, 0, 0, 0, 0, 0]));
  const input = new Float32Array(16);
  decode((padded.tasks[0] as Task).train, [0], input);
  expect(input[0]).toBeCloseTo(-0.1 / 0.2752, 6);
  expect(input[5]).toBeCloseTo(((before?.[0]?.[0] ?? 0) / 255 - 0.1) / 0.2752, 5);

  const permuted = await open({ ...domainIncremental, validation: { fraction: 0 }, padding: 1 });
  const [first, second] = permuted.tasks.map(({ train }) => stored(train));
  const sorted = (image: readonly number[] = []) => image.toSorted((left, right) => left - right);
  expect(first?.map(sorted)).toEqual(second?.map(sorted));
  // The border is permuted with the rest: some of it comes to lie inside, the same for every image.
  const places = second?.map((image) => image.map((value) => (value === 0 ? 0 : 1)).join());
  expect(new Set(places?.slice(1)).size).toBe(1);
  expect(places?.[1]).not.toBe(first?.[1]?.map((value) => (value === 0 ? 0 : 1)).join());
});

test('padding needs images', async () => {
  const vectors = { name: 'toy', reader: { kind: 'csv', train: { path: 'a.csv' }, labelColumn: 'kind' } };
  expect(() => validateScenario({ ...base, dataset: vectors, padding: 2 }, 'toy')).toThrow(
    '$.padding is 2, but dataset "toy" holds no images; its reader needs a "shape" [channels, height, width]',
  );
});

test('a class of a task is an output of its own', async () => {
  const own = { ...domainIncremental, kind: 'class-incremental', labels: 'class-of-task' };
  const stream = await open(own);
  expect(stream.outputs).toBe(12);
  expect(stream.tasks.map(({ outputs }) => outputs)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9, 10, 11],
  ]);
  expect(stream.tasks[2]?.test.labels).toEqual(stream.tasks[0]?.test.labels.map((label) => label + 8));
  expect(() => validateScenario({ ...base, dataset: 'mnist', labels: 'class-of-task' }, 'toy')).toThrow(
    '$.labels is "class-of-task", but tasks made by "classes" do not all hold the same classes; take "class"',
  );
  expect(() =>
    validateScenario({ ...base, ...own, dataset: 'mnist', kind: 'domain-incremental' }, 'toy'),
  ).toThrow('$.labels is "class-of-task"; a domain-incremental scenario has the same outputs in every task');
});

const domainIncremental = {
  kind: 'domain-incremental',
  tasks: { by: 'permutations', count: 3, firstIsIdentity: true },
};

test('a permutation moves the values of all three sets alike', async () => {
  const { tasks } = await open(domainIncremental);
  const [plain, permuted] = tasks;
  if (plain === undefined || permuted === undefined) throw new Error('tasks are missing');
  const [before] = stored(plain.train);
  const [after] = stored(permuted.train);
  const places = after?.map((value) => before?.indexOf(value) ?? -1) ?? [];
  expect([...places].sort()).toEqual([0, 1, 2, 3]);
  for (const set of ['train', 'validation', 'test'] as const) {
    expect(permuted[set].labels).toEqual(plain[set].labels);
    expect(stored(permuted[set])).toEqual(
      stored(plain[set]).map((image) => places.map((place) => image[place])),
    );
  }
});

test('a rotation turns images', async () => {
  const { tasks } = await open({
    kind: 'domain-incremental',
    tasks: { by: 'rotations', degrees: [0, 90] },
    classOrder: 'natural',
  });
  const [[a, b, c, d]] = stored(tasks[0]?.test as Examples) as [number[]];
  expect(stored(tasks[1]?.test as Examples)[0]).toEqual([b, d, a, c]);
});

test('normalising subtracts the mean and divides by the deviation', async () => {
  const { tasks } = await open({ normalise: { mean: [0.5], deviation: [0.25] } });
  const examples = tasks[0]?.train as Examples;
  const into = new Float32Array(4);
  decode(examples, [3], into);
  const expected = stored(examples)[3]?.map((pixel) => (pixel / 255 - 0.5) / 0.25) ?? [];
  expected.forEach((value, index) => {
    expect(into[index]).toBeCloseTo(value, 6);
  });
  await expect(open({ normalise: { mean: [0, 0], deviation: [1, 1] } })).rejects.toThrow(
    /\$\.normalise has 2 entries, but inputs of shape \[1,2,2\] have 1 channels/,
  );
});

test('data beyond the memory limit give the same stream from disk', async () => {
  for (const changes of [{}, domainIncremental]) {
    const memory = await open(changes);
    const disk = await open(changes, 1, 10);
    expect(disk.dataset).toEqual(memory.dataset);
    disk.tasks.forEach((task, index) => {
      expect(stored(task.train)).toEqual(stored(memory.tasks[index]?.train as Examples));
      expect(stored(task.test)).toEqual(stored(memory.tasks[index]?.test as Examples));
    });
    disk.close?.();
  }
});

test('a task without test examples is refused', async () => {
  const files = { 'a.csv': 'x,kind\n1,a\n2,a\n3,b\n' };
  const dataset = { name: 'toy', reader: { kind: 'csv', train: { path: 'a.csv' }, labelColumn: 'kind' } };
  const scenario = validateScenario({ ...base, dataset, tasks: { by: 'classes', classesPerTask: 1 } }, 'toy');
  const options = { classOrderSeed: 0, dataDirectory: 'none', baseDirectory: temporaryFolder(files) };
  await expect(openStream({ ...scenario, classOrder: 'natural' }, options)).rejects.toThrow(
    'Scenario "toy-split": task 2 (class b) has no test examples. Add examples of its classes to the test data, or split otherwise.',
  );
});
