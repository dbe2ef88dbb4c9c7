import { UserError } from '../errors.ts';
import { findMetric } from '../evaluate/metrics/index.ts';
import { leastForInterval, mean, studentQuantile, summarise } from '../evaluate/statistics.ts';
import { percent } from '../report/format.ts';
import { checkComparable } from './reference.ts';
import { valuesOf } from './regression.ts';
import type { RunSample } from './run-sample.ts';

/** How a retention is judged; what is left out has the value in brackets. */
export interface RetentionOptions {
  /**
   * How much worse than the reference's mean the runs' mean may be, as a fraction. When left out it follows from the spread
   * of the reference: as much as one unchanged method in two hundred would fall below by chance.
   */
  readonly tolerance?: number;
  /** Id of a metric ("accuracy/final"). */
  readonly metric?: string;
}

/** Whether runs keep what the reference keeps. */
export interface Retention {
  readonly kept: boolean;
  /** What was compared, with its numbers; for a failing test to print. */
  readonly message: string;
}

/** The confidence of the two-sided interval whose lower end is the limit when no tolerance is given. */
const confidence = 0.99;

/**
 * Whether the mean of runs is at least the mean of reference runs, less a tolerance.
 * @throws UserError when they were measured on something else, or when no tolerance is given and the reference has fewer
 *   than three runs to derive one from
 */
export function judgeRetention(
  runs: RunSample,
  reference: RunSample,
  options: RetentionOptions = {},
): Retention {
  checkComparable(runs.definition, reference.definition);
  const metric = findMetric(options.metric ?? 'accuracy/final');
  const [own, theirs] = [valuesOf(metric, runs), valuesOf(metric, reference)];
  const tolerance = options.tolerance ?? chanceTolerance(theirs, own.length);
  if (!(tolerance >= 0))
    throw new UserError(`The tolerance is ${tolerance}, but must be a fraction from 0 up.`);
  const sign = metric.direction === 'higher' ? 1 : -1;
  const limit = mean(theirs) - sign * tolerance;
  // A tolerance written in decimals must not fail by the last digit of a sum.
  const kept = sign * (mean(own) - limit) >= -1e-12;
  const side = metric.direction === 'higher' ? 'at least' : 'at most';
  return {
    kept,
    message:
      `${metric.id} of ${runs.definition.method.name} is ${percent(mean(own))}% in ${own.length} run(s); ` +
      `${side} ${percent(limit)}% was asked for: the reference's ${percent(mean(theirs))}% in ${theirs.length} runs, ` +
      `with a tolerance of ${percent(tolerance)} points`,
  };
}

/** Half the width of the prediction interval of the mean of so many further runs. */
function chanceTolerance(reference: readonly number[], runs: number): number {
  const { count, deviation } = summarise(reference);
  if (deviation === null || count < leastForInterval) {
    throw new UserError(
      `The reference has ${count} run(s), too few to know its spread: give a tolerance, as in { tolerance: 0.02 }.`,
    );
  }
  return studentQuantile(confidence, count - 1) * deviation * Math.sqrt(1 / runs + 1 / count);
}
