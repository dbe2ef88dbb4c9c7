import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { readRun } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import type { Reference } from '../regress/reference.ts';
import { haveSameSettings } from '../regress/replace-reference.ts';
import { type RunSample, sampleOf } from '../regress/run-sample.ts';
import { differingSettings } from '../report/differing-settings.ts';
import { describeSeeds } from '../report/format.ts';
import { rowKey } from '../report/group-runs.ts';
import { loadScenario, scenarioDigest } from '../stream/load-scenario.ts';
import type { Method } from '../train/method.ts';
import { resolveSettings } from '../train/registry/settings.ts';
import { chooseSide } from './choose-side.ts';
import { tellFailures } from './failures.ts';
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
  const { method, scenario, reference, options } = job;
  if (options.runs === undefined) return runNow(job);
  const { name } = await loadScenario(scenario);
  const chosen = options.runs.map((word) =>
    chooseSide(word, { scenario: name, measuredOn: options.measureOn, results: options.results }),
  );
  for (const { error } of chosen.flatMap(({ unreadable }) => unreadable)) console.error(`Left out: ${error}`);
  const runs = chosen.flatMap((found) => found.runs);
  const ofMethod = runs.filter(({ record }) => record.definition.method.name === method.name);
  const { kept, left } = withSettingsOf(reference, ofMethod);
  if (left > 0) console.error(`Left out: ${left} runs with other settings than the reference's.`);
  const sample = sampleOf(`${method.name} in ${options.runs.join(' ')}`, kept);
  const overrides = ownOverrides(method.name, options.set);
  if (options.record === true) await requireOverridesOf(sample, job, overrides);
  return { kind: 'collected', runs: sample, overrides };
}

/**
 * A reference is held against runs that are made with its overrides, so they must be those of the recorded runs.
 * @throws UserError that names what differs
 */
async function requireOverridesOf(
  { definition }: RunSample,
  { method, scenario }: RegressJob,
  overrides: Readonly<Record<string, unknown>>,
): Promise<void> {
  const present = await loadScenario(scenario);
  // Of runs of another text of the scenario it cannot be told; a reference made of them is refused when it is used.
  if (definition.scenario.digest !== scenarioDigest(present)) return;
  const resolved = resolveSettings(present, method, overrides);
  const { weightsDigest: _ofTheWeights, ...backbone } = definition.backbone;
  const made = { ...definition, backbone };
  const meant = {
    ...definition,
    method: { ...definition.method, settings: resolved.settings },
    training: resolved.scenario.training,
    backbone: resolved.scenario.backbone,
  };
  if (haveSameSettings(made, meant)) return;
  const differing = differingSettings([made, meant], 0);
  throw new UserError(
    `The runs were made with ${differing.join(', ')}, which later runs against this reference would not be. ` +
      `Say so with --set ${differing.join(' ')}.`,
  );
}

/**
 * Of runs of several kinds those with the reference's settings. Runs of one kind are all kept, whatever
 * their settings: it may be changed ones that are to be judged. So are all where none has the
 * reference's, for the error that lists the kinds.
 */
export function withSettingsOf(
  reference: Reference | undefined,
  runs: readonly RecordedRun[],
): { readonly kept: readonly RecordedRun[]; readonly left: number } {
  const finished = runs.filter(({ record }) => record.status.state === 'finished');
  if (reference === undefined || new Set(finished.map(rowKey)).size < 2) return { kept: runs, left: 0 };
  const kept = finished.filter(({ record }) => haveSameSettings(record.definition, reference.definition));
  return kept.length === 0 ? { kept: runs, left: 0 } : { kept, left: finished.length - kept.length };
}

/**
 * With which settings the recorded runs were made is the caller's to say;
 * `ewc.strength` is `strength` of its own method.
 */
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
  tellFailures(outcomes, labels);
  const finished = outcomes.flatMap((outcome) => (outcome.kind === 'finished' ? [outcome.directory] : []));
  if (finished.length < specs.length) return { kind: 'failed', interrupted };
  return { kind: 'collected', runs: sampleOf(method.name, finished.map(readRun)), overrides };
}
