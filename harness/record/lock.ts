import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { makeFolder, withFileErrors } from './files.ts';

/** Who holds a lock. `born` tells a process from a later one that was given the same id. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's own words; null where the system does not tell. */
  readonly born: string | null;
}

/** The lock file of a run's directory. */
export const lockFile = 'lock';

/**
 * Makes this process the only one that works in a directory, until it calls the returned function or ends.
 * A lock whose process is gone is taken over at once.
 * @throws UserError that names the living holder.
 */
export function acquireLock(directory: string): () => void {
  return acquire(join(directory, lockFile), 'This run');
}

/** Milliseconds between two tries to get a lock that another process holds. */
const pause = 20;

/**
 * Runs an operation that reads a file and writes it anew while no other process does so: what one of them adds in between
 * would be lost. Waits for a process that is at it. The lock lies beside the file and is removed in the end.
 * @param patience how long to wait, in seconds
 * @throws UserError that names the holder who did not let go in time
 */
export async function whileLocked<Result>(
  path: string,
  operation: () => Result,
  patience = 60,
): Promise<Result> {
  withFileErrors(`make the folder of ${path}`, () => makeFolder(dirname(path)));
  const release = await acquireInTime(path, Date.now() + 1000 * patience);
  try {
    return operation();
  } finally {
    release();
  }
}

async function acquireInTime(path: string, deadline: number): Promise<() => void> {
  for (;;) {
    try {
      return acquire(`${path}.${lockFile}`, path);
    } catch (error) {
      if (!(error instanceof HeldError) || Date.now() >= deadline) throw error;
    }
    await sleep(pause);
  }
}

/** @param what how an error calls that which is locked */
function acquire(path: string, what: string): () => void {
  const mine = JSON.stringify(thisProcess());
  for (let attempt = 0; attempt < 5; attempt++) {
    if (withFileErrors(`write ${path}`, () => create(path, mine))) return releaser(path, mine);
    const text = readText(path);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    if (holder !== undefined && isAlive(holder)) throw new HeldError(heldText(path, what, holder));
    removeStale(path, text);
  }
  throw changingHands(path);
}

/** Whether a living process works in the directory. */
export function isLocked(directory: string): boolean {
  const text = readText(join(directory, lockFile));
  const holder = text === undefined ? undefined : parseHolder(text);
  return holder !== undefined && isAlive(holder);
}

/** That another process holds a lock, now. */
class HeldError extends UserError {}

function heldText(path: string, what: string, { pid, host }: Holder): string {
  return host === hostname()
    ? `${what} is being worked on by process ${pid} already. Wait for it, or stop it, and try again.`
    : `${what} is locked by process ${pid} on the machine "${host}". If that process is gone, delete ${path}.`;
}

function changingHands(path: string): HeldError {
  return new HeldError(
    `${path} keeps changing hands: several processes want it at once. Let one of them finish, and try again.`,
  );
}

function thisProcess(): Holder {
  return { pid: process.pid, host: hostname(), born: birthOf(process.pid) };
}

/** A name that no other process takes: processes in two containers may have the same id and share the folder. */
function besidePath(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
}

/** Puts the complete file in place in one step, so that nobody ever reads half a lock. False when there is one already. */
function create(path: string, text: string): boolean {
  const prepared = besidePath(path);
  try {
    writeFileSync(prepared, text, { flag: 'wx' });
    linkOrCopy(prepared, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(prepared, { force: true });
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    // Some file systems (FAT, some network shares) have no hard links.
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/**
 * Removes the lock that was read, but not one that another process put there meanwhile: that is put back.
 * @throws UserError where it cannot be put back, since a third process has made a lock in the moment it was away
 */
function removeStale(path: string, text: string): void {
  const aside = besidePath(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if (readText(aside) !== text) linkOrCopy(aside, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw changingHands(path);
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function releaser(path: string, mine: string): () => void {
  const release = (): void => {
    process.off('exit', release);
    if (readText(path) === mine) rmSync(path, { force: true });
  };
  process.on('exit', release);
  return release;
}

function isAlive({ pid, host, born }: Holder): boolean {
  // Whether a process of another machine lives cannot be seen from here.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const birth = birthOf(pid);
  if (birth === ended) return false;
  return born === null || birth === null || birth === born;
}

/**
 * The birth of a process that has ended while its parent takes no note: the first process of many containers never does.
 */
const ended = '';

/** The moment a process began: on Linux the boot and the clock tick since, on macOS the date. */
function birthOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the program's name in brackets and may hold spaces; the third is its state, the 22nd the start time.
      const rest = fields.slice(fields.lastIndexOf(')') + 2).split(' ');
      if (rest[0] === 'Z' || rest[0] === 'X') return ended;
      const tick = rest[19] ?? '';
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${tick}`;
    }
    if (process.platform === 'darwin') {
      // Two processes may differ in time zone and language, and the same moment has to be the same text to both.
      const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim();
    }
  } catch {
    // The system does not tell: being alive must do.
  }
  return null;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, host, born } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, host, born: typeof born === 'string' ? born : null };
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
