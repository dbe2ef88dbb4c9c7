import { join } from 'node:path';
import { Command } from 'commander';
import type { ReportSection } from '../report/report-page.ts';
import { type CommandMaker, print, printJson } from './command.ts';
import { metricOption } from './shared-options.ts';
import { checkOutputs, isStandardOutput, writeOutput } from './write-output.ts';

interface ReportOptions {
  readonly results: string;
  readonly out: string;
  readonly svg?: string;
  readonly title: string;
  readonly metric?: readonly string[];
  readonly json?: boolean;
}

const examples = `
Examples:
  palimpsest report split-mnist-task --out report.html
  palimpsest report results/runs/split-mnist-class.ewc.* --out ewc.html --title "EWC by strength"
  palimpsest report split-mnist-class --metric accuracy/final forgetting bwt --out report.html
  palimpsest report split-mnist-task --out report.html --svg figures

The page loads nothing and can be sent as it is. Scenarios that may not share a table are sections of their own. The first
metric is the one that is set against the cost, and by which rows are chosen where there are too many to draw.`;

/** `palimpsest report`: tables, figures and settings of recorded runs as one page. */
export const reportCommand: CommandMaker = () =>
  new Command('report')
    .description('write tables and figures of recorded runs as one HTML page')
    .argument(
      '[runs...]',
      'folders or ids of runs, results folders, or names of scenarios; all runs when left out',
    )
    .requiredOption('--out <file>', 'the page to write; - is standard output')
    .option('--svg <folder>', 'write each figure as an SVG file for paper, too')
    .option('--title <text>', 'the heading of the page', 'Recorded runs')
    .addOption(metricOption('the metrics of the tables, the most important first'))
    .option('--results <folder>', 'where runs are recorded', 'results')
    .option('--json', 'print what was written, and the tables, as JSON')
    .addHelpText('after', examples)
    .action(writeReport);

async function writeReport(words: readonly string[], options: ReportOptions): Promise<void> {
  const { out, svg, title, metric, results, json } = options;
  checkOutputs({ '--out': out }, json);
  const [{ chooseRuns }, { defaultMetrics, findMetrics }, { groupRuns }, { reportJson }, page] =
    await Promise.all([
      import('./recorded-runs.ts'),
      import('../evaluate/metrics/index.ts'),
      import('../report/group-runs.ts'),
      import('../report/json.ts'),
      import('../report/report-page.ts'),
    ]);
  const selected = metric === undefined ? defaultMetrics : findMetrics(metric);
  const { runs, unreadable } = chooseRuns(words, results);
  const tables = groupRuns(runs, selected);
  const sections = page.reportSections(tables);
  const left = unreadable.map(({ error }) => error);
  writeOutput(out, page.reportPage(title, sections, left));
  const figures = svg === undefined ? [] : writeFigures(svg, sections);
  if (json === true) printJson({ page: out, figures, tables: reportJson(tables), unreadable });
  else if (!isStandardOutput(out)) {
    print(`The report is in ${out}.`);
    if (svg !== undefined) print(`${figures.length} figures are in ${svg}/.`);
  }
  for (const error of left) console.error(`Left out: ${error}`);
}

/** Writes each figure by itself. @returns the files */
function writeFigures(folder: string, sections: readonly ReportSection[]): string[] {
  return sections.flatMap(({ table, figures }, index) =>
    [...figures.figures, ...figures.matrices].map((figure) => {
      // Names of imported scenarios may be anything, a way out of the folder among it; a number keeps them apart.
      const scenario = table.scenario.name.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60);
      const name = `${sections.length > 1 ? `${index + 1}-` : ''}${scenario}.${figure.id}.svg`;
      const path = join(folder, name);
      writeOutput(path, `<?xml version="1.0" encoding="UTF-8"?>\n${figure.draw('paper')}\n`);
      return path;
    }),
  );
}
