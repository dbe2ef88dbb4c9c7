import { AccuracyMatrix } from '../evaluate/accuracy-matrix.ts';
import { evaluateMetric, type Metric } from '../evaluate/metrics/index.ts';
import {
  type BootstrapInterval,
  bootstrapInterval,
  comparePaired,
  holm,
  mean,
  type PairedComparison,
} from '../evaluate/statistics.ts';
import type { RecordedRun } from '../record/run-record.ts';
import type { PairedRuns } from './pair-runs.ts';

/** The level of the verdicts, after Holm's correction within metrics and within tasks. */
export const level = 0.05;

/** What is compared unless metrics are named. Few, since each one more makes the correction stricter for all. */
export const comparedMetrics = [
  'accuracy/final',
  'accuracy/average-incremental',
  'accuracy/learning',
  'forgetting/chaudhry',
] as const;

/** What a comparison comes to. */
export type ComparisonVerdict =
  | { readonly kind: 'first-better' }
  | { readonly kind: 'second-better' }
  /** Not the same as equal: the interval tells how large a difference could be. */
  | { readonly kind: 'no-difference-found' }
  | { readonly kind: 'not-enough-seeds'; readonly reason: string }
  | { readonly kind: 'not-measured'; readonly reason: string };

/** One quantity of both sides. */
export interface ComparedQuantity {
  /** Id of a metric, or `task 3`. */
  readonly name: string;
  readonly direction: Metric['direction'];
  /** Values pair by pair; empty where the quantity was not measured. */
  readonly values: readonly (readonly [number, number])[];
  /** Means over the pairs, of the first and the second side; null where there are no values. */
  readonly means: readonly [number, number] | null;
  /** Of first minus second. */
  readonly comparison: PairedComparison;
  /** Of the mean difference: bias-corrected and accelerated, 95%, 10,000 resamples. */
  readonly bootstrap: BootstrapInterval;
  /** The t test's p, corrected by Holm within metrics or within tasks; null where nothing was tested. */
  readonly correctedP: number | null;
  readonly verdict: ComparisonVerdict;
}

/** Two sides compared. */
export interface Comparison {
  readonly paired: PairedRuns;
  readonly metrics: readonly ComparedQuantity[];
  /** Accuracy on each task at the end of the stream. */
  readonly tasks: readonly ComparedQuantity[];
}

interface Measured {
  readonly name: string;
  readonly direction: Metric['direction'];
  readonly values: readonly (readonly [number, number])[];
  /** Why there are no values. */
  readonly missing?: string;
}

/** Compares paired runs metric by metric and task by task. */
export function compareRuns(paired: PairedRuns, metrics: readonly Metric[]): Comparison {
  const matrices = paired.pairs.map(([one, other]) => [matrixOf(one), matrixOf(other)] as const);
  const tasks = Array.from({ length: matrices[0]?.[0].tasks ?? 0 }, (_, index) => index + 1);
  return {
    paired,
    metrics: judge(metrics.map((metric) => measureMetric(metric, matrices))),
    tasks: judge(tasks.map((task) => measureTask(task, matrices))),
  };
}

type MatrixPair = readonly [AccuracyMatrix, AccuracyMatrix];

function matrixOf({ record, cells }: RecordedRun): AccuracyMatrix {
  return new AccuracyMatrix(cells, record.tasks.length);
}

function measureMetric(metric: Metric, matrices: readonly MatrixPair[]): Measured {
  const { id: name, direction } = metric;
  const values: [number, number][] = [];
  for (const pair of matrices) {
    const results = pair.map((matrix) => evaluateMetric(metric, matrix));
    const [one, other] = results.map((result) => (result.kind === 'value' ? result.value : undefined));
    if (one === undefined || other === undefined) {
      const reasons = results.map((result) =>
        result.kind === 'undefined' ? result.reason : 'cells are missing',
      );
      return { name, direction, values: [], missing: reasons[one === undefined ? 0 : 1] ?? '' };
    }
    values.push([one, other]);
  }
  return { name, direction, values };
}

function measureTask(task: number, matrices: readonly MatrixPair[]): Measured {
  const shared = { name: `task ${task}`, direction: 'higher' } as const;
  if (matrices.some((pair) => pair.some((matrix) => !matrix.has(matrix.tasks, task)))) {
    return { ...shared, values: [], missing: 'the accuracy after the last task was not measured' };
  }
  const accuracy = (matrix: AccuracyMatrix): number => matrix.accuracy(matrix.tasks, task);
  return { ...shared, values: matrices.map(([one, other]) => [accuracy(one), accuracy(other)]) };
}

/** Tests a family of quantities; p is corrected for their number. */
function judge(family: readonly Measured[]): ComparedQuantity[] {
  const comparisons = family.map(({ values }) => comparePaired(values.map(([one, other]) => one - other)));
  const tested = comparisons.flatMap((comparison, index) =>
    comparison.kind === 'compared' ? [{ index, p: comparison.t.p }] : [],
  );
  const corrected = new Map<number, number>();
  holm(tested.map(({ p }) => p)).forEach((p, position) => {
    corrected.set(tested[position]?.index ?? -1, p);
  });
  return family.flatMap((measured, index) => {
    const comparison = comparisons[index];
    if (comparison === undefined) return [];
    const { name, direction, values } = measured;
    const correctedP = corrected.get(index) ?? null;
    return [
      {
        name,
        direction,
        values,
        means: meansOf(values),
        comparison,
        bootstrap: bootstrapInterval(values.map(([one, other]) => one - other)),
        correctedP,
        verdict: verdictOf(measured, comparison, correctedP),
      },
    ];
  });
}

function meansOf(values: readonly (readonly [number, number])[]): [number, number] | null {
  if (values.length === 0) return null;
  return [mean(values.map(([one]) => one)), mean(values.map(([, other]) => other))];
}

function verdictOf(
  { direction, missing }: Measured,
  comparison: PairedComparison,
  correctedP: number | null,
): ComparisonVerdict {
  if (missing !== undefined) return { kind: 'not-measured', reason: missing };
  if (comparison.kind === 'none') return { kind: 'not-enough-seeds', reason: comparison.reason };
  if (correctedP === null || correctedP > level) return { kind: 'no-difference-found' };
  const firstHigher = comparison.summary.mean > 0;
  return { kind: firstHigher === (direction === 'higher') ? 'first-better' : 'second-better' };
}
