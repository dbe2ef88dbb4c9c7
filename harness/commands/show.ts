import { Argument, Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';

interface ShowOptions {
  readonly results: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest show split-mnist-class.ewc.0123456789ab
  palimpsest show results/runs/split-mnist-class.ewc.0123456789ab --json
  palimpsest show split-mnist-class.codyra.0123456789ab ranks`;

/** `palimpsest show`: one run's definition, accuracy matrix and metrics, or its ranks. */
export const showCommand: CommandMaker = () =>
  new Command('show')
    .description('show one recorded run: what it was, its accuracy matrix and its metrics')
    .argument('<run>', 'id or folder of a run')
    .addArgument(
      new Argument('[what]', 'ranks: layer by layer and task by task, where the method logs them').choices([
        'ranks',
      ]),
    )
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action((run: string, what: 'ranks' | undefined, options: ShowOptions) =>
      what === 'ranks' ? showRanks(run, options) : showRun(run, options),
    );

async function showRun(word: string, { results, json }: ShowOptions): Promise<void> {
  const [{ chooseRun }, { formatRun, runJson }] = await Promise.all([
    import('./recorded-runs.ts'),
    import('../report/run-summary.ts'),
  ]);
  const run = chooseRun(word, results);
  if (json === true) printJson(runJson(run));
  else print(formatRun(run));
}

async function showRanks(word: string, { results, json }: ShowOptions): Promise<void> {
  const [{ chooseRun }, { formatRanks, rankTable }] = await Promise.all([
    import('./recorded-runs.ts'),
    import('../report/ranks.ts'),
  ]);
  const ranks = rankTable(chooseRun(word, results));
  if (json === true) printJson(ranks);
  else print(formatRanks(ranks));
}
