import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const harness = fileURLToPath(new URL('../..', import.meta.url));
const methods = fileURLToPath(new URL('../../../methods', import.meta.url));

/** `from './a.ts'`, `import './a.ts'`, `import('./a.ts')`, `require('./a.ts')`; those in comments do no harm. */
const relativeImport = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.[^'"\n]*)\1/g;
const code = /\.[cm]?[jt]sx?$/;
const endings = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json'];

/**
 * What tells a method's versions apart: SHA-256 of its file, hex. Where it imports files of its own by relative paths, and
 * these others, it is SHA-256 of the checksums of all of them.
 *
 * Files of `harness/` do not count, which runs name by the program's version, nor does another method in `methods/`, which
 * has a version of its own.
 * @param source what stands in the file
 */
export function methodDigest(file: string, source: Buffer): string {
  const real = realpathSync(file);
  const helpers = helpersOf(real, source);
  if (helpers.size === 0) return sha256(source);
  // Relative and sorted, so that neither the place of the folder nor the order of imports counts.
  const lines = [...helpers].map(
    ([path, bytes]) => `${sha256(bytes)} ${relative(dirname(real), path).split(sep).join('/')}\n`,
  );
  return sha256(`${sha256(source)}\n${lines.sort().join('')}`);
}

/** Every file that the method's own stands on, with what is in it. */
function helpersOf(file: string, source: Buffer): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>([[file, source]]);
  for (const [importer, bytes] of found) {
    if (!code.test(importer)) continue;
    for (const path of importsOf(importer, bytes.toString('utf8'))) {
      // The map grows while it is walked, which is how helpers of helpers have their turn.
      if (!found.has(path)) found.set(path, readFileSync(path));
    }
  }
  found.delete(file);
  return found;
}

function importsOf(importer: string, text: string): string[] {
  return [...text.matchAll(relativeImport)]
    .map(([, , specifier = '']) => specifier.replace(/[?#].*$/, ''))
    .filter((specifier) => !specifier.includes('/node_modules/'))
    .flatMap((specifier) => filesOf(resolve(dirname(importer), specifier)))
    .filter((path) => !path.startsWith(harness) && !(dirname(path) === methods && isMethodFile(path)));
}

/** Whether a file exports something as its default, as methods do; helpers that lie beside them do not. */
export function isMethodFile(path: string): boolean {
  return /^export\s+default\b|\bas\s+default\b/m.test(readFileSync(path, 'utf8'));
}

/**
 * The files that a path in an import may stand for: itself, without its ending, `.js` for what is
 * written in `.ts`, or the index of a folder. All that exist are taken: one too many trains once more,
 * one too few would give an old result for a new one.
 */
function filesOf(path: string): string[] {
  const written = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  return [path, written, resolve(path, 'index')]
    .flatMap((stem) => endings.map((ending) => stem + ending))
    .filter((candidate) => existsSync(candidate) && statSync(candidate).isFile())
    .map((candidate) => realpathSync(candidate));
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
