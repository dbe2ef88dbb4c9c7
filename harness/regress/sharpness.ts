import { findMetrics } from '../evaluate/metrics/index.ts';
import { summarise } from '../evaluate/statistics.ts';
import { percent } from '../report/format.ts';
import { type DecisionRule, smallestFound } from './decide.ts';
import { judgedMetrics, valuesOf } from './regression.ts';
import type { RunSample } from './run-sample.ts';

/** How small a change of a metric a reference can show. */
export interface Sharpness {
  /** Id of the metric. */
  readonly metric: string;
  /** The smallest change that is found with the rule's power, as a fraction, by the number of runs that are judged. */
  readonly found: readonly { readonly runs: number; readonly change: number }[];
}

/** Numbers of runs that people judge. */
const usualRuns = [3, 5, 10];

/** What a reference can show, so that whoever records one sees whether it is worth keeping. */
export function sharpnessOf(
  reference: RunSample,
  rule: DecisionRule,
  metrics: readonly string[] = judgedMetrics,
): Sharpness[] {
  const selected = findMetrics(metrics);
  return selected.map((metric) => {
    const summary = summarise(valuesOf(metric, reference));
    const change = (runs: number): number => smallestFound(summary, runs, rule, selected.length);
    return { metric: metric.id, found: usualRuns.map((runs) => ({ runs, change: change(runs) })) };
  });
}

/** Sharpness for a person, a line for each metric. */
export function formatSharpness(sharpness: readonly Sharpness[], { power }: DecisionRule): string {
  const lines = sharpness.map(({ metric, found }) => {
    const changes = found.map(({ runs, change }) => `${percent(change)} points with ${runs} runs`);
    return `  ${metric}: ${changes.join(', ')}`;
  });
  return [`The smallest changes that it shows with a probability of ${power}:`, ...lines].join('\n');
}
