import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { acquireLock, isLocked, whileLocked } from '../../harness/record/lock.ts';
import { temporaryFolder } from './fixtures.ts';

function holder(changes: object): string {
  return JSON.stringify({ pid: process.pid, host: hostname(), born: null, ...changes });
}

describe('the lock of a run', () => {
  it('is held by one and free again after release', () => {
    const folder = temporaryFolder();
    const release = acquireLock(folder);
    expect(isLocked(folder)).toBe(true);
    expect(() => acquireLock(folder)).toThrow(`process ${process.pid}`);
    release();
    release();
    expect(isLocked(folder)).toBe(false);
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    acquireLock(folder)();
  });

  it('is taken over at once from a process that is gone', () => {
    const folder = temporaryFolder();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(folder, 'lock'), holder({ pid: gone }));
    expect(isLocked(folder)).toBe(false);
    acquireLock(folder)();
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken over where nobody takes note that its process has ended',
    async () => {
      const folder = temporaryFolder();
      // The shell becomes a program that waits for no child; only then the child ends.
      const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec tail -f /dev/null']);
      onTestFinished(() => void parent.kill('SIGKILL'));
      const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
      const stat = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
      const name = () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim();
      await vi.waitFor(() => expect(name()).toBe('tail'), { timeout: 60_000 });
      process.kill(pid, 'SIGKILL');
      await vi.waitFor(() => expect(stat()[2]).toBe('Z'), { timeout: 60_000 });
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      for (const born of [`${boot} ${stat()[21]}`, null]) {
        writeFileSync(join(folder, 'lock'), holder({ pid, born }));
        acquireLock(folder)();
      }
    },
  );

  it('is respected while its process lives', () => {
    const folder = temporaryFolder();
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    onTestFinished(() => void other.kill('SIGKILL'));
    writeFileSync(join(folder, 'lock'), holder({ pid: other.pid }));
    expect(() => acquireLock(folder)).toThrow(`process ${other.pid} already`);
  });

  it.skipIf(process.platform === 'win32')('is taken over when the id belongs to a later process', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'lock'), holder({ born: 'long ago' }));
    acquireLock(folder)();
  });

  it('of another machine is respected, and the error says what to delete', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'lock'), holder({ pid: 1, host: 'elsewhere' }));
    expect(() => acquireLock(folder)).toThrow(`delete ${join(folder, 'lock')}`);
  });

  it.each(['', '{"pid":', 'null', '{}'])('that says %j is nobody’s', (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'lock'), text);
    acquireLock(folder)();
  });

  it('is prepared in a file that no process of the same id writes', () => {
    const folder = temporaryFolder();
    const prepared = join(folder, `lock.${process.pid}`);
    writeFileSync(prepared, 'other');
    acquireLock(folder)();
    expect(readFileSync(prepared, 'utf8')).toBe('other');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('tells when a process began in one time zone and language', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'ps'), '#!/bin/sh\necho "in $TZ and $LC_ALL"\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    vi.stubEnv('TZ', 'Asia/Tokyo');
    vi.stubEnv('LC_ALL', 'ja_JP.UTF-8');
    vi.spyOn(process, 'platform', 'get').mockReturnValue('darwin');
    onTestFinished(() => void vi.unstubAllEnvs());
    onTestFinished(() => void vi.restoreAllMocks());
    const release = acquireLock(folder);
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')).born).toBe('in UTC and C');
    release();
  });

  it('is not removed when it has become another’s', () => {
    const folder = temporaryFolder();
    const release = acquireLock(folder);
    writeFileSync(join(folder, 'lock'), 'other');
    release();
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe('other');
  });
});

describe('whileLocked', () => {
  it('lets one operation after the other read and write a file, and leaves nothing beside it', async () => {
    const path = join(temporaryFolder(), 'folder', 'numbers');
    const add = (number: number): Promise<void> =>
      whileLocked(path, () => {
        const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
        writeFileSync(path, `${before}${number} `);
      });
    await add(1);
    writeFileSync(`${path}.lock`, holder({}));
    const waiting = add(3);
    writeFileSync(path, '1 2 ');
    writeFileSync(`${path}.lock`, '');
    await waiting;
    expect(readFileSync(path, 'utf8')).toBe('1 2 3 ');
    expect(readdirSync(join(path, '..'))).toEqual(['numbers']);
  });

  it('gives up after a while, naming the file and who holds it', async () => {
    const path = join(temporaryFolder(), 'numbers');
    writeFileSync(`${path}.lock`, holder({}));
    await expect(whileLocked(path, () => 1, 0)).rejects.toThrow(
      `${path} is being worked on by process ${process.pid} already`,
    );
  });

  it('lets go where the operation fails', async () => {
    const path = join(temporaryFolder(), 'numbers');
    const fail = (): never => {
      throw new Error('on purpose');
    };
    await expect(whileLocked(path, fail)).rejects.toThrow('on purpose');
    expect(await whileLocked(path, () => 1, 0)).toBe(1);
  });
});
