import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseTarGzip } from 'nanotar';
import opentype, { type Font } from 'opentype.js';

/** A font family's package, as `fonts.json` lists it. */
export interface FontPackage {
  readonly name: string;
  readonly version: string;
  /** As npm states it: `sha512-…`. */
  readonly integrity: string;
  readonly family: string;
  /** What the family calls itself: serif, sans-serif, monospace, handwriting or display. */
  readonly style: string;
  readonly licence: string;
  readonly attribution: string;
}

/** One weight and slant of a family, open for reading. */
export interface Face {
  readonly family: string;
  readonly style: string;
  /** `400-normal` */
  readonly variant: string;
  /** The font that has a character, and where in it; undefined where the face does not draw it. */
  fontFor(character: string): Font | undefined;
}

/** A package's files by their path. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

const run = promisify(execFile);

/**
 * The bytes of a package, fetched with `npm pack` where the cache has none.
 * @throws Error when the bytes are not those that were pinned
 */
export async function fetchPackage(
  { name, version, integrity }: FontPackage,
  cache: string,
): Promise<Buffer> {
  mkdirSync(cache, { recursive: true });
  const path = join(cache, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  if (!existsSync(path))
    await run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${version}`]);
  const bytes = readFileSync(path);
  const found = integrityOf(bytes);
  if (found !== integrity)
    throw new Error(`${path} has the integrity ${found}, not ${integrity}. Delete it and try again.`);
  return bytes;
}

/** The digest by which npm names a package's bytes. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** Reads a package's archive. */
export async function openPackage(bytes: Uint8Array): Promise<PackageFiles> {
  const entries = await parseTarGzip(bytes);
  return new Map(
    entries.flatMap(({ name, data }) => (data ? [[name.replace(/^package\//, ''), data] as const] : [])),
  );
}

/** Every weight and slant of a family that says that it draws all the characters. */
export function facesOf({ family, style }: FontPackage, files: PackageFiles, characters: string): Face[] {
  const subsets = subsetsWith(files, characters);
  if (!subsets) return [];
  const variants = new Map<string, Map<string, Uint8Array>>();
  for (const [path, data] of files) {
    const match = /^files\/.*?-(?<subset>[a-z0-9-]+?)-(?<variant>\d00-(?:normal|italic))\.woff$/.exec(path);
    if (!match?.groups) continue;
    const { variant } = match.groups as { variant: string };
    const subset = subsets.find((name) => path.endsWith(`-${name}-${variant}.woff`));
    if (!subset) continue;
    const known = variants.get(variant) ?? new Map<string, Uint8Array>();
    variants.set(variant, known.set(subset, data));
  }
  return [...variants]
    .filter(([, found]) => found.size === subsets.length)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([variant, found]) => {
      const fonts = openAll([...found.values()]);
      if (!fonts) return [];
      const fontFor = (character: string): Font | undefined =>
        fonts.find((font) => font.charToGlyphIndex(character) > 0);
      return [{ family, style, variant, fontFor }];
    });
}

/** Undefined when one of the files is one that the library cannot read; there are a few. */
function openAll(files: readonly Uint8Array[]): Font[] | undefined {
  try {
    return files.map((data) => opentype.parse(data.slice().buffer));
  } catch {
    return undefined;
  }
}

/** Names of the fewest subset files that have all characters between them; undefined when some character is in none. */
function subsetsWith(files: PackageFiles, characters: string): string[] | undefined {
  const json = files.get('unicode.json');
  if (!json) return undefined;
  const ranges = Object.entries(JSON.parse(Buffer.from(json).toString('utf8')) as Record<string, string>).map(
    ([name, list]) => ({ name: name.replace(/[[\]]/g, ''), ranges: parseRanges(list) }),
  );
  const chosen = new Set<string>();
  for (const character of characters) {
    const code = character.codePointAt(0) as number;
    const subset = ranges.find((entry) =>
      entry.ranges.some(([first, last]) => first <= code && code <= last),
    );
    if (!subset) return undefined;
    chosen.add(subset.name);
  }
  return [...chosen].sort();
}

function parseRanges(list: string): [number, number][] {
  return list.split(',').map((range) => {
    const [first = '', last = first] = range.trim().replace(/^U\+/i, '').split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });
}
