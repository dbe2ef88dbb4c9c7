import { Command } from 'commander';
import type { ReportTable } from '../report/group-runs.ts';
import { type CommandMaker, print, printJson } from './command.ts';
import { metricOption } from './shared-options.ts';
import { checkOutputs, writeOutput } from './write-output.ts';

interface TableOptions {
  readonly results: string;
  readonly csv?: string;
  readonly markdown?: string;
  readonly latex?: string;
  readonly html?: string;
  readonly metric?: readonly string[];
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest table split-mnist-class
  palimpsest table results/runs/split-mnist-class.ewc.*
  palimpsest table --csv all.csv
  palimpsest table split-mnist-class --latex - > table.tex
  palimpsest table split-mnist-class --metric accuracy/final forgetting/chaudhry bwt/gem

Runs that differ in nothing but their seeds make one row. Different versions of a scenario never share a table.
Runs that are not finished are listed below the table. A file named - is standard output.`;

/** `palimpsest table`: the table of recorded runs. */
export const tableCommand: CommandMaker = () =>
  new Command('table')
    .description('print the table of recorded runs')
    .argument(
      '[runs...]',
      'folders or ids of runs, results folders, or names of scenarios; all runs when left out',
    )
    .addOption(metricOption())
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--csv <file>', 'write the table as CSV, too')
    .option('--markdown <file>', 'write it as Markdown')
    .option('--latex <file>', 'write it as LaTeX (booktabs)')
    .option('--html <file>', 'write it as one HTML page')
    .option('--json', 'print the table as JSON')
    .addHelpText('after', examples)
    .action(printTable);

async function printTable(words: readonly string[], options: TableOptions): Promise<void> {
  const { csv, markdown, latex, html, metric, results, json } = options;
  const files = { '--csv': csv, '--markdown': markdown, '--latex': latex, '--html': html };
  const taken = checkOutputs(files, json);
  const [{ chooseRuns }, { findMetrics }, { groupRuns }, { reportJson }, { printTables }] = await Promise.all(
    [
      import('./recorded-runs.ts'),
      import('../evaluate/metrics/index.ts'),
      import('../report/group-runs.ts'),
      import('../report/json.ts'),
      import('./print-tables.ts'),
    ],
  );
  const selected = metric && findMetrics(metric);
  const { runs, unreadable } = chooseRuns(words, results);
  const tables = groupRuns(runs, selected);
  const written = await writeTables(tables, options);
  if (json === true) {
    printJson({ tables: reportJson(tables), unreadable });
    return;
  }
  if (!taken) {
    printTables(tables);
    for (const path of written) print(`The table is in ${path}.`);
  }
  for (const { error } of unreadable) console.error(`Left out: ${error}`);
}

/** Writes each format that was asked for. @returns the files */
async function writeTables(tables: readonly ReportTable[], options: TableOptions): Promise<string[]> {
  const { csv, markdown, latex, html } = options;
  const [csvFormat, content, markdownFormat, latexFormat, htmlFormat] = await Promise.all([
    import('../report/csv.ts'),
    import('../report/table-content.ts'),
    import('../report/markdown-table.ts'),
    import('../report/latex-table.ts'),
    import('../report/html-table.ts'),
  ]);
  const contents = tables.map(content.tableContent);
  const formats: [string | undefined, () => string][] = [
    [csv, () => csvFormat.formatReportCsv(tables)],
    [markdown, () => contents.map(markdownFormat.formatMarkdownTable).join('\n')],
    [latex, () => contents.map(latexFormat.formatLatexTable).join('\n')],
    [html, () => htmlFormat.formatHtmlTables(contents)],
  ];
  return formats.flatMap(([path, format]) => {
    if (path === undefined) return [];
    writeOutput(path, format());
    return [path];
  });
}
