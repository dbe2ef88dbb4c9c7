import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, UsageError, UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import type { Method } from '../method.ts';
import { isMethodFile, methodDigest } from './method-digest.ts';
import { isMethod, methodProblem } from './method-shape.ts';

const folder = fileURLToPath(new URL('../../../methods', import.meta.url));

/** A method with what its file says of itself. */
export interface LoadedMethod {
  readonly method: Method;
  readonly file: string;
  /** SHA-256 of the file, and of files of its own that it imports, hex; see {@link methodDigest}. */
  readonly digest: string;
}

/** What a list of methods shows. */
export interface MethodListing {
  readonly name: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly file: string;
}

/**
 * Names of the files under `methods/` that export a method: putting one there is all that is needed to add it. Files without a
 * default export are helpers.
 */
export function methodNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && isMethodFile(join(folder, file)))
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** Every method under `methods/`. */
export async function listMethods(): Promise<MethodListing[]> {
  const loaded = await Promise.all(methodNames().map(loadMethod));
  return loaded.map(({ method: { name, version, title, summary }, file }) => ({
    name,
    version,
    title,
    summary,
    file,
  }));
}

function lacking(method: object): string {
  const { name, version, settings } = method as Record<string, unknown>;
  if (typeof name !== 'string') return 'exports something without a "name" that is a text';
  if (typeof version !== 'number') return `exports "${name}" without a "version" that is a number`;
  return settings === undefined
    ? `exports "${name}" without "settings"; a method that has none says settings: {}`
    : `exports "${name}" with "settings" that are no object`;
}

/**
 * Loads a method by its name under `methods/`, or by the path of a file of one's own.
 * @throws UsageError for an unknown name or a missing file; UserError when the file does not
 *   export a method, or one with an unknown hook
 */
export async function loadMethod(nameOrPath: string): Promise<LoadedMethod> {
  const file = fileOf(nameOrPath);
  const source = readSource(file);
  const method = await importDefault(file);
  if (!isMethod(method)) {
    const what =
      typeof method === 'object' && method !== null
        ? lacking(method)
        : 'does not export a method as its default';
    throw new UserError(
      `${file} ${what}: write "export default defineMethod({ name, version, title, summary, settings, … })".`,
    );
  }
  const problem = methodProblem(method);
  if (problem !== undefined) throw new UserError(`The method in ${file} is refused: ${problem}`);
  requireItsName(method.name, file);
  return {
    method,
    file,
    digest: methodDigest(file, source),
  };
}

/** A method in `methods/` is found by its file's name and listed, set and recorded by its own. */
function requireItsName(name: string, file: string): void {
  const own = basename(file, '.ts');
  if (dirname(file) !== dirname(join(folder, own)) || own === name) return;
  throw new UserError(
    `The method in ${file} calls itself "${name}". Give it the name of its file, "${own}", or the file that of the method.`,
  );
}

function fileOf(nameOrPath: string): string {
  if (/[/\\]/.test(nameOrPath) || /\.[cm]?[jt]s$/.test(nameOrPath)) return resolve(nameOrPath);
  const known = methodNames();
  if (known.includes(nameOrPath)) return join(folder, `${nameOrPath}.ts`);
  throw new UsageError(
    `There is no method "${nameOrPath}".${suggestion(nameOrPath, known)} Known are: ${known.join(', ')}; or give the path of a file.`,
  );
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const { default: found } = (await import(pathToFileURL(file).href)) as {
      default?: unknown;
    };
    return found;
  } catch (thrown) {
    throw new UserError(`The method's file ${file} cannot be loaded: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function readSource(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(
        `There is no method's file ${file}. Correct the path, or give the name of a method ("palimpsest ls methods").`,
      );
    }
    throw new UserError(`The method's file cannot be read: ${messageOf(thrown)}.`);
  }
}
