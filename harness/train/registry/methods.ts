import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, UsageError, UserError } from '../../errors.ts';
import { suggestion } from '../../suggest.ts';
import type { Method } from '../method.ts';
import { methodDigest } from './method-digest.ts';
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

/** Names of the files under `methods/`: putting a file there is all that is needed to add a method. */
export function methodNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
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
    throw new UserError(
      `${file} does not export a method as its default: write "export default defineMethod({ name, version, title, summary, settings, … })".`,
    );
  }
  const problem = methodProblem(method);
  if (problem !== undefined) throw new UserError(`The method in ${file} is refused: ${problem}`);
  return {
    method,
    file,
    digest: methodDigest(file, source),
  };
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
