import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withFileErrors } from '../record/files.ts';
import { count } from '../report/format.ts';
import type { Supply } from './reproduction-schema.ts';

/** Whether something that a user must bring is there. */
export interface SupplyState {
  readonly supply: Supply;
  /** Where it should lie; null for what is no file. */
  readonly path: string | null;
  /** `wrong` is a file of another size or checksum than expected; `not-a-file` cannot be looked for. */
  readonly kind: 'present' | 'absent' | 'wrong' | 'not-a-file';
  /** What was found instead; empty unless wrong. */
  readonly problem: string;
}

/** Checksums of files by path, size and time: many tables name the same large file. */
const checksums = new Map<string, Promise<string>>();

/** Looks for a supply below the folder of user data, and holds it against the published size and checksums. */
export async function lookFor(supply: Supply, dataDirectory: string): Promise<SupplyState> {
  if (supply.file === undefined) return { supply, path: null, kind: 'not-a-file', problem: '' };
  const path = join(dataDirectory, supply.file);
  if (!existsSync(path)) return { supply, path, kind: 'absent', problem: '' };
  const problem = await problemOf(supply, path);
  return { supply, path, kind: problem === '' ? 'present' : 'wrong', problem };
}

async function problemOf({ bytes, sha256, md5 }: Supply, path: string): Promise<string> {
  const stats = withFileErrors(`read ${path}`, () => statSync(path));
  if (stats.isDirectory()) {
    const isFile = bytes !== undefined || sha256 !== undefined || md5 !== undefined;
    return isFile ? 'it is a folder instead of a file' : '';
  }
  if (stats.size === 0) return 'it is empty';
  if (bytes !== undefined && stats.size !== bytes)
    return `it has ${count(stats.size)} bytes instead of ${count(bytes)}`;
  for (const [algorithm, expected] of [
    ['sha256', sha256],
    ['md5', md5],
  ] as const) {
    if (expected === undefined) continue;
    const found = await knownChecksum(path, algorithm, `${stats.size} ${stats.mtimeMs}`);
    if (found !== expected) return `its ${algorithm} is ${found} instead of ${expected}`;
  }
  return '';
}

function knownChecksum(path: string, algorithm: 'sha256' | 'md5', state: string): Promise<string> {
  const key = `${algorithm} ${state} ${path}`;
  const known = checksums.get(key) ?? checksum(path, algorithm);
  checksums.set(key, known);
  return known;
}

async function checksum(path: string, algorithm: 'sha256' | 'md5'): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A supply in a sentence: what it is, its file, size and checksum as far as they are known, and where it goes. */
export function describeSupply({ supply, path, kind, problem }: SupplyState): string {
  if (path === null) return supply.title + (supply.from === undefined ? '' : ` (${supply.from})`);
  const known = [
    supply.bytes === undefined ? 'size not published here' : `${count(supply.bytes)} bytes`,
    supply.sha256 === undefined && supply.md5 === undefined
      ? 'checksum not published here'
      : [
          ...(supply.sha256 === undefined ? [] : [`sha256 ${supply.sha256}`]),
          ...(supply.md5 === undefined ? [] : [`md5 ${supply.md5}`]),
        ].join(', '),
  ];
  const state = {
    present: 'is there',
    absent: 'put it at',
    wrong: `is wrong (${problem}); put the right one at`,
  };
  const where = kind === 'not-a-file' ? '' : `; ${state[kind]}: ${path}`;
  return `${supply.title} (${known.join(', ')}${supply.from === undefined ? '' : `, from ${supply.from}`}${where})`;
}
