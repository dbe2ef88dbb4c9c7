import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Height of each folder: a file may import from its own height or below. */
const layers: readonly (readonly string[])[] = [
  ['harness/engine', 'harness/linalg', 'harness'],
  ['harness/nn', 'harness/backbones'],
  ['harness/stream', 'harness/evaluate', 'harness/record'],
  ['harness/train'],
  [
    'methods',
    'harness/report',
    'harness/execute',
    'harness/compare',
    'harness/regress',
    'harness/reproduce',
    'harness/check',
    'harness/import',
    'harness/leaderboard',
  ],
  ['harness/commands'],
];

/** Types that describe data may be named anywhere: they are erased. */
function valueImports(source: string): string[] {
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*? from '(\.[^']+)'/gms)].map(
    (match) => match[1] as string,
  );
}

function heightOf(file: string): number {
  const folder = file.startsWith('methods') ? 'methods' : file.split('/').slice(0, 2).join('/');
  const height = layers.findIndex((names) => names.includes(folder));
  return height >= 0 ? height : file === 'harness/main.ts' ? layers.length : 0;
}

const files = ['harness', 'methods'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name)),
);

test('imports flow one way: no file imports from a folder above its own', () => {
  const wrong = files.flatMap((file) =>
    valueImports(readFileSync(join(root, file), 'utf8'))
      .map((path) => relative(root, resolve(root, dirname(file), path)))
      .filter((target) => heightOf(target) > heightOf(file))
      .map((target) => `${file} → ${target}`),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});
