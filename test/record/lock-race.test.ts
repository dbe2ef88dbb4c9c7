import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { acquireLock } from '../../harness/record/lock.ts';
import { temporaryFolder } from './fixtures.ts';

/** What other processes do just before and just after a lock is moved aside, once. */
const others = vi.hoisted(() => ({ before: (): void => {}, after: (): void => {} }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync: typeof fs.renameSync = (from, to) => {
    const { before, after } = others;
    Object.assign(others, { before: () => {}, after: () => {} });
    before();
    fs.renameSync(from, to);
    after();
  };
  return { ...fs, renameSync };
});

const living = (born: string | null): string => JSON.stringify({ pid: process.pid, host: hostname(), born });

let lock: string;
beforeEach(() => {
  lock = join(temporaryFolder(), 'lock');
  writeFileSync(lock, 'of a process that is gone');
});

it('a lock that another process put in place of a stale one is put back', () => {
  others.before = () => writeFileSync(lock, living(null));
  expect(() => acquireLock(join(lock, '..'))).toThrow(`process ${process.pid} already`);
  expect(readFileSync(lock, 'utf8')).toBe(living(null));
  expect(readdirSync(join(lock, '..'))).toEqual(['lock']);
});

it('a lock made while another was put aside is not overwritten by it', () => {
  others.before = () => writeFileSync(lock, living(null));
  others.after = () => writeFileSync(lock, 'of a third process');
  expect(() => acquireLock(join(lock, '..'))).toThrow('keeps changing hands');
  expect(readFileSync(lock, 'utf8')).toBe('of a third process');
  expect(readdirSync(join(lock, '..'))).toEqual(['lock']);
});
