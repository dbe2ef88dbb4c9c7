import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Examples } from '../../harness/stream/examples.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';

const trainCounts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
const testCounts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];

function perOutput(...sets: Examples[]): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const { labels } of sets) for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

test('MNIST has the counts of its authors, in each split', async () => {
  const natural = { ...(await loadScenario('split-mnist-class')), classOrder: 'natural' } as const;
  const split = await openStream(natural, { classOrderSeed: 0, dataDirectory: 'none' });
  const rotated = await openStream(await loadScenario('rotated-mnist'), {
    classOrderSeed: 0,
    dataDirectory: 'none',
  });
  expect(perOutput(...split.tasks.flatMap((task) => [task.train, task.validation]))).toEqual(trainCounts);
  expect(perOutput(...split.tasks.map((task) => task.test))).toEqual(testCounts);
  expect(split.tasks.map((task) => task.name)).toEqual([
    'classes 0, 1',
    'classes 2, 3',
    'classes 4, 5',
    'classes 6, 7',
    'classes 8, 9',
  ]);
  for (const task of rotated.tasks) {
    expect(perOutput(task.train, task.validation)).toEqual(trainCounts);
    expect(perOutput(task.test)).toEqual(testCounts);
  }
  expect(rotated.tasks.map((task) => task.name).slice(0, 3)).toEqual([
    'rotation 0°',
    'rotation 18°',
    'rotation 36°',
  ]);
  expect(split.dataset.sha256).toBe(rotated.dataset.sha256);
  expect(split.dataset.sha256).toMatch(/^ac89dbc2[0-9a-f]{56}$/);
});

test('the first training image of MNIST is the well-known five', async () => {
  const scenario = { ...(await loadScenario('rotated-mnist')), validation: { fraction: 0 } };
  const { tasks } = await openStream(scenario, { classOrderSeed: 0, dataDirectory: 'none' });
  const train = tasks[0]?.train;
  expect([...(train?.labels.slice(0, 10) ?? [])]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  const image = new Uint8Array(784);
  train?.readStored([0], image);
  expect([...image.subarray(5 * 28 + 12, 5 * 28 + 24)]).toEqual([
    3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127,
  ]);
});

test('without the files of Fashion-MNIST the error says where to get them', async () => {
  const scenario = { ...(await loadScenario('split-mnist-class')), dataset: 'fashion-mnist' };
  await expect(openStream(scenario, { classOrderSeed: 0, dataDirectory: '/nowhere' })).rejects.toThrow(
    /Dataset "fashion-mnist": the file .*train-images-idx3-ubyte\.gz does not exist\. Put the four files .*dataset-fashion-mnist/,
  );
});

const dataDirectory = process.env.PALIMPSEST_DATA ?? '/usr/share/datasets';

test.skipIf(!existsSync(join(dataDirectory, 'fashion-mnist')))('Fashion-MNIST has its counts', async () => {
  const scenario = { ...(await loadScenario('split-mnist-class')), dataset: 'fashion-mnist' };
  const stream = await openStream(scenario, { classOrderSeed: 3, dataDirectory });
  expect(perOutput(...stream.tasks.flatMap((task) => [task.train, task.validation]))).toEqual(
    Array(10).fill(6000),
  );
  expect(perOutput(...stream.tasks.map((task) => task.test))).toEqual(Array(10).fill(1000));
});
