import { Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';
import type { MetricsOptions } from './print-metrics.ts';

const examples = `
Examples:
  palimpsest metrics matrix.csv
  palimpsest metrics split-mnist-class.ewc.0123456789ab --metric forgetting bwt/all-stages
  palimpsest metrics split-mnist-class.ewc.0123456789ab --reference split-mnist-class.joint.0123456789ab --json

Prints every metric whose cells were measured, and which cells the others lack.
Exit code: 0, or 1 if a metric that is named with --metric has no value.`;

/** `palimpsest metrics`: every reading of one accuracy matrix. */
export const metricsCommand: CommandMaker = () =>
  new Command('metrics')
    .description('print every metric of one run or one accuracy matrix')
    .argument('<run>', 'id or folder of a run, or a matrix (CSV)')
    .option('-m, --metric <ids...>', 'only these; an error if one has no value')
    .option('--reference <run>', 'run or matrix of joint training, for metrics that compare with it')
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print values and reasons as JSON')
    .addHelpText('after', examples)
    .action(async (run: string, options: MetricsOptions) => {
      const { metricsOf, formatMetrics } = await import('./print-metrics.ts');
      const found = metricsOf(run, options);
      if (options.json === true) printJson(found);
      else print(formatMetrics(found));
    });
