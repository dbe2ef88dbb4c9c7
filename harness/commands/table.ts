import { Command } from 'commander';
import { type CommandMaker, print, printJson } from './command.ts';

interface TableOptions {
  readonly results: string;
  readonly csv?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest table split-mnist-class
  palimpsest table results/runs/split-mnist-class.ewc.*
  palimpsest table --csv all.csv

Runs that differ in nothing but their seeds make one row. Different versions of a scenario never share a table.
Runs that are not finished are listed below the table.`;

/** `palimpsest table`: the table of recorded runs. */
export const tableCommand: CommandMaker = () =>
  new Command('table')
    .description('print the table of recorded runs')
    .argument(
      '[runs...]',
      'folders or ids of runs, results folders, or names of scenarios; all runs when left out',
    )
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--csv <file>', 'write the table as CSV, too')
    .option('--json', 'print the table as JSON')
    .addHelpText('after', examples)
    .action(printTable);

async function printTable(words: readonly string[], { results, csv, json }: TableOptions): Promise<void> {
  const [{ chooseRuns }, { groupRuns }, { reportJson }, { printTables, writeCsv }] = await Promise.all([
    import('./recorded-runs.ts'),
    import('../report/group-runs.ts'),
    import('../report/json.ts'),
    import('./print-tables.ts'),
  ]);
  const { runs, unreadable } = chooseRuns(words, results);
  const tables = groupRuns(runs);
  if (csv !== undefined) writeCsv(csv, tables);
  if (json === true) {
    printJson({ tables: reportJson(tables), unreadable });
    return;
  }
  printTables(tables);
  if (csv !== undefined) print(`The table is in ${csv}.`);
  for (const { error } of unreadable) console.error(`Left out: ${error}`);
}
