import { Command } from 'commander';
import type { CommandMaker } from './command.ts';
import { parsePositive } from './options.ts';
import type { TuneOptions } from './run-tuning.ts';
import {
  deviceOption,
  engineOption,
  jobsOption,
  seedsOption,
  setOption,
  threadsOption,
} from './shared-options.ts';

const examples = `
Examples:
  palimpsest tune glyphs-scripts-class --method mora coso osft codyra lora --trials 8
  palimpsest tune split-mnist-class --method ewc --trials 5 --seeds 101-103
  palimpsest tune glyphs-scripts-class --method ewc si mas --tasks 3
  palimpsest tune glyphs-scripts-class --method joint --set training.epochs=1

Every method has the same number of trials: its defaults first, then learning rates and the values that it names
itself, spread evenly (a Latin hypercube). What counts is the metric on validation data; the test set is not looked at.
The record goes to results/tuned/<scenario>.json, every trial with it; "palimpsest run --tuned" takes the best.
A trial that was run before is not repeated; methods that are not named keep what is recorded of them.`;

/** `palimpsest tune`: searches settings on validation data, with as many trials for each method. */
export const tuneCommand: CommandMaker = (exit) =>
  new Command('tune')
    .description('search the settings of methods on validation data, equally hard for each')
    .argument('<scenario>', 'name of a scenario, or path of its JSON file')
    .requiredOption('-m, --method <names...>', 'names of methods, or paths of their files')
    .option('-t, --trials <number>', 'settings to try for each method', parsePositive, 8)
    .addOption(seedsOption([101], '101', 'seeds of each trial; take none that you report'))
    .option('--metric <id>', 'what decides', 'accuracy/final')
    .option('--tasks <number>', 'run only the first tasks of the stream; all when left out', parsePositive)
    .addOption(setOption('a setting that holds for all trials; may be repeated'))
    .addOption(jobsOption())
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--results <folder>', 'where runs and the record go', 'results')
    .option('--data <folder>', 'where your own copies of datasets lie', 'data')
    .option('--json', 'print the record as JSON')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', examples)
    .action(async (scenario: string, options: TuneOptions) => {
      const { runTuning } = await import('./run-tuning.ts');
      exit(await runTuning(scenario, options));
    });
