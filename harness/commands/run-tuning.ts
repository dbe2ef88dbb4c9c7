import { AccuracyMatrix } from '../evaluate/accuracy-matrix.ts';
import { evaluateMetric, findMetric, type Metric } from '../evaluate/metrics/index.ts';
import { mean } from '../evaluate/statistics.ts';
import { interruptedCode } from '../execute/protocol.ts';
import type { CellOutcome } from '../execute/run-cells.ts';
import { readRun } from '../record/read-run.ts';
import type { RunDefinition } from '../record/run-record.ts';
import {
  type AddedSettings,
  addTunedSettings,
  isMeasured,
  type Trial,
  type TunedMethod,
} from '../record/tuned-settings.ts';
import { formatTuning } from '../report/tuning-table.ts';
import { loadScenario } from '../stream/load-scenario.ts';
import type { Scenario } from '../stream/scenario.ts';
import { scenarioDigest } from '../stream/scenario-digest.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import type { Method } from '../train/method.ts';
import { loadMethod } from '../train/registry/methods.ts';
import { resolveSettings, withWords } from '../train/registry/settings.ts';
import { print, printJson } from './command.ts';
import type { RunOptions } from './options.ts';
import { checkOverrides, planCells, planned, refuseNamesakes } from './plan-cells.ts';
import { planTrials } from './plan-trials.ts';
import { runWithProgress } from './run-with-progress.ts';
import { tunedFile } from './tuned-for.ts';

/** The options of `palimpsest tune` as commander hands them over. */
export type TuneOptions = Omit<RunOptions, 'fixSeed' | 'measureOn' | 'csv' | 'tuned'> & {
  readonly trials: number;
  readonly metric: string;
  /** How many tasks of the stream are run; all when left out. */
  readonly tasks?: number;
};

/** A method, one trial of it, and the cells that make it up. */
interface PlannedTrial {
  readonly method: Method;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What holds for all trials of the method. */
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly cells: readonly CellSpec[];
}

/**
 * Tries settings of each method on validation data, records all trials and prints them.
 * @returns The exit code.
 * @throws UsageError for an unknown scenario, method, metric or setting, before anything is run.
 */
export async function runTuning(scenarioName: string, options: TuneOptions): Promise<number> {
  const scenario = await loadScenario(scenarioName);
  const metric = findMetric(options.metric);
  const methods = await Promise.all(
    [...new Set(options.method)].map(async (reference) => ({
      reference,
      method: (await loadMethod(reference)).method,
    })),
  );
  refuseNamesakes(methods.map(({ reference, method }) => [reference, method]));
  checkOverrides(
    options.set ?? {},
    methods.map(({ reference, method }) => planned(reference, method)),
  );
  const trials = methods.flatMap(({ reference, method }) =>
    planMethod(scenarioName, scenario, reference, method, options),
  );
  const cells = trials.flatMap((trial) => trial.cells);
  const labels = trials.flatMap((trial, index) => trial.cells.map((cell) => labelOf(trials, index, cell)));
  const result = await runWithProgress(cells, labels, { jobs: options.jobs, quiet: options.quiet === true });
  if (result.interrupted) return interruptedCode;
  const outcomes = new Map(cells.map((cell, index) => [cell, result.outcomes[index] as CellOutcome]));
  const found = Object.fromEntries(
    methods.map(({ method }): [string, TunedMethod] => {
      const own = trials.filter((trial) => trial.method === method);
      const measured = own.map((trial) => measureTrial(trial, outcomes, metric));
      return [method.name, bestOf(method, measured, metric, own[0]?.fixed ?? {})];
    }),
  );
  const definition = definitionOf(result.outcomes);
  const measured = Object.fromEntries(Object.entries(found).filter(([, method]) => isMeasured(method)));
  const saved =
    definition !== undefined && Object.keys(measured).length > 0
      ? await save(scenario, definition, metric, options, measured)
      : undefined;
  return report(metric, found, saved, options);
}

function labelOf(trials: readonly PlannedTrial[], index: number, { seeds }: CellSpec): string {
  const method = trials[index]?.method;
  const number = trials.slice(0, index + 1).filter((trial) => trial.method === method).length;
  return `${method?.name} trial ${number} seed ${seeds.exampleOrder}`;
}

