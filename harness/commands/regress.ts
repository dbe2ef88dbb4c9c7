import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandMaker } from './command.ts';
import { parsePositive } from './options.ts';
import type { RegressOptions } from './regress-options.ts';
import {
  engineOption,
  jobsOption,
  measureOnOption,
  seedsOption,
  setOption,
  threadsOption,
} from './shared-options.ts';

const examples = `
Examples:
  palimpsest regress ewc --scenario permuted-mnist --seeds 10 --record
  palimpsest regress ewc --scenario permuted-mnist --seeds 101-105 --junit regress.xml
  palimpsest regress ./my-ewc.ts --against results/references/permuted-mnist.ewc.json
  palimpsest regress ewc --scenario permuted-mnist --runs "permuted-mnist.ewc.*" --json
  palimpsest regress ewc --scenario permuted-mnist --error-rates 1000 --seeds 5

The runs are held against the reference as draws from its distribution. Verdicts: ok, worse, suspiciously better, not enough
seeds to tell. The settings with which the reference was recorded are used again, unless --set says otherwise; of recorded
runs with several settings those with the reference's are taken. like:<run> names all runs that differ from that one in
nothing but their seeds.
Exit code: 0; 1 for worse results or costs, with --strict for all but ok, or if a run failed; 2 if called wrongly.`;

/** `palimpsest regress`: has a method become worse, or too good, since its reference was recorded? */
export const regressCommand: CommandMaker = (exit) =>
  new Command('regress')
    .description('hold runs of a method against recorded reference runs')
    .argument('<method>', "a method's name, or the path of its file")
    .option('--scenario <name>', "a scenario's name, or the path of its file; the reference's when left out")
    .option('--against <file>', 'the reference; <results>/references/<scenario>.<method>.json when left out')
    .option('--runs <words...>', 'take recorded runs (ids, folders, patterns, like:<run>) instead of running')
    .addOption(seedsOption([1, 2, 3, 4, 5], '5'))
    .addOption(setOption('a setting, as for "run"; may be repeated'))
    .option('--metric <ids...>', 'metrics to judge; final and average accuracy and forgetting when left out')
    .addOption(measureOnOption('what the runs are measured on'))
    .addOption(fraction('--detect <fraction>', 'the smallest change that must not be missed', 0.05))
    .addOption(fraction('--tolerance <fraction>', 'a change no larger than this is none', 0.005))
    .option(
      '--time-tolerance <fraction>',
      'how much more time is accepted; 1 is twice the time',
      parseAmount,
      1,
    )
    .option('--strict', 'exit with 1 for everything but ok')
    .option('--record', 'record the runs as the reference instead of judging them')
    .option('--force', 'with --record, replace even a reference of more runs')
    .option('--error-rates <trials>', 'measure how often the verdicts would be wrong', parsePositive)
    .option('--junit <file>', 'write the verdicts as JUnit XML, too')
    .addOption(jobsOption())
    .addOption(engineOption())
    .addOption(threadsOption())
    .option('--results <folder>', 'where runs and references are recorded', 'results')
    .option('--data <folder>', 'where your own copies of datasets lie', 'data')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', examples)
    .action(async (method: string, options: RegressOptions) => {
      const { regress } = await import('./regress-method.ts');
      exit(await regress(method, options));
    });

function parseAmount(text: string): number {
  const parsed = Number(text);
  if (text.trim() === '' || !(parsed >= 0 && Number.isFinite(parsed)))
    throw new InvalidArgumentError('Give a number from 0 up.');
  return parsed;
}

function fraction(flags: string, description: string, value: number): Option {
  return new Option(flags, `${description}; 0.05 is five points`)
    .argParser((text) => {
      const parsed = parseAmount(text);
      if (parsed > 1) throw new InvalidArgumentError('Give a fraction from 0 to 1.');
      return parsed;
    })
    .default(value);
}
