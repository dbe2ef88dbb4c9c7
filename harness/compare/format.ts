import Table from 'cli-table3';
import type { PairedComparison } from '../evaluate/statistics.ts';
import { canonicalJson } from '../record/canonical.ts';
import { percent, signedPercent } from '../report/format.ts';
import { type ComparedQuantity, type Comparison, level } from './comparison.ts';
import type { PairedRuns } from './pair-runs.ts';

/** Which interval of a difference is shown. */
export type IntervalKind = 't' | 'bootstrap';

/** A comparison for a person: a table of metrics, one of tasks, and what the words mean. */
export function formatComparison(comparison: Comparison, interval: IntervalKind = 't'): string {
  const { paired, metrics, tasks } = comparison;
  const { first, second, pairs, unpaired } = paired;
  const { scenario, measuredOn } = first.definition;
  const left = [
    ...conditions(paired),
    ...leftOut(first.label, unpaired.first),
    ...leftOut(second.label, unpaired.second),
    ...reasons([...metrics, ...tasks]),
  ];
  return [
    `${first.label} minus ${second.label} on ${scenario.name}@${scenario.version}, in % on ${measuredOn} data, ` +
      `${pairs.length} ${pairs.length === 1 ? 'pair' : 'pairs'} of runs with the same seeds`,
    tableOf('metric', metrics, paired, interval),
    'Accuracy after the last task:',
    tableOf('task', tasks, paired, interval),
    `The interval is the 95% ${interval} interval of the paired difference. p is that of the paired t test, corrected by Holm within`,
    `its table; p (ranks) is Wilcoxon's signed-rank test, uncorrected. g is Hedges's effect size of the differences. A`,
    `verdict needs a corrected p of at most ${level}; "no difference found" does not say that there is none.`,
    ...left,
  ].join('\n');
}

/** A comparison as plain data, every pair's values included. */
export function comparisonJson({ paired, metrics, tasks }: Comparison): unknown {
  const { first, second, pairs, unpaired } = paired;
  const { scenario, dataset, measuredOn } = first.definition;
  return {
    scenario,
    dataset,
    measuredOn,
    level,
    sides: [first, second].map(({ label, definition }) => ({ label, method: definition.method })),
    pairs: pairs.map(([one, other]) => ({
      seeds: one.record.definition.seeds,
      runs: [one.record.id, other.record.id],
    })),
    unpaired,
    metrics,
    tasks,
  };
}

function tableOf(
  head: string,
  quantities: readonly ComparedQuantity[],
  { first, second }: PairedRuns,
  interval: IntervalKind,
): string {
  const labels = [first.label, second.label];
  const table = new Table({
    head: [head, ...labels, 'difference', '95% interval', 'p', 'p (ranks)', 'g', 'verdict'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const quantity of quantities) table.push(rowOf(quantity, labels, interval));
  return table.toString();
}

function rowOf(quantity: ComparedQuantity, labels: readonly string[], interval: IntervalKind): string[] {
  const { name, direction, means, comparison, correctedP } = quantity;
  const { summary } = comparison;
  const arrow = direction === 'higher' ? '↑' : '↓';
  const compared = comparison.kind === 'compared' ? comparison : undefined;
  return [
    `${name} ${arrow}`,
    ...(means === null ? ['', ''] : means.map(percent)),
    summary === null ? '' : signedPercent(summary.mean),
    endsText(interval === 't' ? endsOf(comparison) : bootstrapEnds(quantity)),
    correctedP === null ? '' : probability(correctedP),
    compared === undefined ? '' : probability(compared.wilcoxon.p),
    compared?.effect.kind === 'effect' ? compared.effect.hedges.toFixed(2) : '',
    verdictText(quantity, labels),
  ];
}

/** The ends of the t interval, or undefined where there is none. */
function endsOf({ summary }: PairedComparison): [number, number] | undefined {
  if (summary?.interval.kind !== 'interval') return undefined;
  const { halfWidth } = summary.interval;
  return [summary.mean - halfWidth, summary.mean + halfWidth];
}

function bootstrapEnds({ bootstrap }: ComparedQuantity): [number, number] | undefined {
  return bootstrap.kind === 'interval' ? [bootstrap.low, bootstrap.high] : undefined;
}

function endsText(ends: readonly [number, number] | undefined): string {
  return ends === undefined ? '' : `[${ends.map(signedPercent).join(', ')}]`;
}

function verdictText({ verdict }: ComparedQuantity, [first, second]: readonly string[]): string {
  switch (verdict.kind) {
    case 'first-better':
      return `${first} better`;
    case 'second-better':
      return `${second} better`;
    case 'no-difference-found':
      return 'no difference found';
    case 'not-enough-seeds':
      return 'not enough seeds';
    case 'not-measured':
      return 'not measured';
  }
}

/** What differs beside the methods, for then the difference is not the methods' alone. */
function conditions({ first, second }: PairedRuns): string[] {
  const [one, other] = [first.definition, second.definition];
  const imported = [first, second].filter(({ definition }) => definition.imported !== undefined);
  if (imported.length > 0) {
    const names = imported.map(({ label, definition }) => `${label} from ${definition.imported?.tool}`);
    return [
      `Imported: ${names.join(', ')}. Whether data, training and seeds were the same is not known; runs are paired by the ` +
        'numbers of their seeds alone.',
    ];
  }
  const parts = ['training', 'backbone', 'engine', 'palimpsest'] as const;
  const differing = parts.filter((part) => canonicalJson(one[part]) !== canonicalJson(other[part]));
  return differing.map(
    (part) => `Mind that the ${part} differs: ${canonicalJson(one[part])} and ${canonicalJson(other[part])}.`,
  );
}

function reasons(quantities: readonly ComparedQuantity[]): string[] {
  const told = quantities.flatMap(({ verdict }) =>
    verdict.kind === 'not-enough-seeds'
      ? [`Not enough seeds: ${verdict.reason}.`]
      : verdict.kind === 'not-measured'
        ? [`Not measured: ${verdict.reason}.`]
        : [],
  );
  return [...new Set(told)];
}

function leftOut(label: string, seeds: readonly string[]): string[] {
  return seeds.length === 0
    ? []
    : [`Left out, for the other side lacks them: ${label} seeds ${seeds.join('; ')}.`];
}

/** `0.0123`, or `<0.0001`. */
export function probability(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
}
