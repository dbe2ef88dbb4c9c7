import { existsSync, readFileSync } from 'node:fs';
import { dataDifferences, dataOf } from '../compare/same-data.ts';
import { UsageError, UserError } from '../errors.ts';
import { parseAccuracyCsv } from '../evaluate/accuracy-csv.ts';
import { AccuracyMatrix, describeCells } from '../evaluate/accuracy-matrix.ts';
import { evaluateMetric, findMetric, type MetricResult, metrics } from '../evaluate/metrics/index.ts';
import { withFileErrors } from '../record/files.ts';
import type { RunRecord } from '../record/run-record.ts';
import { alignPairs } from '../report/run-summary.ts';
import { chooseRun } from './recorded-runs.ts';

/** The options of `palimpsest metrics` as commander hands them over. */
export interface MetricsOptions {
  readonly metric?: readonly string[];
  readonly reference?: string;
  readonly results: string;
  readonly json?: boolean;
}

/** Metrics of one matrix by id. */
export interface FoundMetrics {
  /** Fractions. */
  readonly values: Readonly<Record<string, number>>;
  /** Why the others have no value. */
  readonly unavailable: Readonly<Record<string, string>>;
}

/**
 * Every metric of a run or a matrix, or those that are named.
 * @throws UserError if a named metric has no value, with the cells it lacks
 */
export function metricsOf(run: string, { metric, reference, results }: MetricsOptions): FoundMetrics {
  const { matrix, record } = readMatrix(run, results);
  const second = reference === undefined ? undefined : readMatrix(reference, results);
  if (record && second?.record) requireSameStream(record, second.record);
  const other = second?.matrix;
  const found = (metric?.map(findMetric) ?? metrics).map(
    (wanted) => [wanted.id, evaluateMetric(wanted, matrix, other)] as const,
  );
  const unavailable = found.flatMap(([id, result]): [string, string][] =>
    result.kind === 'value' ? [] : [[id, reasonOf(result)]],
  );
  if (metric !== undefined && unavailable.length > 0) {
    throw new UserError(
      unavailable.map(([id, reason]) => `${run}: no value for ${id}: ${reason}.`).join('\n'),
    );
  }
  return {
    values: Object.fromEntries(
      found.flatMap(([id, result]) => (result.kind === 'value' ? [[id, result.value]] : [])),
    ),
    unavailable: Object.fromEntries(unavailable),
  };
}

/** Values in percent, then what is missing. */
export function formatMetrics({ values, unavailable }: FoundMetrics): string {
  const line = ([id, value]: [string, number]): [string, string] => {
    const { title, direction } = findMetric(id);
    return [id, `${(100 * value).toFixed(2).padStart(7)}  ${title} ${direction === 'higher' ? '↑' : '↓'}`];
  };
  const parts = [`In %; ↑ more is better, ↓ less.\n${alignPairs(Object.entries(values).map(line))}`];
  const reasons = Object.entries(unavailable);
  if (reasons.length > 0) parts.push(`No value:\n${alignPairs(reasons)}`);
  return parts.join('\n\n');
}

/** A matrix, and the record of its run if it is a run's. */
function readMatrix(
  word: string,
  results: string,
): { readonly matrix: AccuracyMatrix; readonly record?: RunRecord } {
  if (word.endsWith('.csv')) {
    if (!existsSync(word)) throw new UsageError(`There is no file ${word}.`);
    return { matrix: new AccuracyMatrix(parseAccuracyCsv(read(word), word)) };
  }
  const { record, cells } = chooseRun(word, results);
  return { matrix: new AccuracyMatrix(cells, record.tasks.length), record };
}

function read(path: string): string {
  return withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
}

/** Tasks are compared one by one, so they must be the same ones. @throws UserError */
function requireSameStream(one: RunRecord, other: RunRecord): void {
  const differences = dataDifferences(dataOf(one), dataOf(other));
  if (one.order.join() !== other.order.join()) {
    differences.push(`the order of the stream is ${one.order.join(', ')} and ${other.order.join(', ')}`);
  }
  if (differences.length === 0) return;
  throw new UserError(
    `${one.id} and ${other.id} are not comparable: ${differences.join('; ')}. Take a reference of the same scenario and class order.`,
  );
}

function reasonOf(result: Exclude<MetricResult, { kind: 'value' }>): string {
  return result.kind === 'missing' ? `not measured: ${describeCells(result.cells)}` : result.reason;
}
