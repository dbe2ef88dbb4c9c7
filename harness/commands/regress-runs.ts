import { fileURLToPath } from 'node:url';
import { readRun } from '../record/read-run.ts';
import type { Reference } from '../regress/reference.ts';
import { type RunSample, sampleOf } from '../regress/run-sample.ts';
import { describeSeeds } from '../report/format.ts';
import { loadScenario } from '../stream/load-scenario.ts';
import type { Method } from '../train/method.ts';
import { resolveSettings } from '../train/settings.ts';
import { chooseSide } from './choose-side.ts';
import { checkOverrides, planCells, planned } from './plan-cells.ts';
import type { RegressOptions } from './regress-options.ts';
import { runWithProgress } from './run-with-progress.ts';

/** What is to be judged or recorded. */
export interface RegressJob {
  /** The method as the caller named it. */
  readonly word: string;
  readonly method: Method;
  /** Name or path. */
  readonly scenario: string;
  readonly reference: Reference | undefined;
  readonly options: RegressOptions;
}

/** The runs, or that there are none because one failed or the user stopped them. */
export type CollectedRuns =
  | {
      readonly kind: 'collected';
      readonly runs: RunSample;
      readonly overrides: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed'; readonly interrupted: boolean };

const calibratedCell = fileURLToPath(new URL('../regress/calibrated-cell.ts', import.meta.url));

/** Runs the method with each seed, or finds the recorded runs that were named. */
export async function collectRuns(job: RegressJob): Promise<CollectedRuns> {
  const { method, scenario, options } = job;
  if (options.runs === undefined) return runNow(job);
  const { name } = await loadScenario(scenario);
  const chosen = options.runs.map((word) =>
    chooseSide(word, { scenario: name, measuredOn: options.measureOn, results: options.results }),
  );
  for (const { error } of chosen.flatMap(({ unreadable }) => unreadable)) console.error(`Left out: ${error}`);
  const runs = chosen.flatMap((found) => found.runs);
  const ofMethod = runs.filter(({ record }) => record.definition.method.name === method.name);
  return {
    kind: 'collected',
    runs: sampleOf(`${method.name} in ${options.runs.join(' ')}`, ofMethod),
    overrides: ownOverrides(method.name, options.set),
  };
}

/** With which settings the recorded runs were made is the caller's to say; `ewc.strength` is `strength` of its own method. */
function ownOverrides(name: string, set: RegressOptions['set'] = {}): Readonly<Record<string, unknown>> {
  const prefix = `${name}.`;
  return Object.fromEntries(
    Object.entries(set).map(([key, value]) => [
      key.startsWith(prefix) ? key.slice(prefix.length) : key,
      value,
    ]),
  );
}

async function runNow({ word, method, scenario, reference, options }: RegressJob): Promise<CollectedRuns> {
  const plan = planned(word, method, reference?.overrides);
  checkOverrides(options.set ?? {}, [plan]);
  const specs = planCells([plan], {
    scenario,
    seeds: options.seeds,
    fixedSeeds: {},
    overrides: options.set ?? {},
    measuredOn: options.measureOn,
    engine: options.engine,
    device: 'cpu',
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  });
  const overrides = specs[0]?.overrides ?? {};
  resolveSettings(await loadScenario(scenario), method, overrides);
  const labels = specs.map(({ seeds }) => `${method.name} seed ${describeSeeds(seeds)}`);
  const { outcomes, interrupted } = await runWithProgress(specs, labels, {
    jobs: options.jobs,
    quiet: options.quiet === true,
    cellModule: calibratedCell,
  });
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'failed' ? [`  ${labels[index]}: ${outcome.error}`] : [],
  );
  if (failures.length > 0) {
    console.error(`${failures.length} of ${specs.length} runs failed:\n${failures.join('\n')}`);
  }
  const finished = outcomes.flatMap((outcome) => (outcome.kind === 'finished' ? [outcome.directory] : []));
  if (finished.length < specs.length) return { kind: 'failed', interrupted };
  return { kind: 'collected', runs: sampleOf(method.name, finished.map(readRun)), overrides };
}
