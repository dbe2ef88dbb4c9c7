import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listedOrder } from '../../harness/stream/listed-orders.ts';
import { loadScenario, scenarioDirectory, scenarioNames } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import { splitClasses } from '../../harness/stream/split-classes.ts';
import type { TaskStream } from '../../harness/stream/stream.ts';

async function open(name: string, classOrderSeed: number): Promise<TaskStream> {
  return await openStream(await loadScenario(name), {
    classOrderSeed,
    dataDirectory: 'none',
    baseDirectory: scenarioDirectory(name),
  });
}

/** The digit whose images have a label, by the order that the stream states. */
function digitsOf(stream: TaskStream, task: number): number[] {
  return [...new Set(stream.tasks[task]?.train.labels)].sort().map((label) => stream.order[label] ?? -1);
}

const published = scenarioNames().filter((name) => /^(avalanche|vandeven|hsu|der)-/.test(name));

/** Updates of a whole run, as the papers' code counts them. */
function updatesOf({ scenario, tasks }: TaskStream): number {
  const { updates, epochs = 0, batchSize, incompleteBatch } = scenario.training;
  const round = incompleteBatch === 'keep' ? Math.ceil : Math.floor;
  return tasks.reduce((total, { train }) => total + (updates ?? epochs * round(train.count / batchSize)), 0);
}

const facts: readonly [name: string, shape: number[], outputs: number, tasks: number, updates: number][] = [
  ['avalanche-permuted-mnist-10', [1, 28, 28], 10, 10, 23_500],
  ['avalanche-permuted-mnist-17', [1, 28, 28], 10, 17, 102_000],
  ['avalanche-permuted-mnist-5', [1, 28, 28], 10, 5, 30_000],
  ['avalanche-split-mnist-task', [1, 28, 28], 10, 5, 9390],
  ['der-permuted-mnist', [1, 28, 28], 10, 20, 9380],
  ['der-rotated-mnist', [1, 28, 28], 10, 20, 9380],
  ['der-split-mnist-class', [1, 28, 28], 10, 5, 6002],
  ['der-split-mnist-task', [1, 28, 28], 10, 5, 6002],
  ['hsu-permuted-mnist-class', [1, 32, 32], 100, 10, 46_900],
  ['hsu-permuted-mnist-domain', [1, 32, 32], 10, 10, 46_900],
  ['hsu-permuted-mnist-task', [1, 32, 32], 100, 10, 46_900],
  ['hsu-split-mnist-class', [1, 32, 32], 10, 5, 1884],
  ['hsu-split-mnist-domain', [1, 32, 32], 2, 5, 1884],
  ['hsu-split-mnist-task', [1, 32, 32], 10, 5, 1884],
  ['vandeven-2019-permuted-mnist-class', [1, 32, 32], 100, 10, 50_000],
  ['vandeven-2019-split-mnist-class', [1, 28, 28], 10, 5, 10_000],
  ['vandeven-permuted-mnist-class', [1, 32, 32], 100, 10, 50_000],
  ['vandeven-permuted-mnist-domain', [1, 32, 32], 10, 10, 50_000],
  ['vandeven-permuted-mnist-task', [1, 32, 32], 100, 10, 50_000],
  ['vandeven-split-mnist-class', [1, 28, 28], 10, 5, 10_000],
  ['vandeven-split-mnist-domain', [1, 28, 28], 2, 5, 10_000],
  ['vandeven-split-mnist-task', [1, 28, 28], 10, 5, 10_000],
];

test('every published scenario is in the table of facts', () => {
  expect(facts.map(([name]) => name)).toEqual(published);
});

test.each(facts)(
  '%s has inputs %j, %i outputs, %i tasks and %i updates',
  async (name, shape, outputs, tasks, updates) => {
    const stream = await open(name, 2);
    expect(stream).toMatchObject({ inputShape: shape, outputs });
    expect(stream.tasks).toHaveLength(tasks);
    expect(updatesOf(stream)).toBe(updates);
    // The papers train on all 60,000 images and test on all 10,000, in each task or over all of them.
    const whole = stream.scenario.tasks.by === 'classes' ? 1 : tasks;
    const total = (set: 'train' | 'validation' | 'test') =>
      stream.tasks.reduce((sum, task) => sum + task[set].count, 0);
    expect([total('train'), total('validation'), total('test')]).toEqual([60_000 * whole, 0, 10_000 * whole]);
  },
);

const plain = 'pixel/255';
const hsuNormal = '(pixel/255 − 0.1) / 0.2752';
const avalancheNormal = '(pixel/255 − 0.1307) / 0.3081';

