import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { UserError } from '../errors.ts';

const causes: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space and run the same command again: finished tasks are kept',
  EDQUOT:
    'the disk quota is used up. Free some space and run the same command again: finished tasks are kept',
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
  const cause = causes[code];
  return cause === undefined
    ? error
    : new UserError(`Cannot ${doing}: ${cause} (${code}).`, { cause: error });
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
 * Replaces a file as a whole, synced to disk: after a crash it holds the old content or the new, never a part. Folders that
 * are missing are made.
 */
export function replaceFile(path: string, content: string | Buffer): void {
  withFileErrors(`write ${path}`, () => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic.sync(path, bytes, { fsync: true });
    // One write call may store only a part of the bytes when the disk is about to be full.
    if (statSync(path).size !== bytes.length) {
      throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
    }
  });
}
