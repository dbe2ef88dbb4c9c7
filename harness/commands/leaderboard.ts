import { Command } from 'commander';
import type { CommandMaker } from './command.ts';
import type { LeaderboardOptions } from './leaderboard-options.ts';
import { parsePositive } from './options.ts';

const examples = `
Examples:
  palimpsest leaderboard --csv leaderboard.csv --html leaderboard.html
  palimpsest leaderboard --scenario split-mnist-task permuted-mnist --metric accuracy/final forgetting
  palimpsest leaderboard --merge theirs.csv --csv all.csv
  palimpsest leaderboard ours.csv theirs.csv --csv all.csv
  palimpsest validate theirs.csv

One row for each method, version of a scenario, backbone and settings. Without files, rows are those of the recorded runs;
with files, those of the files alone; --merge adds files to the recorded runs. Two rows that disagree are refused.
The first metric decides the ranks. Rows that lack seeds or metrics are shown apart and not ranked; references such as joint
are shown and not ranked. A file named - is standard output.
Exit code: 0, 1 if a file is not valid or rows disagree, 2 if called wrongly.`;

/** `palimpsest leaderboard`: ranks of methods by scenario and over scenarios, as a file to pass on. */
export const leaderboardCommand: CommandMaker = () =>
  new Command('leaderboard')
    .description('rank methods by scenario and over scenarios; write, read and merge leaderboards')
    .argument('[files...]', 'leaderboards (CSV) to show or merge, instead of recorded runs')
    .option('--scenario <names...>', 'only these scenarios, as name or name@version')
    .option('--metric <ids...>', 'which metrics; the first decides the ranks')
    .option('--least-seeds <number>', 'fewest finished seeds of a row that is ranked', parsePositive, 3)
    .option('--merge <files...>', 'add the rows of other leaderboards (CSV) to those of recorded runs')
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--csv <file>', 'write the rows as CSV')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--html <file>', 'write them as one HTML page')
    .option('--json', 'print ranks and rows as JSON')
    .addHelpText('after', examples)
    .action(async (files: readonly string[], options: LeaderboardOptions) => {
      const { printLeaderboard } = await import('./print-leaderboard.ts');
      await printLeaderboard(files, options);
    });
