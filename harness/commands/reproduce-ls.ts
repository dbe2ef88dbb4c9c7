import Table from 'cli-table3';
import { UserError } from '../errors.ts';
import type { RecordedRun } from '../record/run-record.ts';
import { duration } from '../report/format.ts';
import type { TableRuns } from '../reproduce/cell-runs.ts';
import { finishedRuns } from '../reproduce/cell-runs.ts';
import { type Estimate, estimateTable } from '../reproduce/estimate.ts';
import { loadTable, papersFolder, tableNames } from '../reproduce/load-table.ts';
import { readTableRecord, recordPath } from '../reproduce/record.ts';
import { resolveCells } from '../reproduce/resolve-cells.ts';
import { print, printJson } from './command.ts';
import type { ReproduceOptions } from './reproduce-options.ts';

interface Listed extends Estimate {
  readonly table: string;
  readonly paper: string;
  readonly title: string;
  readonly cells: number;
  /** Cells of which the record has runs. */
  readonly recorded: number;
}

/**
 * Prints all tables: how many cells, how many can run here, how long that takes.
 * @returns the exit code: 1 where a table is not valid, of which the others are listed all the same
 */
export async function listPapers(options: ReproduceOptions): Promise<number> {
  const papers = options.papers ?? papersFolder;
  const local = finishedRuns(options);
  const listed: Listed[] = [];
  let code = 0;
  for (const name of tableNames(papers)) {
    try {
      listed.push(await listTable(name, papers, local, options));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(`palimpsest: ${error.message}`);
      code = 1;
    }
  }
  if (options.json === true) printJson(listed);
  else print(formatList(listed));
  return code;
}

async function listTable(
  name: string,
  papers: string,
  local: readonly RecordedRun[],
  { data }: ReproduceOptions,
): Promise<Listed> {
  const table = loadTable(name, papers);
  const { metric } = table;
  const { paper, title } = table.reproduction;
  const planned = await resolveCells(table, table.cells, { dataDirectory: data });
  const runs: TableRuns =
    metric === null ? new Map() : readTableRecord(recordPath(table.file), table.id, metric);
  return {
    table: name,
    paper,
    title,
    cells: planned.length,
    recorded: planned.filter(({ published }) => runs.has(published.id)).length,
    ...estimateTable(planned, runs, local),
  };
}

function formatList(listed: readonly Listed[]): string {
  const table = new Table({
    head: ['table', 'title', 'cells', 'can run here', 'recorded', 'time, one run at a time'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { table: name, title, cells, runnable, recorded, ...time } of listed)
    table.push([
      name,
      title,
      String(cells),
      String(runnable),
      String(recorded),
      timeText({ runnable, ...time }),
    ]);
  const papers = new Map(listed.map(({ table: name, paper }) => [name.split('/')[0] ?? name, paper]));
  const total = listed.reduce((sum, { cells }) => sum + cells, 0);
  const runnable = listed.reduce((sum, own) => sum + own.runnable, 0);
  return [
    table.toString(),
    `${papers.size} papers, ${listed.length} tables, ${total} cells, of which ${runnable} can run here. Times are of recorded runs.`,
    ...[...papers].map(([id, paper]) => `  ${id}: ${paper}`),
  ].join('\n');
}

function timeText({ seconds, runnable, unknown }: Estimate): string {
  if (runnable === 0) return '';
  if (unknown === runnable) return 'unknown: never run';
  if (unknown === 0) return duration(seconds);
  return `${duration(seconds)} and ${unknown === 1 ? 'a cell that was' : `${unknown} cells that were`} never run`;
}
