import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';

const causes: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run the same command again: finished tasks are kept',
  EDQUOT:
    'the disk quota is used up. Free some space and run the same command again: finished tasks are kept',
  EFBIG: 'the file would be larger than is allowed. Raise the limit (ulimit -f), or write to another disk',
  EACCES: 'permission is denied. Change its permissions, or write to another folder',
  EPERM: 'the operation is not permitted. Write to another folder',
  EROFS: 'the file system is read-only. Write to another folder',
  ENOTDIR: 'part of the path is a file, not a folder. Write to another folder',
  EEXIST: 'a file stands where a folder should be. Write to another folder',
  EISDIR: 'a folder stands where a file should be',
  ENAMETOOLONG: 'the path is too long. Write to another folder',
  EMFILE: 'too many files are open. Use fewer --jobs, or raise the limit (ulimit -n)',
};

/** What a failing file operation means to the person at the terminal; anything that is not one comes back as it is. */
export function explainFileError(error: unknown, doing: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = causes[code];
  if (known === undefined) return error;
  // What cannot be read is not mended by writing elsewhere.
  const cause = doing.startsWith('read ')
    ? known.replace(/(, or write|\. Write) to another folder$/, '')
    : known;
  return new UserError(`Cannot ${doing}: ${cause} (${code}).`, { cause: error });
}

/** Runs a file operation. @throws UserError that names cause and cure where the file system refuses */
export function withFileErrors<Result>(doing: string, operation: () => Result): Result {
  try {
    return operation();
  } catch (error) {
    throw explainFileError(error, doing);
  }
}

/**
 * Makes a folder, and those above it that are missing; nothing where it is there already. Node's
 * `recursive` is not used: it tries for ever where a file system says that there is no such folder
 * while the one above it stands, as /proc does.
 * @throws UserError where the file system takes no folders; else the error that it gave
 */
export function makeFolder(path: string): void {
  if (triedFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path && !existsSync(parent)) makeFolder(parent);
  // Another process may have made the parent since the first try: only a second refusal is the file system's.
  if (triedFolder(path)) return;
  throw new UserError(
    `Cannot make the folder ${path}: ${parent} takes no new folders (ENOENT). Write to another folder.`,
  );
}

/** Whether the folder is there now: false where the one above it seems to be missing. @throws any other error */
function triedFolder(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  return true;
}

/**
 * Replaces a file as a whole, synced to disk: after a crash, or where the disk is full, it holds the
 * old content or the new, never a part. Its permissions stay, folders that are missing are made, and
 * where the path is a link, its target is replaced. A device or a pipe is written into.
 * @throws UserError where it cannot be written; then the old content is untouched
 */
export function replaceFile(path: string, content: string | Buffer): void {
  withFileErrors(`write ${path}`, () => {
    if (isStream(path)) return writeInto(path, content);
    makeFolder(dirname(path));
    const target = existsSync(path) ? realpathSync(path) : path;
    const { file, temporary } = openBeside(target);
    try {
      try {
        writeWhole(file, typeof content === 'string' ? Buffer.from(content) : content);
        keepPermissions(file, target);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** What cannot be replaced: a device, a pipe, or standard output by the name that the system has for it. */
function isStream(path: string): boolean {
  if (/^\/(dev|proc\/self)\/(stdout|stderr|fd\/\d+)$/.test(path)) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

function writeInto(path: string, content: string | Buffer): void {
  const file = openSync(path, 'a');
  try {
    writeWhole(file, typeof content === 'string' ? Buffer.from(content) : content);
  } finally {
    closeSync(file);
  }
}

/** Writes all bytes: one call may store only a part of them, when the disk is about to be full. */
export function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/**
 * A new file on the same disk, as renaming needs. It is nobody else's, even
 * where process ids are the same in two containers.
 */
function openBeside(path: string): { readonly file: number; readonly temporary: string } {
  for (let number = 0; ; number++) {
    const temporary = `${path}.${process.pid}.${number}`;
    try {
      return { file: openSync(temporary, 'wx'), temporary };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

function keepPermissions(file: number, path: string): void {
  const earlier = statSync(path, { throwIfNoEntry: false });
  if (earlier === undefined) return;
  try {
    fchmodSync(file, earlier.mode);
    fchownSync(file, earlier.uid, earlier.gid);
  } catch {
    // Only the superuser may give files away, and some file systems have neither owners nor permissions.
  }
}
