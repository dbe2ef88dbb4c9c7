import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { ImportOptions } from '../import/index.ts';
import type { RecordedImport } from '../import/record-imports.ts';
import { type CommandMaker, print, printJson } from './command.ts';
import { parseSeeds } from './options.ts';

/** The options of `palimpsest import`. */
interface ImportCommandOptions extends ImportOptions {
  readonly scenario?: string;
  readonly method?: string;
  readonly seed?: readonly number[];
  readonly tasks?: number | readonly string[];
  readonly results: string;
  readonly json?: boolean;
}

const formats = ['pycil', 'mammoth', 'facil', 'avalanche', 'zscl', 'trace', 'sapt', 'csv'];

const examples = `
Formats:
  pycil      log text of PyCIL or LAMDA-PILOT, lines "CNN: {...}"
  mammoth    logs.pyd of Mammoth
  facil      acc_taw-*.txt or acc_tag-*.txt of FACIL
  avalanche  eval_results.csv of Avalanche's CSVLogger
  zscl       .npy table of ZSCL, or any square .npy array
  trace      results-<round>-<i>-<task>.json of TRACE, or their folder
  sapt       <step>-<task>/all_results.json of SAPT, or their folder
  csv        a matrix: after,task,correct,total; after,task,accuracy; after,<tasks...>; or bare numbers

Examples:
  palimpsest import pycil logs/icarl/cifar100/0/10/reproduce_1993_resnet32.log
  palimpsest import mammoth data/results/class-il/seq-cifar10/der/logs.pyd
  palimpsest import facil results/acc_tag-*.txt --scenario cifar100-10 --method lwf --seed 1,2,3
  palimpsest import csv matrix.csv --unit percent --scenario cifar100-10 --method lwf --seed 7

Nothing in a file is run. What a file does not say stays unknown in the record, and every table marks the row as imported.
Exit code: 0 if all were imported, 1 if a file cannot be read (then none is imported), 2 if called wrongly.`;

/** `palimpsest import`: other tools' results as run records. */
export const importCommand: CommandMaker = () =>
  new Command('import')
    .description('import the results of other tools as run records')
    .addArgument(new Argument('<format>', 'who wrote the files').choices(formats))
    .argument('<files...>', 'files, or for trace and sapt their folder')
    .option('--scenario <name>', 'name of the scenario, where the files do not give one or another is wanted')
    .option('--method <name>', 'name of the method, where the files do not give one or another is wanted')
    .option('--seed <seeds>', 'seeds of the results whose files state none, in order: 7 or 1,2,3', parseSeed)
    .option(
      '--tasks <tasks>',
      'number of tasks, or their names with commas between, in order of training',
      parseTasks,
    )
    .addOption(
      new Option('--unit <unit>', 'what the numbers are (csv, zscl)').choices(['percent', 'fraction']),
    )
    .option(
      '--measure <name>',
      'which of the measures in the files (trace, sapt), or what the numbers are (csv)',
    )
    .option('--transpose', 'rows are tasks and columns are stages (csv, zscl)')
    .addOption(
      new Option('--order <order>', "order of MTIL's tasks (zscl)").choices(['1', '2']).argParser(parseOrder),
    )
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print what was imported as JSON')
    .addHelpText('after', examples)
    .action(importFiles);

async function importFiles(
  format: string,
  paths: readonly string[],
  options: ImportCommandOptions,
): Promise<void> {
  const { readResults } = await import('../import/read-results.ts');
  const { recordImports } = await import('../import/record-imports.ts');
  const { scenario, method, seed, tasks, results, json, ...importOptions } = options;
  const { importer, found } = readResults(format, paths, importOptions);
  const names = {
    ...(scenario === undefined ? {} : { scenario }),
    ...(method === undefined ? {} : { method }),
    ...(seed === undefined ? {} : { seeds: seed }),
    ...(tasks === undefined ? {} : { tasks }),
  };
  const imported = recordImports(importer, found, names, results);
  if (json === true) printJson({ imported: imported.map(jsonOf) });
  else for (const one of imported) printImport(one);
}

function printImport({ id, alreadyThere, record, cells, notices }: RecordedImport): void {
  const { definition, tasks } = record;
  const what = `${cells} cells of ${tasks.length} tasks, ${definition.imported?.measure}`;
  print(alreadyThere ? `${id} is there already: ${what}.` : `Imported ${id}: ${what}.`);
  for (const notice of notices) console.error(`  ${notice}`);
}

function jsonOf({ id, directory, alreadyThere, record, cells, notices }: RecordedImport): unknown {
  const { scenario, method, seeds, imported } = record.definition;
  return {
    id,
    directory,
    alreadyThere,
    scenario: scenario.name,
    method: method.name,
    seeds,
    tasks: record.tasks,
    cells,
    imported,
    notices,
  };
}

/** A list of seeds; unlike in `run`, a number alone is that seed and not a count, since results are given one by one. */
function parseSeed(text: string): number[] {
  return parseSeeds(/^\d+$/.test(text) ? `${text},` : text);
}

function parseTasks(text: string): number | string[] {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Give a number, or names with commas between.');
  return names;
}

function parseOrder(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('Allowed choices are 1, 2.');
  return text === '1' ? 1 : 2;
}
