import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { makeFolder } from '../../harness/record/files.ts';
import { temporaryFolder } from './fixtures.ts';

/** What another process does just after a folder was refused for want of the one above it, once. */
const other = vi.hoisted(() => ({ after: (): void => {} }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const mkdirSync = (path: string): void => {
    try {
      fs.mkdirSync(path);
    } catch (error) {
      const { after } = other;
      other.after = () => {};
      after();
      throw error;
    }
  };
  return { ...fs, mkdirSync };
});

it.each([
  ['the folder above', dirname],
  ['the folder itself', (path: string) => path],
])('two processes make the same new folders: the other was first with %s', async (_, made) => {
  const fs = await vi.importActual<typeof import('node:fs')>('node:fs');
  const path = join(temporaryFolder(), 'results', 'runs', 'id');
  other.after = () => void fs.mkdirSync(made(path), { recursive: true });
  makeFolder(path);
  expect(existsSync(path)).toBe(true);
});
