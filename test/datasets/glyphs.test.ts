import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { TaskStream } from '../../harness/stream/stream.ts';

interface Family {
  readonly family: string;
  readonly licence: string;
  readonly package: string;
  readonly part: string;
}

const manifest = JSON.parse(
  readFileSync(new URL('../../datasets/glyphs/manifest.json', import.meta.url), 'utf8'),
) as { readonly families: readonly Family[] };

async function open(name: string): Promise<TaskStream> {
  return openStream(await loadScenario(name), { classOrderSeed: 1, dataDirectory: 'none' });
}

describe('the fonts of glyphs', () => {
  it('are free, pinned and each in one part', () => {
    const names = manifest.families.map(({ family }) => family);
    expect(new Set(names).size).toBe(names.length);
    for (const { licence, part, package: source } of manifest.families) {
      expect(['OFL-1.1', 'Apache-2.0', 'UFL-1.0', 'CC0-1.0']).toContain(licence);
      expect(['train', 'validation', 'test']).toContain(part);
      expect(source).toMatch(/^@fontsource\/.+@\d+\.\d+\.\d+$/);
    }
  });
});

describe('scenarios of glyphs', () => {
  it.each([
    ['glyphs-scripts-class', 10, 24],
    ['glyphs-scripts-task', 10, 24],
    ['glyphs-long', 30, 8],
    ['glyphs-fonts-domain', 5, 81],
  ])('%s has %d tasks of %d classes', async (name, tasks, classes) => {
    const stream = await open(name);
    expect(stream.tasks).toHaveLength(tasks);
    for (const { outputs, train, validation, test } of stream.tasks) {
      expect(outputs).toHaveLength(classes);
      for (const part of [train, validation, test]) {
        expect(new Set(part.labels)).toEqual(new Set(outputs));
      }
    }
  });

  it('glyphs-to-mnist ends with the digits', async () => {
    const stream = await open('glyphs-to-mnist');
    expect(stream.tasks).toHaveLength(11);
    expect(stream.tasks.at(-1)).toMatchObject({ name: 'mnist', train: { count: 540 } });
  });

  it('has no empty image, none in two classes, and next to none in two parts', async () => {
    const { tasks } = await open('glyphs-scripts-class');
    const owners = new Map<string, { label: number | undefined; parts: Set<string> }>();
    for (const task of tasks) {
      for (const part of ['train', 'validation', 'test'] as const) {
        const { count, labels } = task[part];
        const images = new Uint8Array(count * 784);
        task[part].readStored(
          Array.from({ length: count }, (_, row) => row),
          images,
        );
        for (let row = 0; row < count; row++) {
          const image = images.subarray(row * 784, (row + 1) * 784);
          expect(image.some((value) => value > 60)).toBe(true);
          const key = Buffer.from(image).toString('base64');
          const owner = owners.get(key) ?? { label: labels[row], parts: new Set() };
          expect(owner.label).toBe(labels[row]);
          owner.parts.add(part);
          owners.set(key, owner);
        }
      }
    }
    expect(owners.size).toBe(19_875);
    // Two straight strokes can be the same pixels in two families.
    expect([...owners.values()].filter(({ parts }) => parts.size > 1)).toHaveLength(11);
  });
});
