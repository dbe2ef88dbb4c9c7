import { canonicalJson } from '../record/canonical.ts';
import { readRun } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { sampleOf } from '../regress/run-sample.ts';
import { finishedRuns, runsOfPlan, seedOf, type TableRuns } from '../reproduce/cell-runs.ts';
import { chooseKind, type LeftOutRun } from '../reproduce/choose-kind.ts';
import type { PlannedCell, RunPlan } from '../reproduce/resolve-cells.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import { planCells } from './plan-cells.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { runWithProgress } from './run-with-progress.ts';

/** What came of running a table's cells. */
export interface CollectedCells {
  readonly runs: TableRuns;
  /** Runs of a cell that make no sample with the others, by its name. */
  readonly leftOut: ReadonlyMap<string, readonly LeftOutRun[]>;
  /** Why a cell lacks runs that failed, by its name; one for each. */
  readonly failures: ReadonlyMap<string, readonly string[]>;
  readonly interrupted: boolean;
}

/** A cell that is run. */
interface CellJob {
  readonly name: string;
  readonly plan: RunPlan;
  /** Those asked for. */
  readonly seeds: readonly number[];
  /** Finished runs of these seeds that were there before. */
  readonly found: readonly RecordedRun[];
  /** Those of this call. */
  readonly made: RecordedRun[];
  /** Seeds that this call has begun. */
  readonly begun: Set<number>;
}

/** A run that is to be made. */
interface Missing {
  readonly job: CellJob;
  readonly seed: number;
}

/** Runs what is missing of the cells, seed by seed, so that every cell has a first result early. */
export async function runPlannedCells(
  planned: readonly PlannedCell[],
  options: ReproduceOptions,
): Promise<CollectedCells> {
  const local = finishedRuns(options);
  const jobs = planned.flatMap(({ published, plan }) =>
    plan.kind === 'run' ? [jobOf(published.id, plan, local, options)] : [],
  );
  const failures = new Map<string, string[]>();
  let interrupted = false;
  for (let missing = missingOf(jobs); missing.length > 0 && !interrupted; missing = missingOf(jobs)) {
    const again = missing.filter(({ job, seed }) => seedsOf(job.found).has(seed)).length;
    if (again > 0 && options.quiet !== true) {
      console.error(`${again} of these runs are of seeds that were run before, with another engine or data.`);
    }
    interrupted = await runMissing(missing, failures, options);
  }
  const chosen = jobs.map(({ name, found, made }) => [name, chooseKind(found, made)] as const);
  return {
    runs: new Map(
      chosen.flatMap(([name, { runs }]) => (runs.length === 0 ? [] : [[name, sampleOf(name, runs)]])),
    ),
    leftOut: new Map(chosen.map(([name, { leftOut }]) => [name, leftOut])),
    failures,
    interrupted,
  };
}

function jobOf(
  name: string,
  plan: RunPlan,
  local: readonly RecordedRun[],
  { quick, seeds: count }: ReproduceOptions,
): CellJob {
  const seeds = plan.seeds.slice(0, quick === true ? 1 : count);
  const found = runsOfPlan(plan.expected, local).filter(({ record }) =>
    seeds.includes(seedOf(record.definition)),
  );
  return { name, plan, seeds, found, made: [], begun: new Set() };
}

/**
 * Seeds that the runs of a cell lack and this call has not begun. Which kind of run is made now is known by the first of
 * them alone: where there were runs of another kind only, their seeds are missing after it.
 */
function missingOf(jobs: readonly CellJob[]): Missing[] {
  const missing = jobs.flatMap((job) => {
    const done = seedsOf(chooseKind(job.found, job.made).runs);
    return job.seeds.filter((seed) => !done.has(seed) && !job.begun.has(seed)).map((seed) => ({ job, seed }));
  });
  return missing.sort((one, other) => one.seed - other.seed);
}

function seedsOf(runs: readonly RecordedRun[]): Set<number> {
  return new Set(runs.map(({ record }) => seedOf(record.definition)));
}

async function runMissing(
  missing: readonly Missing[],
  failures: Map<string, string[]>,
  options: ReproduceOptions,
): Promise<boolean> {
  const wanted = wantedRuns(missing);
  const labels = wanted.map(({ jobs, seed }) => `${jobs.map(({ name }) => name).join(', ')} seed ${seed}`);
  for (const { job, seed } of missing) job.begun.add(seed);
  const { outcomes, interrupted } = await runWithProgress(
    wanted.map(({ jobs: [{ plan }], seed }) => specOf(plan, seed, options)),
    labels,
    { jobs: options.jobs, quiet: options.quiet === true },
  );
  wanted.forEach(({ jobs, seed }, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind === 'finished') {
      const run = readRun(outcome.directory);
      for (const job of jobs) job.made.push(run);
    }
    if (outcome?.kind !== 'failed') return;
    console.error(`${labels[index]} failed: ${outcome.error}`);
    const reason = `the run of seed ${seed} failed: ${outcome.error.split('\n')[0]}`;
    for (const { name } of jobs) failures.set(name, [...(failures.get(name) ?? []), reason]);
  });
  const stopped = outcomes.filter(({ kind }) => kind === 'stopped').length;
  if (stopped > 0)
    console.error(`${stopped} of ${wanted.length} runs were stopped; the same command continues them.`);
  return interrupted;
}

/** Missing runs, each once: cells may be bound to the same, and two processes cannot work on one run. */
function wantedRuns(
  missing: readonly Missing[],
): { readonly jobs: [CellJob, ...CellJob[]]; readonly seed: number }[] {
  const wanted = new Map<string, { jobs: [CellJob, ...CellJob[]]; seed: number }>();
  for (const { job, seed } of missing) {
    const key = canonicalJson([job.plan.expected, seed]);
    const same = wanted.get(key);
    if (same === undefined) wanted.set(key, { jobs: [job], seed });
    else same.jobs.push(job);
  }
  return [...wanted.values()];
}

function specOf(
  { scenario, method, overrides, expected }: RunPlan,
  seed: number,
  options: ReproduceOptions,
): CellSpec {
  const settings = Object.keys(expected.method.settings);
  const [spec] = planCells([{ reference: method, name: expected.method.name, settings, tuned: overrides }], {
    scenario,
    seeds: [seed],
    fixedSeeds: {},
    overrides: {},
    measuredOn: 'test',
    engine: options.engine,
    device: 'cpu',
    threads: options.threads,
    resultsDirectory: options.results,
    dataDirectory: options.data,
  });
  if (spec === undefined) throw new Error('A plan of one method and one seed makes one cell.');
  return spec;
}
