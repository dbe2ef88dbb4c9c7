import { Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';

interface ShowOptions {
  readonly results: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest show split-mnist-class.ewc.0123456789ab
  palimpsest show results/runs/split-mnist-class.ewc.0123456789ab --json`;

/** `palimpsest show`: one run's definition, accuracy matrix and metrics. */
export const showCommand: CommandMaker = () =>
  new Command('show')
    .description('show one recorded run: what it was, its accuracy matrix and its metrics')
    .argument('<run>', 'id or folder of a run')
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples)
    .action(showRun);

async function showRun(word: string, { results, json }: ShowOptions): Promise<void> {
  const [{ chooseRun }, { formatRun, runJson }] = await Promise.all([
    import('./recorded-runs.ts'),
    import('../report/run-summary.ts'),
  ]);
  const run = chooseRun(word, results);
  if (json === true) printJson(runJson(run));
  else print(formatRun(run));
}
