import { Command, Option } from 'commander';
import type { IntervalKind } from '../compare/format.ts';
import { type CommandMaker, print, printJson } from './command.ts';

interface CompareOptions {
  readonly scenario?: string;
  readonly metric?: readonly string[];
  readonly measuredOn?: string;
  readonly results: string;
  readonly interval: IntervalKind;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest compare er ewc --scenario split-mnist-class
  palimpsest compare "split-mnist-class.ewc.1*" results/runs/split-mnist-class.ewc.2f06c41d2a9b
  palimpsest compare like:split-mnist-class.er.0d9f3a6c41be like:split-mnist-class.er.83e5b7120cfa
  palimpsest compare ewc other-results --scenario split-mnist-class --metric accuracy/final --json

A side is the name of a method, a run's id or folder, a results folder, or a pattern of ids in quotes. With "like:" before it,
the id of one run stands for all that differ from it in nothing but their seeds: so two settings of one method are compared.
Runs are paired by their seeds; the difference is the first minus the second. Nothing is said of fewer than three pairs.`;

/** `palimpsest compare`: the paired difference of two methods' recorded runs. */
export const compareCommand: CommandMaker = () =>
  new Command('compare')
    .description('compare the recorded runs of two methods, paired by their seeds')
    .argument('<first>', 'a method, a run, like:<run>, a results folder, or a pattern of run ids')
    .argument('<second>', 'the same')
    .option('--scenario <name>', 'take only runs of this scenario')
    .option('--metric <ids...>', 'metrics to compare; accuracy and forgetting when left out')
    .addOption(
      new Option('--measured-on <examples>', 'take only runs measured on these').choices([
        'test',
        'validation',
      ]),
    )
    .addOption(
      new Option('--interval <kind>', 'which interval of the difference is shown')
        .choices(['t', 'bootstrap'])
        .default('t'),
    )
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print the comparison as JSON')
    .addHelpText('after', examples)
    .action(compareSides);

async function compareSides(first: string, second: string, options: CompareOptions): Promise<void> {
  const [{ chooseSide }, { pairRuns, sideOf }, { comparedMetrics, compareRuns }, format, { findMetrics }] =
    await Promise.all([
      import('./choose-side.ts'),
      import('../compare/pair-runs.ts'),
      import('../compare/comparison.ts'),
      import('../compare/format.ts'),
      import('../evaluate/metrics/index.ts'),
    ]);
  const chosen = [chooseSide(first, options), chooseSide(second, options)] as const;
  const [one, other] = chosen;
  const paired = pairRuns(sideOf(first, one.runs), sideOf(second, other.runs));
  const comparison = compareRuns(paired, findMetrics(options.metric ?? comparedMetrics));
  if (options.json === true) printJson(format.comparisonJson(comparison));
  else print(format.formatComparison(comparison, options.interval));
  const left = new Set(chosen.flatMap(({ unreadable }) => unreadable.map(({ error }) => error)));
  for (const error of left) console.error(`Left out: ${error}`);
}