/** The trials of one method, checked. */
function planMethod(
  name: string,
  scenario: Scenario,
  reference: string,
  method: Method,
  options: TuneOptions,
): PlannedTrial[] {
  const { set: overrides = {}, seeds } = options;
  const base = {
    scenario: name,
    seeds,
    fixedSeeds: {},
    overrides,
    measuredOn: 'validation' as const,
    ...(options.tasks !== undefined && { firstTasks: options.tasks }),
    engine: options.engine,
    device: options.device,
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  };
  const [first] = planCells([planned(reference, method)], base);
  const fixed = withWords(method, first?.overrides ?? {});
  const { learningRate } = resolveSettings(scenario, method, fixed).scenario.training;
  return planTrials(method, options.trials, learningRate, Object.keys(fixed)).map((settings) => {
    const cells = planCells([planned(reference, method, settings)], base);
    for (const cell of cells) resolveSettings(scenario, method, cell.overrides);
    return { method, settings, fixed, cells };
  });
}

function measureTrial(
  { cells, settings }: PlannedTrial,
  outcomes: ReadonlyMap<CellSpec, CellOutcome>,
  metric: Metric,
): Trial {
  const own = cells.flatMap((cell) => outcomes.get(cell) ?? []);
  const failure = own.find(({ kind }) => kind === 'failed');
  if (failure?.kind === 'failed') return { settings, values: [], runs: [], error: failure.error };
  const runs = own.flatMap((outcome) => (outcome.kind === 'finished' ? [readRun(outcome.directory)] : []));
  const values = runs.flatMap(({ cells, record }) => {
    const result = evaluateMetric(metric, new AccuracyMatrix(cells, record.tasks.length));
    return result.kind === 'value' ? [result.value] : [];
  });
  const ids = runs.map(({ record }) => record.id);
  if (values.length === runs.length) return { settings, values, runs: ids };
  return { settings, values: [], runs: ids, error: `${metric.id} has no value on this scenario` };
}

/** The best trial; the earlier one of equals, so that defaults stay where nothing is better. */
function bestOf(
  { version }: Method,
  trials: readonly Trial[],
  { direction }: Metric,
  fixed: Readonly<Record<string, unknown>>,
): TunedMethod {
  const worth = ({ values }: Trial): number => {
    if (values.length === 0) return Number.NEGATIVE_INFINITY;
    return direction === 'higher' ? mean([...values]) : -mean([...values]);
  };
  const best = trials.reduce((most, next, at) => (worth(next) > worth(trials[most] as Trial) ? at : most), 0);
  return { version, best, settings: { ...fixed, ...trials[best]?.settings }, trials };
}

function definitionOf(outcomes: readonly CellOutcome[]): RunDefinition | undefined {
  const finished = outcomes.find(({ kind }) => kind === 'finished');
  return finished?.kind === 'finished' ? readRun(finished.directory).record.definition : undefined;
}

/** Adds what was found to the record of the scenario. */
function save(
  scenario: Scenario,
  { dataset }: RunDefinition,
  metric: Metric,
  { results, seeds, trials, tasks }: TuneOptions,
  methods: Readonly<Record<string, TunedMethod>>,
): Promise<AddedSettings> {
  return addTunedSettings(tunedFile(results, scenario.name), {
    format: 'palimpsest-tuned-1',
    scenario: { name: scenario.name, version: scenario.version, digest: scenarioDigest(scenario) },
    dataset: { name: dataset.name, revision: dataset.revision, sha256: dataset.sha256 },
    measuredOn: 'validation',
    metric: metric.id,
    ...(tasks !== undefined && { firstTasks: tasks }),
    seeds: [...seeds],
    trials,
    methods,
  });
}

/** Prints what was found and what was saved of it. @returns the exit code */
function report(
  metric: Metric,
  found: Readonly<Record<string, TunedMethod>>,
  saved: AddedSettings | undefined,
  { json }: TuneOptions,
): number {
  const failed = Object.entries(found).filter(([, method]) => !isMeasured(method));
  const leftOut = Object.fromEntries(failed.map(([name, { trials }]) => [name, trials[0]?.error ?? '']));
  if (json) printJson({ ...(saved?.tuned ?? { methods: {} }), ...(failed.length > 0 && { leftOut }) });
  else {
    print(formatTuning(metric, found));
    if (saved) print(`The record is in ${saved.file}.`);
    if (saved?.anew) {
      print('It began anew: what was there had another scenario, metric, number of trials, tasks or seeds.');
    }
  }
  for (const [name, error] of Object.entries(leftOut)) {
    console.error(`${name}: every trial failed, so the record has nothing new of it: ${error}`);
  }
  return failed.length > 0 ? 1 : 0;
}
