import { mean, pooledTest } from '../evaluate/statistics.ts';
import type { RunCost } from '../record/run-record.ts';
import type { DecisionRule } from './decide.ts';
import type { RunSample, SampleRun } from './run-sample.ts';

/** What a cost is, held against the reference. Costing less is no reason for suspicion. */
export type CostVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'worse' }
  | { readonly kind: 'not-compared'; readonly reason: string };

/** One cost of the runs and of the reference. */
export interface JudgedCost {
  readonly name: string;
  /** Unit of the means; `calibrations` are times the duration of the calibration program. */
  readonly unit: 'calibrations' | 'bytes' | 'count';
  /** Means of the runs and of the reference; null where it is not compared. */
  readonly means: readonly [number, number] | null;
  /** Runs over reference: of geometric means for time, else of means; null where it is not compared. */
  readonly ratio: number | null;
  /** The ratio above which it counts as worse. */
  readonly limit: number;
  readonly verdict: CostVerdict;
}

/** How much more than the reference a cost may be, as a fraction: 1 is twice as much. */
export interface CostTolerance {
  readonly time: number;
  readonly memory: number;
}

export const defaultCostTolerance: CostTolerance = { time: 1, memory: 0.25 };

/** Counts follow from the method alone, but may vary with the seed (ranks, examples kept). */
const countTolerance = 0.01;

/**
 * Judges time, memory, parameters and what is kept. A cost is worse when its ratio exceeds the limit and the difference is
 * not chance by the rule's level.
 */
export function judgeCosts(
  runs: RunSample,
  reference: RunSample,
  rule: DecisionRule,
  tolerance: CostTolerance = defaultCostTolerance,
): JudgedCost[] {
  const count = (name: string, key: keyof RunCost, unit: JudgedCost['unit']): JudgedCost =>
    judge({ name, unit, limit: 1 + countTolerance }, valuesOf(runs, key), valuesOf(reference, key), rule);
  return [
    judgeTime(runs, reference, rule, 1 + tolerance.time),
    judge(
      { name: 'peak memory', unit: 'bytes', limit: 1 + tolerance.memory },
      valuesOf(runs, 'peakMemory'),
      valuesOf(reference, 'peakMemory'),
      rule,
    ),
    count('trainable parameters', 'trainableParameters', 'count'),
    count('parameters', 'totalParameters', 'count'),
    count('kept bytes', 'keptBytes', 'bytes'),
    count('kept examples', 'keptExamples', 'count'),
  ];
}

type CostHead = Pick<JudgedCost, 'name' | 'unit' | 'limit'>;

/** Times are compared as quotients by the calibration program's, on a logarithmic scale: a slow machine multiplies. */
function judgeTime(runs: RunSample, reference: RunSample, rule: DecisionRule, limit: number): JudgedCost {
  const head = { name: 'computing time', unit: 'calibrations', limit } as const;
  const [own, theirs] = [runs.definition.engine, reference.definition.engine];
  const refuse = (reason: string): JudgedCost => ({
    ...head,
    means: null,
    ratio: null,
    verdict: { kind: 'not-compared', reason },
  });
  if (own.name !== theirs.name || own.device !== theirs.device || own.threads !== theirs.threads) {
    return refuse('the reference was computed by another engine, device or number of threads');
  }
  const [values, references] = [runs, reference].map((sample) => sample.runs.flatMap(relativeTime));
  if (values === undefined || values.length === 0)
    return refuse('the runs were not timed against the calibration program; only "regress" itself does that');
  if (references === undefined || references.length === 0)
    return refuse('the reference was not timed against the calibration program');
  const logarithms = judge({ ...head, limit: Math.log(limit) }, values, references, rule, 'difference');
  const means = logarithms.means?.map(Math.exp);
  const [mine = 0, its = 1] = means ?? [];
  return { ...head, means: [mine, its], ratio: mine / its, verdict: logarithms.verdict };
}

function relativeTime({ timing }: SampleRun): number[] {
  if (timing === null || timing.calibrationSeconds <= 0 || timing.computingSeconds <= 0) return [];
  return [Math.log(timing.computingSeconds / timing.calibrationSeconds)];
}

function judge(
  head: CostHead,
  values: readonly number[],
  references: readonly number[],
  { level }: DecisionRule,
  by: 'ratio' | 'difference' = 'ratio',
): JudgedCost {
  const [mine, its] = [mean([...values]), mean([...references])];
  const ratio = mine === its ? 1 : mine / its;
  const beyond = (by === 'ratio' ? ratio : mine - its) > head.limit;
  const significant = values.length + references.length > 2 && pooledTest(values, references).p <= level;
  return {
    ...head,
    means: [mine, its],
    ratio,
    verdict: { kind: beyond && significant ? 'worse' : 'ok' },
  };
}

function valuesOf({ runs }: RunSample, key: keyof RunCost): number[] {
  return runs.map(({ cost }) => cost[key]);
}
