import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explainFileError, makeFolder, replaceFile } from '../../harness/record/files.ts';
import { temporaryFolder } from './fixtures.ts';

describe('an error of the file system', () => {
  const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  const told = (doing: string): unknown => explainFileError(denied, doing);

  it('is told with a cure that fits what was done', () => {
    expect(told('write a.csv')).toMatchObject({
      message:
        'Cannot write a.csv: permission is denied. Change its permissions, or write to another folder (EACCES).',
    });
    expect(told('read a.csv')).toMatchObject({
      message: 'Cannot read a.csv: permission is denied. Change its permissions (EACCES).',
    });
  });
});

describe('replaceFile', () => {
  it('replaces the whole content, makes the folder, and leaves nothing beside the file', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'new', 'file');
    for (const content of ['a longer text', 'a text', Buffer.from([0, 255])]) {
      replaceFile(path, content);
      expect(readFileSync(path)).toEqual(Buffer.from(content));
    }
    expect(readdirSync(join(folder, 'new'))).toEqual(['file']);
  });

  it.skipIf(process.platform === 'win32')('writes into a pipe instead of replacing it', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    const read = text(reader.stdout);
    replaceFile(pipe, 'through the pipe');
    expect(await read).toBe('through the pipe');
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  // A limit on the size of files cuts a write as a full disk does: first a part is stored, then nothing.
  it.skipIf(process.platform === 'win32')('keeps the old content where the new one does not fit', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'checkpoint');
    writeFileSync(path, 'good');
    const files = new URL('../../harness/record/files.ts', import.meta.url).href;
    const script = `import { replaceFile } from ${JSON.stringify(files)}; replaceFile(${JSON.stringify(path)}, Buffer.alloc(1e7));`;
    const node = `"${process.execPath}" --import tsx --input-type=module -e '${script}'`;
    const { status, stderr } = spawnSync('sh', ['-c', `ulimit -f 4096 && exec ${node}`], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    expect(statSync(path).size).toBe('good'.length);
    expect(readFileSync(path, 'utf8')).toBe('good');
    expect(stderr).toContain(`Cannot write ${path}: the file would be larger than is allowed.`);
    expect(status).toBe(1);
    expect(readdirSync(folder)).toEqual(['checkpoint']);
  });

  it('leaves no part behind where the file cannot be replaced', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'file'));
    expect(() => replaceFile(join(folder, 'file'), 'text')).toThrow('a folder stands where a file should be');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('does not touch what another process of the same id is writing', () => {
    const folder = temporaryFolder();
    const other = join(folder, `file.${process.pid}.0`);
    writeFileSync(other, 'part');
    replaceFile(join(folder, 'file'), 'text');
    expect(readFileSync(other, 'utf8')).toBe('part');
  });

  it.skipIf(process.platform === 'win32')('keeps the permissions, and a link to the file', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    symlinkSync(path, join(folder, 'link'));
    replaceFile(join(folder, 'link'), 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});

describe('makeFolder', () => {
  it('makes the folders above it, and leaves one that is there alone', () => {
    const path = join(temporaryFolder(), 'a', 'b', 'c');
    makeFolder(path);
    writeFileSync(join(path, 'file'), '');
    makeFolder(path);
    expect(readdirSync(path)).toEqual(['file']);
    expect(() => makeFolder(join(path, 'file'))).toThrow('EEXIST');
    expect(() => makeFolder(join(path, 'file', 'd'))).toThrow('ENOTDIR');
  });

  // Node's own recursion never ends there.
  it.skipIf(process.platform !== 'linux')('refuses a place where the system makes no folders', () => {
    expect(() => makeFolder('/proc/palimpsest/runs/id')).toThrow(
      'Cannot make the folder /proc/palimpsest: /proc takes no new folders (ENOENT). Write to another folder.',
    );
  });
});
