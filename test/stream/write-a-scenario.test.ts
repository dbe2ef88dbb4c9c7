import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode } from '../../harness/stream/examples.ts';
import { loadScenario, scenarioDirectory } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { TaskStream } from '../../harness/stream/stream.ts';
import { jpeg, png } from './images.ts';
import { temporaryFolder } from './support.ts';

const page = readFileSync(new URL('../../docs/write-a-scenario.md', import.meta.url), 'utf8');

/** The text of the n-th fenced block of a language in the page. */
function block(language: string, number: number): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))];
  return blocks[number]?.[1] ?? '';
}

async function open(folder: string, name: string, text: string): Promise<TaskStream> {
  const path = join(folder, name);
  writeFileSync(path, text);
  const scenario = await loadScenario(path);
  return await openStream(scenario, {
    classOrderSeed: 0,
    dataDirectory: 'none',
    baseDirectory: scenarioDirectory(path),
  });
}

test('the table example opens as it stands', async () => {
  const folder = temporaryFolder({ 'flowers.csv': block('csv', 0) });
  const stream = await open(folder, 'split-flowers.json', block('json', 0));
  expect(stream.inputShape).toEqual([3]);
  expect(
    stream.tasks.map((task) => [task.name, task.train.count + task.validation.count, task.test.count]),
  ).toEqual([
    ['classes crocus, daisy', 6, 2],
    ['classes iris, tulip', 6, 2],
  ]);
  const [task] = stream.tasks;
  if (task === undefined) throw new Error('there is no task');
  const into = new Float32Array(3);
  decode(task.train, [0], into);
  const stored = new Float32Array(3);
  task.train.readStored([0], stored);
  expect(into[2]).toBeCloseTo(((stored[2] ?? 0) - 2) / 1.4, 6);
});

test('the image example opens as it stands', async () => {
  const files: Record<string, Uint8Array> = {};
  for (const domain of ['day', 'night']) {
    for (const kind of ['cat', 'dog']) {
      const shade = (domain === 'day' ? 150 : 50) + (kind === 'cat' ? 20 : 0);
      for (let number = 1; number <= 10; number++) {
        const paint = (x: number) => [shade, shade, x, 255];
        const file = number % 3 === 0 ? jpeg(20, 30, paint) : png(20 + number, 30, paint);
        files[`photos/${domain}/${kind}/${number}.${number % 3 === 0 ? 'jpg' : 'png'}`] = file;
      }
    }
  }
  const stream = await open(temporaryFolder(files), 'day-and-night.json', block('json', 1));
  expect(stream.inputShape).toEqual([3, 16, 16]);
  expect(stream.outputs).toBe(2);
  expect(
    stream.tasks.map((task) => [
      task.name,
      task.outputs,
      task.train.count,
      task.validation.count,
      task.test.count,
    ]),
  ).toEqual([
    ['day', [0, 1], 14, 2, 4],
    ['night', [0, 1], 14, 2, 4],
  ]);
  expect(stream.dataset).toMatchObject({ name: 'photos', licence: 'not stated' });
});
