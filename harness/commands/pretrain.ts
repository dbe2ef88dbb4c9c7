import { Command } from 'commander';
import type { CommandMaker } from './command.ts';
import { parsePositive } from './options.ts';
import type { PretrainOptions } from './pretrain-backbone.ts';
import { deviceOption, engineOption, setOption, threadsOption } from './shared-options.ts';

const examples = `
Examples:
  palimpsest pretrain glyphs-latin-symmetries --out vit.safetensors
  palimpsest pretrain glyphs-latin --out small.safetensors --set backbone.depth=4 --set training.epochs=5

Trains on all tasks of the scenario at once, measures on its
validation set and writes the weights, without the head, with the command, seed and accuracy in the file.
Use them with: --set backbone.weights=vit.safetensors and the backbone settings they were trained with.`;

/** `palimpsest pretrain`: trains a backbone on a scenario and writes its weights. */
export const pretrainCommand: CommandMaker = (exit) =>
  new Command('pretrain')
    .description('train a backbone on a scenario and write its weights to a file')
    .argument('<scenario>', 'name of a scenario, or path of its JSON file')
    .requiredOption('-o, --out <file>', 'safetensors file to write')
    .option('--seed <seed>', 'seed of all randomness', parsePositive, 1)
    .addOption(setOption('training.x or backbone.x; may be repeated'))
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(threadsOption('threads'))
    .option('--results <folder>', 'where the run is recorded', 'results')
    .option('--data <folder>', 'where your own copies of datasets lie', 'data')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', examples)
    .action(async (scenario: string, options: PretrainOptions) => {
      const { pretrainBackbone } = await import('./pretrain-backbone.ts');
      exit(await pretrainBackbone(scenario, options));
    });
