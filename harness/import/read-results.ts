import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { withFileErrors } from '../record/files.ts';
import { suggestion } from '../suggest.ts';
import { type ImportedResult, type Importer, type ImportOptions, importers } from './index.ts';
import { readSource, type SourceFile } from './source-file.ts';

/**
 * Reads files of a format.
 * @param paths Files; for formats of many files also the folder that holds them.
 * @throws UsageError for an unknown format, a path that is not there, or an option that the format has no use for;
 *   UserError naming file and place for content that cannot be right
 */
export function readResults(
  format: string,
  paths: readonly string[],
  options: ImportOptions = {},
): { readonly importer: Importer; readonly found: readonly ImportedResult[] } {
  const importer = findImporter(format);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !importer.takes.includes(name as keyof ImportOptions)) {
      throw new UsageError(`--${name} is not for ${format} files, which ${because(name, importer)}.`);
    }
  }
  const files = paths.flatMap((path) => filesOf(path, importer));
  return { importer, found: importer.read(files, options) };
}

/** The importer of a format. @throws UsageError that suggests the nearest */
export function findImporter(format: string): Importer {
  const found = importers.find((importer) => importer.format === format);
  if (found !== undefined) return found;
  const formats = importers.map((importer) => importer.format);
  throw new UsageError(
    `There is no format "${format}".${suggestion(format, formats)} Formats are ${formats.join(', ')}.`,
  );
}

function because(option: string, { unit }: Importer): string {
  return option === 'unit' && unit !== undefined ? `are always in ${unit}` : 'have no use for it';
}

function filesOf(path: string, { format, inFolder }: Importer): SourceFile[] {
  const found = withFileErrors(`read ${path}`, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined) throw new UsageError(`There is no file ${path}.`);
  if (found.isFile()) return [readSource(path, recordedName(path, inFolder))];
  if (!found.isDirectory()) throw new UsageError(`${path} is neither a file nor a folder.`);
  if (inFolder === undefined)
    throw new UsageError(`${path} is a folder; give the ${format} files themselves.`);
  const inside = withFileErrors(`read ${path}`, () => namesIn(path));
  const names = inside.filter((name) => inFolder.test(name)).sort();
  if (names.length === 0) throw new UsageError(`The folder ${path} holds no ${format} files.`);
  return names.map((name) => readSource(join(path, name), recordedName(join(path, name), inFolder)));
}

/** The paths of the files in a folder and in the folders right under it. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    return readdirSync(join(folder, entry.name)).map((name) => join(entry.name, name));
  });
}

/** Where all files have one name (SAPT), the folder above tells them apart. */
function recordedName(path: string, inFolder: RegExp | undefined): string {
  const ownName = basename(path);
  const withFolder = path.split(/[/\\]/).slice(-2).join('/');
  return inFolder?.test(withFolder) === true ? withFolder : ownName;
}
