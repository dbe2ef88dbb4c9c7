import Table from 'cli-table3';
import { probability } from '../compare/format.ts';
import { percent, signedPercent } from '../report/format.ts';
import type { ErrorRates, VerdictShares } from './error-rates.ts';
import type { JudgedMetric, Regression } from './regression.ts';
import { changesOf, costText, neededText, verdictText, verdictWords } from './words.ts';

/** A regression for a person: verdict first, then the numbers it rests on. */
export function formatRegression(regression: Regression): string {
  const { runs, reference, rule, verdict, costlier } = regression;
  const { scenario, method, measuredOn } = runs.definition;
  const changes = changesOf(runs, reference);
  return [
    `${method.name} on ${scenario.name}@${scenario.version}: ${verdictText(verdict)}`,
    ...(costlier.length > 0 ? [`It costs more: ${costlier.join(', ')}.`] : []),
    ...(verdict.kind === 'not-enough-seeds' ? [neededText(verdict.needed)] : []),
    ...(verdict.kind === 'suspiciously-better' ? [suspicion] : []),
    metricTable(regression),
    costTable(regression),
    `${runs.runs.length} runs against ${reference.runs.length} of the reference, in % on ${measuredOn} data, mean ± standard deviation.`,
    `Worse or better: p, corrected by Holm, is at most ${rule.level} and the difference more than ${percent(rule.tolerance)} points. Power is`,
    `the chance of finding a change of ${percent(rule.detect)} points; "ok" needs ${rule.power}.`,
    ...(changes.length > 0 ? ['Beside the seeds these differ:', ...changes.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

const suspicion =
  'Better than the reference by more than chance: does the method see test data, or did the reference have a fault? ' +
  'If the gain is real, record a new reference with --record.';

/** A regression as plain data. */
export function regressionJson({
  runs,
  reference,
  rule,
  metrics,
  costs,
  verdict,
  costlier,
}: Regression): unknown {
  const { scenario, dataset, measuredOn, method } = runs.definition;
  return {
    verdict,
    costlier,
    scenario,
    dataset,
    measuredOn,
    method,
    runs: runs.runs.map(({ seeds }) => seeds),
    reference: { method: reference.definition.method, runs: reference.runs.length },
    changes: changesOf(runs, reference),
    rule,
    metrics: metrics.map(({ metric, finding, correctedP, verdict: own }) => ({
      metric: metric.id,
      ...finding,
      correctedP,
      verdict: own,
    })),
    costs,
  };
}

/** Measured error rates for a person. */
export function formatErrorRates({ trials, counts, unchanged, worsened, improved }: ErrorRates): string {
  const kinds = ['ok', 'worse', 'suspiciously-better', 'not-enough-seeds'] as const;
  const table = new Table({
    head: [`share of ${trials} trials`, ...kinds.map((kind) => verdictWords[kind])],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const row = (name: string, shares: VerdictShares): void => {
    table.push([name, ...kinds.map((kind) => `${(100 * shares[kind]).toFixed(1)}%`)]);
  };
  row('unchanged', unchanged);
  row('one metric worse by the change to detect', worsened);
  row('one metric better by as much', improved);
  return [
    `${counts[0]} runs of the reference, drawn anew in each trial, judged by its other ${counts[1]}:`,
    table.toString(),
  ].join('\n');
}

function metricTable({ metrics }: Regression): string {
  const table = new Table({
    head: ['metric', 'runs', 'reference', 'difference', 'p', 'power', 'verdict'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const judged of metrics) table.push(metricRow(judged));
  return table.toString();
}

function metricRow({ metric, finding, correctedP, verdict }: JudgedMetric): string[] {
  const { runs, reference, test, power } = finding;
  return [
    `${metric.id} ${metric.direction === 'higher' ? '↑' : '↓'}`,
    ...[runs, reference].map(({ mean, deviation }) =>
      deviation === null ? percent(mean) : `${percent(mean)} ± ${percent(deviation)}`,
    ),
    signedPercent(runs.mean - reference.mean),
    test === null ? '' : probability(correctedP),
    power.toFixed(2),
    verdictText(verdict),
  ];
}

function costTable({ costs }: Regression): string {
  const table = new Table({
    head: ['cost', 'runs', 'reference', 'ratio', 'limit', 'verdict'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, unit, means, ratio, limit, verdict } of costs) {
    const shown = means === null ? ['', ''] : means.map((value) => costText(value, unit));
    const text = verdict.kind === 'not-compared' ? `not compared: ${verdict.reason}` : verdict.kind;
    table.push([name, ...shown, ratio === null ? '' : ratioText(ratio), limit.toFixed(2), text]);
  }
  return table.toString();
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : 'new';
}
