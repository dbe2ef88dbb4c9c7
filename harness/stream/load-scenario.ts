import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { suggestion } from '../suggest.ts';
import { readJson } from './dataset-definition.ts';
import { problemsError } from './problems.ts';
import type { Scenario } from './scenario.ts';
import { type ScenarioFile, withScenarioDefaults } from './scenario-defaults.ts';
import { ruleProblems } from './scenario-rules.ts';
import { schemaProblems } from './schema-check.ts';

export { listDatasets, loadDatasetDefinition } from './dataset-definition.ts';
export { scenarioDigest } from './scenario-digest.ts';

/** Folder of the scenarios that come with the program. */
const scenariosFolder = fileURLToPath(new URL('../../scenarios/', import.meta.url));

/** Names of the scenarios that come with the program, in alphabetical order. */
export function scenarioNames(): string[] {
  return readdirSync(scenariosFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * All scenarios that come with the program.
 * @throws UserError if one of them is not valid
 */
export function listScenarios(): Scenario[] {
  return scenarioNames().map((name) => {
    const path = scenarioPath(name);
    return validateScenario(readJson(path), path);
  });
}

/**
 * Where a scenario's file lies. What ends in `.json` or holds a slash is a path, everything else a name.
 * @throws UsageError for an unknown name, with the nearest one and the list
 */
export function scenarioPath(nameOrPath: string): string {
  if (nameOrPath.endsWith('.json') || /[/\\]/.test(nameOrPath)) return resolve(nameOrPath);
  const known = scenarioNames();
  if (known.includes(nameOrPath)) return join(scenariosFolder, `${nameOrPath}.json`);
  throw new UsageError(
    `There is no scenario "${nameOrPath}".${suggestion(nameOrPath, known)} Known are: ${known.join(', ')}; ` +
      'or give the path of a .json file.',
  );
}

/** The folder that relative paths in a scenario refer to: its file's. For `baseDirectory` of `openStream`. */
export function scenarioDirectory(nameOrPath: string): string {
  return dirname(scenarioPath(nameOrPath));
}

/**
 * Loads a scenario by its name under `scenarios/` or by the path of its file, with all defaults filled in.
 * @throws UsageError for an unknown name or a file that is not there; UserError for one that is not a valid scenario
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const path = scenarioPath(nameOrPath);
  if (!existsSync(path))
    throw new UsageError(`${path} cannot be read (ENOENT: there is no such file). Correct the path.`);
  return validateScenario(readJson(path), nameOrPath);
}

/**
 * Checks a scenario and fills in what it leaves out.
 * @param whereFrom file name or the like, for the error
 * @throws UserError that lists every problem: the JSON path, what stands there, and what would be right
 */
export function validateScenario(json: unknown, whereFrom: string): Scenario {
  const problems = schemaProblems('scenario', json);
  if (problems.length > 0) throw problemsError(whereFrom, 'scenario', problems);
  const file = json as ScenarioFile;
  const contradictions = ruleProblems(file);
  if (contradictions.length > 0) throw problemsError(whereFrom, 'scenario', contradictions);
  return withScenarioDefaults(file);
}
