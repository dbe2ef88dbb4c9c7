import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, UsageError, UserError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import { type Problem, problemsError } from './problems.ts';
import type { DatasetDefinition, ReaderSpec } from './scenario.ts';
import { type DatasetFile, type ReaderFile, withDatasetDefaults } from './scenario-defaults.ts';
import { schemaProblems } from './schema-check.ts';

/** Folder of the datasets that come with the program. */
const datasetsFolder = fileURLToPath(new URL('../../datasets/', import.meta.url));

/** Names of the datasets that come with the program, in alphabetical order. */
export function datasetNames(): string[] {
  return readdirSync(datasetsFolder)
    .filter((name) => existsSync(join(datasetsFolder, name, 'dataset.json')))
    .sort();
}

/**
 * The definitions of all datasets that come with the program.
 * @throws UserError if one of them is not valid
 */
export function listDatasets(): DatasetDefinition[] {
  return datasetNames().map(loadDatasetDefinition);
}

/**
 * The definition in `datasets/<name>/dataset.json`.
 * @throws UsageError for an unknown name, with the nearest one; UserError if the file is not valid
 */
export function loadDatasetDefinition(name: string): DatasetDefinition {
  const known = datasetNames();
  if (!known.includes(name)) {
    throw new UsageError(
      `There is no dataset "${name}".${suggestion(name, known)} Known are: ${known.join(', ')}.`,
    );
  }
  const path = join(datasetsFolder, name, 'dataset.json');
  return validateDatasetDefinition(readJson(path), path);
}

/**
 * Checks a dataset's definition and fills in what it leaves out.
 * @throws UserError that lists every problem with its JSON path
 */
export function validateDatasetDefinition(json: unknown, whereFrom: string): DatasetDefinition {
  const problems = schemaProblems('dataset', json);
  if (problems.length > 0) throw problemsError(whereFrom, 'dataset definition', problems);
  const file = json as DatasetFile;
  const conflicts = readerProblems(file.reader, '$.reader');
  if (conflicts.length > 0) throw problemsError(whereFrom, 'dataset definition', conflicts);
  return withDatasetDefaults(file);
}

/** What is wrong in a reader although each of its properties is right by itself. */
export function readerProblems(reader: ReaderFile, path: string): Problem[] {
  if (reader.kind === 'idx') return [];
  const problems: Problem[] = [];
  if (reader.test !== undefined && reader.split !== undefined) {
    problems.push({
      path: `${path}.split`,
      message: 'has no effect beside "test"; leave one of the two out',
    });
  }
  if (reader.kind === 'image-folder') return problems;
  if (reader.domainColumn === reader.labelColumn) {
    problems.push({ path: `${path}.domainColumn`, message: 'is the label column; it must be another one' });
  }
  if (reader.featureColumns?.includes(reader.labelColumn)) {
    problems.push({
      path: `${path}.featureColumns`,
      message: `contains the label column "${reader.labelColumn}"; the input must not hold the answer`,
    });
  }
  return problems;
}

/** Whether the reader gives every row a domain. */
export function hasDomains(reader: ReaderSpec): boolean {
  if (reader.kind === 'idx') return false;
  return reader.kind === 'image-folder' ? reader.domains : reader.domainColumn !== undefined;
}

/** Reads a JSON file. @throws UserError that names the file if it is missing or not JSON */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path} cannot be read (${messageOf(error)}). Correct the path.`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is not JSON: ${messageOf(error)}.`);
  }
}
