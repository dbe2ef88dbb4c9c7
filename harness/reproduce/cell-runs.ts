import { UserError } from '../errors.ts';
import { evaluateMetric, type Metric } from '../evaluate/metrics/index.ts';
import { findRuns } from '../record/read-run.ts';
import { runId } from '../record/run-id.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { matrixOf, type RunSample, type SampleRun } from '../regress/run-sample.ts';
import { changesSince, type ExpectedRun } from './resolve-cells.ts';

/** Runs of a table's cells, by the cell's name. */
export type TableRuns = ReadonlyMap<string, RunSample>;

/** The id of a run of a sample: it follows from the definition. */
export function idOf({ definition }: RunSample, { seeds }: SampleRun): string {
  return runId({ ...definition, seeds });
}

/** The seed of a run, which is that of all its roles. */
export function seedOf({ seeds }: Pick<SampleRun, 'seeds'>): number {
  return seeds.classOrder;
}

/** The metric of a run, as a fraction. @throws UserError where the matrix lacks what the metric reads */
export function metricValue(sample: RunSample, run: SampleRun, metric: Metric): number {
  const result = evaluateMetric(metric, matrixOf(run, sample.tasks));
  if (result.kind === 'value') return result.value;
  const reason =
    result.kind === 'undefined'
      ? result.reason
      : `${result.cells.length === 1 ? 'one cell was' : `${result.cells.length} cells were`} not measured`;
  throw new UserError(`The run ${idOf(sample, run)} has no ${metric.id}: ${reason}.`);
}

/** Where runs are looked for, and what computed them. */
export interface RunPlace {
  readonly results: string;
  readonly engine: string;
  readonly threads: number;
}

/** Finished runs of the results folder, looked through once. */
export function finishedRuns({ results, engine, threads }: RunPlace): RecordedRun[] {
  const wanted = engine === 'auto' ? 'onnx' : engine;
  return findRuns(results, { state: 'finished' }).runs.filter(({ record: { definition } }) => {
    const { name, threads: own, device } = definition.engine;
    return definition.imported === undefined && name === wanted && own === threads && device === 'cpu';
  });
}

/**
 * Those of the runs that a plan would make, of whatever kind: a plan does
 * not say with which version of engine and data.
 */
export function runsOfPlan(expected: ExpectedRun, runs: readonly RecordedRun[]): RecordedRun[] {
  return runs.filter(({ record: { definition } }) => {
    const { seeds, ...shared } = definition;
    return (
      definition.scenario.digest === expected.scenario.digest &&
      new Set(Object.values(seeds)).size === 1 &&
      changesSince(expected, shared).length === 0
    );
  });
}
