import { InvalidArgumentError } from 'commander';
import { type SeedRole, type Seeds, seedRoles } from '../random.ts';
import { suggestion } from '../suggest.ts';
import type { CellSpec } from '../train/loop/cell.ts';

/** The options of `palimpsest run` as commander hands them over. */
export interface RunOptions {
  readonly method: readonly string[];
  readonly seeds: readonly number[];
  readonly fixSeed?: Partial<Seeds>;
  readonly set?: Readonly<Record<string, unknown>>;
  /** True for the file that `palimpsest tune` writes, or the path of another. */
  readonly tuned?: string | true;
  readonly measureOn: CellSpec['measuredOn'];
  /** Ids of the metrics of the table; the usual ones when left out. */
  readonly metric?: readonly string[];
  readonly jobs: number;
  readonly engine: CellSpec['engine'];
  readonly device: CellSpec['device'];
  readonly threads: number;
  readonly results: string;
  readonly data: string;
  readonly csv?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const mostSeeds = 10_000;

/**
 * Reads `--seeds`: a count (`5` is 1 to 5), a list (`1,2,7`), a range (`3-7`), or a mixture of the last two. One
 * chosen seed is written `7-7` or `7,`.
 */
export function parseSeeds(text: string): number[] {
  if (/^\d+$/.test(text)) return range(1, limited(Number(text)), text);
  if (text.trim() === '')
    throw new InvalidArgumentError('Give a count (5), a list (1,2,7) or a range (3-7).');
  const seeds = text
    .split(',')
    .filter((part, index, parts) => part !== '' || index < parts.length - 1)
    .flatMap((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
      if (match === null)
        throw new InvalidArgumentError('Give a count (5), a list (1,2,7) or a range (3-7).');
      return range(Number(match[1]), Number(match[2] ?? match[1]), part);
    });
  return [...new Set(seeds)];
}

function range(first: number, last: number, text: string): number[] {
  const length = last - first + 1;
  if (length < 1) throw new InvalidArgumentError(`${text} names no seed.`);
  if (!Number.isSafeInteger(last)) throw new InvalidArgumentError(`${text} is too large a seed.`);
  limited(length);
  return Array.from({ length }, (_, index) => first + index);
}

function limited(count: number): number {
  if (count > mostSeeds) throw new InvalidArgumentError(`Take at most ${mostSeeds} seeds.`);
  return count;
}

/** Adds one `--fix-seed role=value` to those before. */
export function addFixedSeed(text: string, earlier: Partial<Seeds> = {}): Partial<Seeds> {
  const [role = '', value = ''] = splitAtEquals(text);
  if (!(seedRoles as readonly string[]).includes(role)) {
    const near = suggestion(role, seedRoles);
    throw new InvalidArgumentError(
      `There is no seed role "${role}".${near} Roles are ${seedRoles.join(', ')}.`,
    );
  }
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw new InvalidArgumentError(`The seed "${value}" must be a whole number, 0 or more.`);
  }
  return { ...earlier, [role as SeedRole]: Number(value) };
}

/** Adds one `--set key=value` to those before; the value is JSON where it can be read as JSON, else text. */
export function addSetting(
  text: string,
  earlier: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const [key = '', value] = splitAtEquals(text);
  if (key === '' || value === undefined) throw new InvalidArgumentError('Write it as key=value.');
  return { ...earlier, [key]: parseValue(value) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function splitAtEquals(text: string): [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Reads a whole number from 1 up. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('Give a whole number, 1 or more.');
  }
  return value;
}
