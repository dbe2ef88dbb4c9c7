import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { withFileErrors } from '../record/files.ts';

/** A file of another tool, read as a whole. */
export interface SourceFile {
  /** As it was given: errors name it. */
  readonly path: string;
  /** As the record keeps it: without the folders above, which say nothing to others. */
  readonly name: string;
  readonly bytes: Buffer;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** No result of any of these tools comes near this. */
const maximumBytes = 256 * 2 ** 20;

/** How files begin that are none of the formats, whatever their name says. */
const otherContents: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip archive (a .npz or a checkpoint is one); unpack it first'],
  ['1f8b', 'compressed with gzip; unpack it first'],
  ['fffe', 'UTF-16 text; save it as UTF-8'],
  ['feff', 'UTF-16 text; save it as UTF-8'],
  ['8002', 'a Python pickle, which is a program and is never run'],
  ['8003', 'a Python pickle, which is a program and is never run'],
  ['8004', 'a Python pickle, which is a program and is never run'],
  ['8005', 'a Python pickle, which is a program and is never run'],
];

/**
 * Reads a file.
 * @param name How the record names it; the last part of the path when left out.
 * @throws UserError when it cannot be read, is empty or is larger than 256 MiB
 */
export function readSource(path: string, name = basename(path)): SourceFile {
  const size = withFileErrors(`read ${path}`, () => statSync(path).size);
  if (size > maximumBytes) {
    throw new UserError(`${path} has ${size} bytes; more than ${maximumBytes} are not read.`);
  }
  const bytes = withFileErrors(`read ${path}`, () => readFileSync(path));
  return sourceOf(path, name, bytes);
}

/** A file whose bytes are at hand. @throws UserError when it is empty */
export function sourceOf(path: string, name: string, bytes: Buffer): SourceFile {
  if (bytes.length === 0) throw new UserError(`${path} is empty.`);
  return { path, name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The file as text; a byte order mark is passed over. @throws UserError for what is not UTF-8 text */
export function textOf({ path, bytes }: SourceFile): string {
  const start = bytes.subarray(0, 4).toString('hex');
  const other = otherContents.find(([magic]) => start.startsWith(magic));
  if (other !== undefined) throw new UserError(`${path} is ${other[1]}.`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${path} is not UTF-8 text.`);
  }
  const zero = text.indexOf('\0');
  if (zero >= 0)
    throw new UserError(`${path} is not text: there is a zero byte in line ${lineOf(text, zero)}.`);
  return text;
}

/** The lines of a text without their ends, `\n` or `\r\n`. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