// Of the papers' code, but for what Avalanche's optimisers remember, in which its versions differ. Plain SGD remembers
// nothing: keep and reset are the same for it.
const trainings: readonly [
  name: string,
  normalise: string,
  hidden: number[],
  optimiser: string,
  learningRate: number,
  optimiserState: string,
  batchSize: number,
  incompleteBatch: string,
  classOrder: 'natural' | 'seeded' | 'listed',
][] = [
  ['avalanche-permuted-mnist-10', avalancheNormal, [512], 'sgd', 0.001, 'reset', 256, 'keep', 'seeded'],
  ['avalanche-permuted-mnist-17', avalancheNormal, [100, 100], 'sgd', 0.1, 'reset', 10, 'keep', 'seeded'],
  ['avalanche-permuted-mnist-5', avalancheNormal, [100, 100], 'sgd', 0.1, 'reset', 10, 'keep', 'seeded'],
  ['avalanche-split-mnist-task', avalancheNormal, [256, 256], 'adam', 0.001, 'reset', 64, 'keep', 'natural'],
  ['der-permuted-mnist', plain, [100, 100], 'sgd', 0.2, 'keep', 128, 'keep', 'seeded'],
  ['der-rotated-mnist', plain, [100, 100], 'sgd', 0.2, 'keep', 128, 'keep', 'seeded'],
  ['der-split-mnist-class', plain, [100, 100], 'sgd', 0.03, 'keep', 10, 'keep', 'natural'],
  ['der-split-mnist-task', plain, [100, 100], 'sgd', 0.03, 'keep', 10, 'keep', 'natural'],
  ['hsu-permuted-mnist-class', hsuNormal, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'keep', 'seeded'],
  ['hsu-permuted-mnist-domain', hsuNormal, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'keep', 'seeded'],
  ['hsu-permuted-mnist-task', hsuNormal, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'keep', 'seeded'],
  ['hsu-split-mnist-class', hsuNormal, [400, 400], 'adam', 0.001, 'keep', 128, 'keep', 'natural'],
  ['hsu-split-mnist-domain', hsuNormal, [400, 400], 'adam', 0.001, 'keep', 128, 'keep', 'natural'],
  ['hsu-split-mnist-task', hsuNormal, [400, 400], 'adam', 0.001, 'keep', 128, 'keep', 'natural'],
  ['vandeven-2019-permuted-mnist-class', plain, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'drop', 'seeded'],
  ['vandeven-2019-split-mnist-class', plain, [400, 400], 'adam', 0.001, 'keep', 128, 'drop', 'listed'],
  ['vandeven-permuted-mnist-class', plain, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'drop', 'seeded'],
  ['vandeven-permuted-mnist-domain', plain, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'drop', 'seeded'],
  ['vandeven-permuted-mnist-task', plain, [1000, 1000], 'adam', 0.0001, 'keep', 128, 'drop', 'seeded'],
  ['vandeven-split-mnist-class', plain, [400, 400], 'adam', 0.001, 'keep', 128, 'drop', 'listed'],
  ['vandeven-split-mnist-domain', plain, [400, 400], 'adam', 0.001, 'keep', 128, 'drop', 'listed'],
  ['vandeven-split-mnist-task', plain, [400, 400], 'adam', 0.001, 'keep', 128, 'drop', 'listed'],
];

test('every published scenario is in the table of trainings', () => {
  expect(trainings.map(([name]) => name)).toEqual(published);
});

test.each(trainings)('%s reads %s and trains %j by %s', async (name, ...expected) => {
  const { normalise, backbone, training, classOrder } = await loadScenario(name);
  expect([
    normalise ? `(pixel/255 − ${normalise.mean}) / ${normalise.deviation}` : plain,
    backbone.hidden,
    training.optimiser,
    training.learningRate,
    training.optimiserState,
    training.batchSize,
    training.incompleteBatch,
    typeof classOrder === 'string' ? classOrder : Object.keys(classOrder)[0],
  ]).toEqual(expected);
  // No paper's code has any of these.
  expect(training).toMatchObject({ momentum: 0, weightDecay: 0, schedule: 'constant', warmup: 0 });
  expect(backbone).toMatchObject({ name: 'mlp' });
  // Those of DER begin with Xavier's weights, all others with PyTorch's.
  expect(backbone.initialisation).toBe(name.startsWith('der-') ? 'xavier-uniform' : undefined);
});

