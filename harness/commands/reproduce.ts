import { Command } from 'commander';
import type { CommandMaker } from './command.ts';
import { parsePositive } from './options.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { engineOption, jobsOption, threadsOption } from './shared-options.ts';

const examples = `
Examples:
  palimpsest reproduce ls
  palimpsest reproduce hsu-2018/table-2
  palimpsest reproduce hsu-2018/table-2 --cells "class/*" --seeds 3
  palimpsest reproduce vandeven-2022/table-2 --methods ewc lwf --quick
  palimpsest reproduce hsu-2018/table-2 --recorded --latex table.tex

Runs what is missing and prints each cell of a paper's table beside ours: matched, off by x, too few seeds to tell, or not
attempted and why. A run that was finished before is not repeated; one that was cut off continues. A table that cannot run
here is printed, too, with what must be supplied. A file named - is standard output, which then holds nothing else.
Exit code: 0, 1 if a run failed or a file is not valid, 2 if called wrongly, 130 after Ctrl-C (press twice to stop at once).`;

/** `palimpsest reproduce`: a paper's table with our numbers beside it. */
export const reproduceCommand: CommandMaker = (exit) =>
  new Command('reproduce')
    .description("print a paper's table, cell by cell, with our numbers beside it")
    .argument('<table>', '<paper>/<table>, or "ls" to list what there is')
    .option('-m, --methods <names...>', 'only the cells of these methods, by our name or the paper’s')
    .option('-c, --cells <names...>', 'only these cells; * stands for any text')
    .option('-s, --seeds <number>', "only the first seeds of the table's", parsePositive)
    .option('--quick', 'one seed and shortened training, to see that all runs')
    .option('--recorded', 'run nothing: show the record that comes with the table')
    .option('--record', 'write the runs into the record that lies beside the table')
    .option('--force', 'with --record, replace even a cell of more runs')
    .option('--json', 'print the result as JSON')
    .option('--csv <file>', 'write the table as CSV, too')
    .option('--markdown <file>', 'write the table as Markdown, too')
    .option('--latex <file>', 'write the table as LaTeX, too')
    .addOption(jobsOption())
    .addOption(engineOption())
    .addOption(threadsOption())
    .option('--papers <folder>', 'where tables lie; those of the program when left out')
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--data <folder>', 'where your own copies of datasets and weights lie', 'data')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', examples)
    .action(async (table: string, options: ReproduceOptions) => {
      if (table === 'ls') {
        const { listPapers } = await import('./reproduce-ls.ts');
        exit(await listPapers(options));
        return;
      }
      const { reproduceTable } = await import('./reproduce-table.ts');
      exit(await reproduceTable(table, options));
    });
