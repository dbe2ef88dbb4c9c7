import { findMetrics, type Metric } from '../evaluate/metrics/index.ts';
import { interruptedCode } from '../execute/protocol.ts';
import type { CellOutcome, RunCellsResult } from '../execute/run-cells.ts';
import { readRun } from '../record/read-run.ts';
import { describeSeeds } from '../report/format.ts';
import { groupRuns } from '../report/group-runs.ts';
import { reportJson } from '../report/json.ts';
import { loadScenario } from '../stream/load-scenario.ts';
import type { Scenario } from '../stream/scenario.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import type { Method } from '../train/method.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { resolveSettings } from '../train/registry/settings.ts';
import { print, printJson } from './command.ts';
import { tellFailures } from './failures.ts';
import { allMethods, fittingMethods } from './fitting-methods.ts';
import type { RunOptions } from './options.ts';
import { checkOverrides, type PlannedMethod, planCells, planned, refuseNamesakes } from './plan-cells.ts';
import { printTables, writeCsv } from './print-tables.ts';
import { runWithProgress } from './run-with-progress.ts';
import { tunedFor } from './tuned-for.ts';
import { checkOutputs, isStandardOutput } from './write-output.ts';

/**
 * Runs all methods with all seeds and prints what came of it.
 * @returns The exit code.
 * @throws UsageError for an unknown scenario, method, setting or metric, and for two results
 *   on standard output, before anything is run.
 */
export async function runSweep(scenario: string, options: RunOptions): Promise<number> {
  checkOutputs({ '--csv': options.csv }, options.json);
  const metrics = options.metric && findMetrics(options.metric);
  const loadedScenario = await loadScenario(scenario);
  const references = await namedMethods(options.method, loadedScenario);
  const loaded = new Map(await Promise.all(references.map(loadByReference)));
  refuseNamesakes(loaded);
  const tuned = options.tuned ? tunedFor(loadedScenario, [...loaded.values()], options) : {};
  const methods = [...loaded].map(([reference, method]) => planned(reference, method, tuned[method.name]));
  checkOverrides(options.set ?? {}, methods);
  const specs = planCells(methods, {
    scenario,
    seeds: options.seeds,
    fixedSeeds: options.fixSeed ?? {},
    overrides: options.set ?? {},
    measuredOn: options.measureOn,
    engine: options.engine,
    device: options.device,
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  });
  for (const { method, overrides } of specs) {
    const found = loaded.get(method);
    // A wrong value is told once and now, not by every worker.
    if (found !== undefined) resolveSettings(loadedScenario, found, overrides);
  }
  const labels = specs.map((spec) => labelOf(spec, methods));
  const result = await runWithProgress(specs, labels, { jobs: options.jobs, quiet: options.quiet === true });
  report(result, specs, labels, { ...options, metrics });
  if (result.interrupted) return interruptedCode;
  return result.outcomes.some(({ kind }) => kind === 'failed') ? 1 : 0;
}

/** The methods of a call; `all` stands for those that fit, and the others are told with the reason. */
async function namedMethods(given: readonly string[], scenario: Scenario): Promise<string[]> {
  if (!given.includes(allMethods)) return [...new Set(given)];
  const { fitting, unfit } = await fittingMethods(scenario);
  for (const { reason } of unfit) console.error(`Not run: ${reason}`);
  return [...new Set(given.flatMap((name) => (name === allMethods ? fitting : [name])))];
}

async function loadByReference(reference: string): Promise<[string, Method]> {
  return [reference, (await loadMethod(reference)).method];
}

function labelOf({ method, seeds }: CellSpec, methods: readonly PlannedMethod[]): string {
  const name = methods.find(({ reference }) => reference === method)?.name ?? method;
  return `${name} seed ${describeSeeds(seeds)}`;
}

function report(
  { outcomes, interrupted }: RunCellsResult,
  specs: readonly CellSpec[],
  labels: readonly string[],
  { csv, json, results, metrics }: RunOptions & { readonly metrics: readonly Metric[] | undefined },
): void {
  const tables = groupRuns(
    outcomes.flatMap((outcome) => (outcome.kind === 'finished' ? [readRun(outcome.directory)] : [])),
    metrics,
  );
  // A file of before is worth more than a part of the table, and the same command makes it anew.
  const written = csv !== undefined && !(interrupted && !isStandardOutput(csv));
  if (written) writeCsv(csv, tables);
  if (json === true) {
    const cells = outcomes.map((outcome, index) => cellJson(outcome, specs[index]));
    printJson({ cells, tables: reportJson(tables), interrupted });
    return;
  }
  if (!isStandardOutput(csv)) {
    printTables(tables);
    print(`Runs are recorded in ${results}/runs/${written ? `, the table in ${csv}` : ''}.`);
  }
  tellFailures(outcomes, labels);
  const stopped = outcomes.filter(({ kind }) => kind === 'stopped').length;
  if (stopped > 0)
    console.error(`${stopped} of ${specs.length} runs were stopped; the same command continues them.`);
}

function cellJson(outcome: CellOutcome, spec: CellSpec | undefined): unknown {
  const { kind: state, ...details } = outcome;
  return { method: spec?.method, seeds: spec?.seeds, state, ...details };
}
