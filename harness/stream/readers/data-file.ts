import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../errors.ts';
import type { DataFile } from '../scenario.ts';

/** What a reader must know about the dataset whose files it reads. */
export interface ReaderContext {
  /** Name of the dataset, for messages. */
  readonly dataset: string;
  /** Folder that relative paths refer to. */
  readonly directory: string;
  /** Folder of the definition, where bundled files lie; `directory` when left out. */
  readonly bundledDirectory?: string | undefined;
  /** How a person gets the files. */
  readonly obtain: string | undefined;
  /** Bytes of one table's rows that may be in memory; more go to a scratch file or stay in their own file. */
  readonly memoryLimit: number;
}

/** A file that exists and, where its definition states a checksum, has that checksum. */
export interface CheckedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of the file as it lies on disk, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** The data are not on this machine, which says nothing of whether what names them is right. */
export class MissingDataError extends UserError {}

const require = createRequire(import.meta.url);

/**
 * Finds a file and computes its SHA-256.
 * @throws MissingDataError if the file (or the package that holds it) is missing;
 *   UserError if its checksum is not the stated one
 */
export async function checkFile(file: DataFile, context: ReaderContext): Promise<CheckedFile> {
  const folder = file.bundled ? (context.bundledDirectory ?? context.directory) : context.directory;
  const path = file.package === undefined ? resolve(folder, file.path) : packagePath(file, context);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) throw missing(`the file ${path}`, context);
  if (!status.isFile())
    throw new UserError(`Dataset "${context.dataset}": ${path} is a folder; a file must be there.`);
  const sha256 = await checksumOf(path, status);
  if (file.sha256 !== undefined && file.sha256 !== sha256) {
    throw new UserError(
      `Dataset "${context.dataset}": the file ${path} (${status.size} bytes) is damaged or of another version.\n` +
        `  its SHA-256:  ${sha256}\n  expected:     ${file.sha256}\n${cure('Get it anew', context)}`,
    );
  }
  return { path, size: status.size, sha256 };
}

/**
 * Finds a folder.
 * @throws MissingDataError if it is missing; UserError if it is no folder
 */
export function checkFolder(path: string, context: ReaderContext): string {
  const full = resolve(context.directory, path);
  const status = statSync(full, { throwIfNoEntry: false });
  if (status === undefined) throw missing(`the folder ${full}`, context);
  if (!status.isDirectory()) {
    throw new UserError(`Dataset "${context.dataset}": ${full} is a file; a folder of images must be there.`);
  }
  return full;
}

/** SHA-256 of bytes, as 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Checksums of this process, valid while size and time of change stay what they were. */
const knownChecksums = new Map<string, { size: number; changed: number; sha256: string }>();

async function checksumOf(path: string, status: Stats): Promise<string> {
  const known = knownChecksums.get(path);
  if (known?.size === status.size && known.changed === status.mtimeMs) return known.sha256;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  const sha256 = hash.digest('hex');
  knownChecksums.set(path, { size: status.size, changed: status.mtimeMs, sha256 });
  return sha256;
}

function packagePath(file: DataFile, context: ReaderContext): string {
  try {
    return resolve(dirname(require.resolve(`${file.package}/package.json`)), file.path);
  } catch {
    throw new MissingDataError(
      `Dataset "${context.dataset}" is in the npm package "${file.package}", which is not installed. ` +
        `Run "npm ci" (or "npm install ${file.package}").`,
    );
  }
}

function missing(what: string, context: ReaderContext): MissingDataError {
  return new MissingDataError(
    `Dataset "${context.dataset}": ${what} does not exist. ${cure('Put it there, or correct the path', context)}`,
  );
}

function cure(otherwise: string, context: ReaderContext): string {
  return context.obtain ?? `${otherwise}.`;
}
