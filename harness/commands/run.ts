import { Command, Option } from 'commander';
import type { CommandMaker } from './command.ts';
import { addFixedSeed, type RunOptions } from './options.ts';
import {
  deviceOption,
  engineOption,
  jobsOption,
  measureOnOption,
  metricOption,
  seedsOption,
  setOption,
  threadsOption,
} from './shared-options.ts';

const examples = `
Examples:
  palimpsest run split-mnist-class --method finetune ewc er --seeds 5
  palimpsest run split-mnist-class --method ewc --seeds 1,2,7 --set strength=1000 --set training.epochs=2
  palimpsest run ./my-scenario.json --method ./my-method.ts --measure-on validation --jobs 2
  palimpsest run permuted-mnist --method er --fix-seed classOrder=1 --csv er.csv
  palimpsest run glyphs-scripts-class --method mora coso --tuned
  palimpsest run split-mnist-task --method all --seeds 3
  palimpsest run split-mnist-class --method ewc --metric accuracy/final forgetting/chaudhry

Every method is run with every seed. A run that was finished before is not repeated; one that was cut off continues.
A setting without a dot goes to every method that has it, ewc.strength=5 to ewc alone.
What --set says overrides what --tuned says.
Exit code: 0, 1 if a run failed, 2 if called wrongly, 130 after Ctrl-C (press twice to stop at once).`;

/** `palimpsest run`: trains and evaluates methods on a scenario, in parallel, and prints the table. */
export const runCommand: CommandMaker = (exit) =>
  new Command('run')
    .description('run methods on a scenario, several seeds each, and print the table')
    .argument('<scenario>', 'name of a scenario, or path of its JSON file')
    .requiredOption(
      '-m, --method <names...>',
      'names of methods, or paths of their files; "all" for every one that fits',
    )
    .addOption(seedsOption([1, 2, 3], '3'))
    .addOption(
      new Option('--fix-seed <role=value>', 'one seed for a role in all runs; may be repeated').argParser(
        addFixedSeed,
      ),
    )
    .addOption(setOption('a method setting, training.x or backbone.x; may be repeated'))
    .option('--tuned [file]', 'take each method with the settings that "palimpsest tune" found best')
    .addOption(measureOnOption('validation is for choosing settings'))
    .addOption(metricOption())
    .addOption(jobsOption())
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--data <folder>', 'where your own copies of datasets lie', 'data')
    .option('--csv <file>', 'write the table as CSV, too; - is standard output')
    .option('--json', 'print the result as JSON instead of a table')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', examples)
    .action(async (scenario: string, options: RunOptions) => {
      const { runSweep } = await import('./run-sweep.ts');
      exit(await runSweep(scenario, options));
    });
