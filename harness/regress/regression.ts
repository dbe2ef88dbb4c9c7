import { UserError } from '../errors.ts';
import { evaluateMetric, findMetrics, type Metric } from '../evaluate/metrics/index.ts';
import { holm } from '../evaluate/statistics.ts';
import { type CostTolerance, type JudgedCost, judgeCosts } from './costs.ts';
import { type DecisionRule, decide, examine, type Finding, type Verdict } from './decide.ts';
import { checkComparable } from './reference.ts';
import { matrixOf, type RunSample } from './run-sample.ts';

/** What is judged unless metrics are named: what is known at the end, on the way, and what was lost. */
export const judgedMetrics = [
  'accuracy/final',
  'accuracy/average-incremental',
  'forgetting/chaudhry',
] as const;

/** One metric of the runs, held against the reference. */
export interface JudgedMetric {
  readonly metric: Metric;
  readonly finding: Finding;
  /** p of the finding's test, corrected by Holm over the metrics. */
  readonly correctedP: number;
  readonly verdict: Verdict;
}

/** Runs held against a reference. */
export interface Regression {
  readonly runs: RunSample;
  readonly reference: RunSample;
  readonly rule: DecisionRule;
  readonly metrics: readonly JudgedMetric[];
  readonly costs: readonly JudgedCost[];
  /** The gravest verdict on the metrics. */
  readonly verdict: Verdict;
  /** Names of the costs that are worse. A method can be suspiciously good and too dear at once. */
  readonly costlier: readonly string[];
}

/**
 * Judges runs by a reference: each metric by the decision rule, each cost by its tolerance.
 * @throws UserError when they were measured on something else, or a metric's cells are missing
 */
export function judgeRuns(
  runs: RunSample,
  reference: RunSample,
  rule: DecisionRule,
  options: { readonly metrics?: readonly string[]; readonly costTolerance?: CostTolerance } = {},
): Regression {
  checkComparable(runs.definition, reference.definition);
  const selected = findMetrics(options.metrics ?? judgedMetrics);
  const metrics = judgeMetrics(
    selected,
    selected.map((metric) => ({
      runs: valuesOf(metric, runs),
      reference: valuesOf(metric, reference),
    })),
    rule,
  );
  const costs = judgeCosts(runs, reference, rule, options.costTolerance);
  const costlier = costs.flatMap(({ name, verdict }) => (verdict.kind === 'worse' ? [name] : []));
  return { runs, reference, rule, metrics, costs, verdict: gravest(metrics), costlier };
}

/** Judges values that were computed before, one sample for each metric. */
export function judgeMetrics(
  metrics: readonly Metric[],
  samples: readonly { readonly runs: readonly number[]; readonly reference: readonly number[] }[],
  rule: DecisionRule,
): JudgedMetric[] {
  const findings = samples.map((sample) => examine(sample, rule, samples.length));
  const corrected = holm(findings.map(({ test }) => test?.p ?? 1));
  return metrics.flatMap((metric, index) => {
    const finding = findings[index];
    const correctedP = corrected[index] ?? 1;
    if (finding === undefined) return [];
    const verdict = decide(finding, correctedP, metric.direction, rule, samples.length);
    return [{ metric, finding, correctedP, verdict }];
  });
}

/** A metric's value for each run. @throws UserError where a run lacks the cells */
export function valuesOf(metric: Metric, { runs, tasks }: RunSample): number[] {
  return runs.map((run) => {
    const result = evaluateMetric(metric, matrixOf(run, tasks));
    if (result.kind === 'value') return result.value;
    const why = result.kind === 'undefined' ? result.reason : 'cells that it reads were not measured';
    throw new UserError(`${metric.id} cannot be judged: ${why}. Name other metrics with --metric.`);
  });
}

/** Whether a regression should fail a build. @param strict whether everything but `ok` should */
export function isFailure({ verdict, costlier }: Regression, strict: boolean): boolean {
  return verdict.kind === 'worse' || costlier.length > 0 || (strict && verdict.kind !== 'ok');
}

const gravity: readonly Verdict['kind'][] = ['worse', 'suspiciously-better', 'not-enough-seeds', 'ok'];

/** The gravest of verdicts; of several that ask for seeds, the one that asks for most. */
export function gravest(metrics: readonly Pick<JudgedMetric, 'verdict'>[]): Verdict {
  const verdicts = metrics.map(({ verdict }) => verdict);
  const kind = gravity.find((candidate) => verdicts.some((verdict) => verdict.kind === candidate)) ?? 'ok';
  const same = verdicts.filter((verdict) => verdict.kind === kind);
  return same.toSorted((left, right) => seedsOf(right) - seedsOf(left))[0] ?? { kind: 'ok' };
}

function seedsOf(verdict: Verdict): number {
  if (verdict.kind !== 'not-enough-seeds') return 0;
  return verdict.needed.of === 'none' ? Number.POSITIVE_INFINITY : verdict.needed.count;
}