test('the three scenarios of a paper differ in kind, outputs and what may be answered with', async () => {
  const rules = await Promise.all(
    published.map(async (name) => {
      const { kind, labels, candidates } = await loadScenario(name);
      return [name, `${kind.split('-')[0]} ${labels} ${candidates.train}/${candidates.test}`];
    }),
  );
  expect(Object.fromEntries(rules)).toEqual({
    'avalanche-permuted-mnist-10': 'domain class all/all',
    'avalanche-permuted-mnist-17': 'domain class all/all',
    'avalanche-permuted-mnist-5': 'domain class all/all',
    'avalanche-split-mnist-task': 'task class current/current',
    'der-permuted-mnist': 'domain class all/all',
    'der-rotated-mnist': 'domain class all/all',
    'der-split-mnist-class': 'class class all/all',
    'der-split-mnist-task': 'task class all/current',
    'hsu-permuted-mnist-class': 'class class-of-task seen/all',
    'hsu-permuted-mnist-domain': 'domain class all/all',
    'hsu-permuted-mnist-task': 'task class-of-task current/current',
    'hsu-split-mnist-class': 'class class seen/all',
    'hsu-split-mnist-domain': 'domain within-task all/all',
    'hsu-split-mnist-task': 'task class current/current',
    'vandeven-2019-permuted-mnist-class': 'class class-of-task seen/all',
    'vandeven-2019-split-mnist-class': 'class class seen/all',
    'vandeven-permuted-mnist-class': 'class class-of-task all/all',
    'vandeven-permuted-mnist-domain': 'domain class all/all',
    'vandeven-permuted-mnist-task': 'task class-of-task current/current',
    'vandeven-split-mnist-class': 'class class all/all',
    'vandeven-split-mnist-domain': 'domain within-task all/all',
    'vandeven-split-mnist-task': 'task class current/current',
  });
});

test("van de Ven's seed 2 pairs the digits as his code does", async () => {
  // Of the line "2,4,1,5,0,7,2,3,6,9,8": digit 3 becomes 0 and digit 1 becomes 1, digit 5 becomes 2, …
  const stream = await open('vandeven-split-mnist-class', 2);
  expect(stream.order).toEqual([3, 1, 5, 6, 0, 2, 7, 4, 9, 8]);
  expect([0, 1, 2, 3, 4].map((task) => digitsOf(stream, task))).toEqual([
    [3, 1],
    [5, 6],
    [0, 2],
    [7, 4],
    [9, 8],
  ]);
});

test('each of the twenty orders is what the file says: digit d becomes p[d], in task ⌊p[d] / 2⌋, label p[d] mod 2', async () => {
  const file = new URL('../../scenarios/class-orders/vandeven.csv', import.meta.url);
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  expect(lines).toHaveLength(20);
  const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
  for (const name of ['task', 'domain', 'class'].map((kind) => `vandeven-split-mnist-${kind}`)) {
    const scenario = await loadScenario(name);
    const baseDirectory = scenarioDirectory(name);
    for (const line of lines) {
      const [classOrderSeed = -1, ...newLabels] = line.split(',').map(Number);
      const listed = listedOrder(scenario, digits, { classOrderSeed, baseDirectory });
      const input = {
        scenario,
        classes: digits,
        domains: [],
        groups: [],
        shape: [1, 28, 28],
        classOrderSeed,
      };
      const { tasks } = splitClasses({ ...input, listedOrder: listed }, 2);
      const shared = scenario.kind === 'domain-incremental';
      newLabels.forEach((label, digit) => {
        const answers = tasks.map(({ filter }) => filter.outputOf[digit]);
        const expected = Array(5)
          .fill(-1)
          .map((none, task) => (task === Math.floor(label / 2) ? (shared ? label % 2 : label) : none));
        expect(answers, `${name}, seed ${classOrderSeed}, digit ${digit}`).toEqual(expected);
      });
    }
  }
});

test('a seed that the paper did not have is refused, with those that it had', async () => {
  await expect(open('vandeven-split-mnist-class', 1)).rejects.toThrow(
    /lists no class order for seed 1\. Its seeds are 2, 3, 4, .*, 21; choose among them with --seeds\./,
  );
});

test('permuted tasks of Hsu begin with the image as it is, those of others do not', async () => {
  const names = await Promise.all(
    [
      'hsu-permuted-mnist-domain',
      'vandeven-permuted-mnist-domain',
      'der-permuted-mnist',
      'avalanche-permuted-mnist-5',
    ].map(async (name) => (await open(name, 2)).tasks[0]?.name),
  );
  expect(names).toEqual(['not permuted', 'permutation 1', 'permutation 1', 'permutation 1']);
});
