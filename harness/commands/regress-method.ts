import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { leastForInterval } from '../evaluate/statistics.ts';
import { interruptedCode } from '../execute/protocol.ts';
import { whileLocked } from '../record/lock.ts';
import { defaultCostTolerance } from '../regress/costs.ts';
import { type DecisionRule, defaultRule } from '../regress/decide.ts';
import { errorRates } from '../regress/error-rates.ts';
import { formatErrorRates, formatRegression, regressionJson } from '../regress/format.ts';
import { regressionJunit } from '../regress/junit.ts';
import {
  checkComparable,
  type Reference,
  readReference,
  referenceFrom,
  writeReference,
} from '../regress/reference.ts';
import { isFailure, judgeRuns, type Regression } from '../regress/regression.ts';
import { replacedBy } from '../regress/replace-reference.ts';
import { formatSharpness, sharpnessOf } from '../regress/sharpness.ts';
import { loadScenario, scenarioDigest } from '../stream/load-scenario.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { print, printJson } from './command.ts';
import type { RegressOptions } from './regress-options.ts';
import { collectRuns } from './regress-runs.ts';
import { checkOutputs, isStandardOutput, writeOutput } from './write-output.ts';

/**
 * Judges a method by its reference, or records one, or measures the errors of the verdicts.
 * @returns the exit code
 * @throws UsageError for names that are not known; UserError for a reference that cannot be used
 */
export async function regress(word: string, options: RegressOptions): Promise<number> {
  checkOutputs({ '--junit': options.junit }, options.json);
  checkChanges(options);
  checkSeeds(options);
  const { method } = await loadMethod(word);
  const path = options.against ?? (await referencePath(method.name, options));
  const rule = { ...defaultRule, detect: options.detect, tolerance: options.tolerance };
  if (options.errorRates !== undefined)
    return printErrorRates(readReference(path), rule, options.errorRates, options);
  const reference = options.record === true ? undefined : readReference(path);
  const scenario = options.scenario ?? reference?.definition.scenario.name;
  if (scenario === undefined) throw new UsageError('Name the scenario with --scenario.');
  if (reference !== undefined) await checkScenario(scenario, options.measureOn, reference);
  // So is a metric that the reference has no cells for.
  if (reference !== undefined) sharpnessOf(reference, rule, options.metric);
  const collected = await collectRuns({ word, method, scenario, reference, options });
  if (collected.kind === 'failed') return collected.interrupted ? interruptedCode : 1;
  if (reference === undefined) {
    await keepReference(referenceFrom(collected.runs, collected.overrides), path, rule, options);
    return 0;
  }
  const regression = judgeRuns(collected.runs, reference, rule, {
    ...(options.metric && { metrics: options.metric }),
    costTolerance: { ...defaultCostTolerance, time: options.timeTolerance },
  });
  return report(regression, options);
}

function checkSeeds({ record, runs, seeds }: RegressOptions): void {
  if (record !== true || runs !== undefined || seeds.length >= leastForInterval) return;
  throw new UsageError(
    `A reference needs at least ${leastForInterval} runs to know its spread; --seeds asks for ${seeds.length}.`,
  );
}

function checkChanges({ detect, tolerance }: RegressOptions): void {
  if (detect > tolerance) return;
  throw new UsageError(
    `--detect is ${detect} and --tolerance ${tolerance}: a change that is tolerated cannot be found. ` +
      'Make --detect larger than --tolerance.',
  );
}

async function keepReference(
  recorded: Reference,
  path: string,
  rule: DecisionRule,
  { metric, json, force = false }: RegressOptions,
): Promise<void> {
  const sharpness = sharpnessOf(recorded, rule, metric);
  const replaced = await whileLocked(path, () => {
    const old = replacedBy(recorded, path, { force });
    writeReference(path, recorded);
    return old;
  });
  const runs = recorded.runs.length;
  if (json === true) {
    printJson({ reference: path, runs, replaced: replaced && { runs: replaced.runs }, sharpness });
    return;
  }
  const over = replaced === null ? '' : ` It replaces ${replaced.text}.`;
  print(`Recorded ${runs} runs as the reference ${path}.${over}\n${formatSharpness(sharpness, rule)}`);
}

function report(regression: Regression, { json, junit, strict = false }: RegressOptions): number {
  if (junit !== undefined) writeOutput(junit, regressionJunit(regression, strict));
  if (json === true) printJson(regressionJson(regression));
  else if (!isStandardOutput(junit)) print(formatRegression(regression));
  return isFailure(regression, strict) ? 1 : 0;
}

function printErrorRates(
  reference: Reference,
  rule: DecisionRule,
  trials: number,
  { seeds, metric, json }: RegressOptions,
): number {
  const rates = errorRates(reference, rule, {
    trials,
    size: seeds.length,
    ...(metric && { metrics: metric }),
  });
  if (json === true) printJson(rates);
  else print(formatErrorRates(rates));
  return 0;
}

/** Where the reference lies that is meant without `--against`. */
async function referencePath(method: string, { scenario, results }: RegressOptions): Promise<string> {
  const folder = join(results, 'references');
  if (scenario !== undefined) {
    const { name } = await loadScenario(scenario);
    return join(folder, `${name}.${method}.json`);
  }
  const all = existsSync(folder) ? readdirSync(folder) : [];
  const found = all.filter((file) => file.endsWith(`.${method}.json`));
  const [only] = found;
  if (only !== undefined && found.length === 1) return join(folder, only);
  const why = found.length === 0 ? 'no reference' : `several references (${found.join(', ')})`;
  throw new UsageError(`There is ${why} of ${method} in ${folder}: name the scenario with --scenario.`);
}

/** Before anything is run: a reference of another scenario or of other examples is refused now and not after an hour. */
async function checkScenario(
  word: string,
  measuredOn: RegressOptions['measureOn'],
  { definition }: Reference,
): Promise<void> {
  const scenario = await loadScenario(word).catch((thrown: unknown) => {
    if (!(thrown instanceof UsageError)) throw thrown;
    throw new UsageError(`${thrown.message} A scenario of your own is named by its file, with --scenario.`);
  });
  const { name, version } = scenario;
  checkComparable(
    { ...definition, measuredOn, scenario: { name, version, digest: scenarioDigest(scenario) } },
    definition,
  );
}
