import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UsageError, UserError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import { datasetFolder, datasetNames } from './dataset-folders.ts';
import { definitionProblems } from './dataset-problems.ts';
import { problemsError } from './problems.ts';
import type { DatasetDefinition } from './scenario.ts';
import { type DatasetFile, withDatasetDefaults } from './scenario-defaults.ts';
import { schemaProblems } from './schema-check.ts';

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
  const path = join(datasetFolder(name), 'dataset.json');
  return validateDatasetDefinition(readJson(path), path);
}

/** The definition of a dataset that is named or defined in place. */
export function definitionOf(dataset: string | DatasetDefinition): DatasetDefinition {
  return typeof dataset === 'string' ? loadDatasetDefinition(dataset) : dataset;
}

/**
 * Checks a dataset's definition and fills in what it leaves out.
 * @throws UserError that lists every problem with its JSON path
 */
export function validateDatasetDefinition(json: unknown, whereFrom: string): DatasetDefinition {
  const problems = schemaProblems('dataset', json);
  if (problems.length > 0) throw problemsError(whereFrom, 'dataset definition', problems);
  const file = json as DatasetFile;
  const conflicts = definitionProblems(file, '$');
  if (conflicts.length > 0) throw problemsError(whereFrom, 'dataset definition', conflicts);
  return withDatasetDefaults(file);
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
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UserError(`${path} is not JSON: ${messageOf(error)}.`);
  }
}
