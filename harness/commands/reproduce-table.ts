import { UsageError } from '../errors.ts';
import { interruptedCode } from '../execute/protocol.ts';
import type { TableRuns } from '../reproduce/cell-runs.ts';
import { formatCsv, formatLatex, formatMarkdown, formatTerminal, tableJson } from '../reproduce/export.ts';
import {
  type BoundCell,
  cellsLike,
  loadTable,
  type PaperTable,
  papersFolder,
} from '../reproduce/load-table.ts';
import { compareWithPeer, type PeerRun, readPeer } from '../reproduce/peer.ts';
import { addToTableRecord, readTableRecord, recordPath } from '../reproduce/record.ts';
import { type PlannedCell, resolveCells } from '../reproduce/resolve-cells.ts';
import { type TableResult, tableResult } from '../reproduce/table-result.ts';
import { suggestion } from '../suggest.ts';
import { print, printJson } from './command.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { type CollectedCells, runPlannedCells } from './reproduce-runs.ts';
import { checkOutputs, writeOutput } from './write-output.ts';

/**
 * Runs what is missing of a table and prints it.
 * @returns the exit code
 * @throws UsageError for an unknown table, cell or method, and for two results on standard
 *   output; UserError for files that are not valid
 */
export async function reproduceTable(name: string, options: ReproduceOptions): Promise<number> {
  checkOptions(options);
  const taken = checkOutputs(
    { '--csv': options.csv, '--markdown': options.markdown, '--latex': options.latex },
    options.json,
  );
  const table = loadTable(name, options.papers ?? papersFolder);
  const cells = chooseCells(table, options);
  // What is not valid is told before runs of hours, not after them.
  const peer = readPeer(table);
  const record = options.recorded === true || options.record === true ? recordOf(table) : new Map();
  const planned = await resolveCells(table, cells, {
    dataDirectory: options.data,
    quick: options.quick === true,
  });
  tellSeeds(planned, options);
  const collected = await collect(planned, record, options);
  const result = tableResult(table, planned, collected.runs, {
    failures: collected.failures,
    leftOut: collected.leftOut,
    quick: options.quick === true,
    absent: options.recorded === true ? 'not in the record' : 'not run yet',
  });
  const complete = options.record !== true || (await keepRecord(result, options.force === true));
  report(result, peer, options, taken);
  if (collected.interrupted) return interruptedCode;
  return collected.failures.size > 0 || !complete ? 1 : 0;
}

function recordOf({ id, file, metric }: PaperTable): TableRuns {
  return metric === null ? new Map() : readTableRecord(recordPath(file), id, metric);
}

function collect(
  planned: readonly PlannedCell[],
  record: TableRuns,
  options: ReproduceOptions,
): Promise<CollectedCells> | CollectedCells {
  if (options.recorded === true)
    return {
      runs: firstSeeds(record, planned, options.seeds),
      leftOut: new Map(),
      failures: new Map(),
      interrupted: false,
    };
  return runPlannedCells(planned, options);
}

/** Of the record only the first seeds of a table, where fewer are asked for. */
function firstSeeds(
  record: TableRuns,
  planned: readonly PlannedCell[],
  count: number | undefined,
): TableRuns {
  if (count === undefined) return record;
  const chosen = new Map(record);
  for (const { published, plan } of planned) {
    const sample = record.get(published.id);
    if (plan.kind !== 'run' || sample === undefined) continue;
    const wanted = new Set(plan.seeds.slice(0, count));
    const runs = sample.runs.filter(({ seeds }) => wanted.has(seeds.classOrder));
    if (runs.length === 0) chosen.delete(published.id);
    else chosen.set(published.id, { ...sample, runs });
  }
  return chosen;
}

function tellSeeds(planned: readonly PlannedCell[], { seeds }: ReproduceOptions): void {
  const most = Math.max(0, ...planned.map(({ plan }) => (plan.kind === 'run' ? plan.seeds.length : 0)));
  if (seeds !== undefined && most > 0 && seeds > most)
    console.error(`The table has ${most} seeds; --seeds ${seeds} asks for more.`);
}

function checkOptions({ quick, record, recorded, force }: ReproduceOptions): void {
  if (recorded === true && (quick === true || record === true)) {
    throw new UsageError('--recorded runs nothing, so it goes neither with --quick nor with --record.');
  }
  if (quick === true && record === true) {
    throw new UsageError("--quick shortens the training, so its runs do not go into a table's record.");
  }
  if (force === true && record !== true) {
    throw new UsageError('--force is about what is recorded, so it goes with --record.');
  }
}

function chooseCells(table: PaperTable, { cells: names, methods }: ReproduceOptions): BoundCell[] {
  const published = table.cells.map((cell) => cell.published);
  const named = names?.flatMap((name) => {
    const fitting = cellsLike(name, published);
    if (fitting.length > 0) return fitting.map(({ id }) => id);
    const near = suggestion(
      name,
      published.map(({ id }) => id),
    );
    throw new UsageError(
      `${table.id} has no cell "${name}".${near} Its cells: ${published.map(({ id }) => id).join(', ')}.`,
    );
  });
  const wanted = named === undefined ? null : new Set(named);
  for (const method of methods ?? []) checkMethod(method, table);
  const chosen = table.cells.filter(
    (cell) =>
      (wanted === null || wanted.has(cell.published.id)) &&
      (methods === undefined || methods.some((method) => isOfMethod(cell, method))),
  );
  if (chosen.length > 0) return chosen;
  throw new UsageError(`${table.id} has none of the cells ${names?.join(', ')} of ${methods?.join(', ')}.`);
}

function checkMethod(method: string, table: PaperTable): void {
  if (table.cells.some((cell) => isOfMethod(cell, method))) return;
  const known = [
    ...new Map(table.cells.flatMap(namesOfMethod).map((name) => [name.toLowerCase(), name])).values(),
  ];
  throw new UsageError(
    `${table.id} has no cell of a method "${method}".${suggestion(method, known)} Its methods: ${known.join(', ')}.`,
  );
}

function isOfMethod(cell: BoundCell, method: string): boolean {
  return namesOfMethod(cell).some((name) => name.toLowerCase() === method.toLowerCase());
}

/** What a person may call a cell's method: our name for it, the paper's, the end of the cell's name. */
function namesOfMethod({ published, binding }: BoundCell): string[] {
  const own = 'method' in binding ? [binding.method] : [];
  return [...new Set([...own, published.method, published.id.split('/').at(-1) ?? published.id])];
}

/** Records the runs of the cells that have a number. @returns whether all of them were recorded */
async function keepRecord({ table, cells }: TableResult, force: boolean): Promise<boolean> {
  const { id, file, metric } = table;
  const runs: TableRuns = new Map(
    cells.flatMap(({ published, outcome }) =>
      outcome.kind === 'judged' ? [[published.id, outcome.sample]] : [],
    ),
  );
  if (metric === null || runs.size === 0) {
    console.error('There are no runs to record.');
    return true;
  }
  const path = recordPath(file);
  const order = table.cells.map(({ published }) => published.id);
  const { replaced, kept } = await addToTableRecord(path, { id, order, metric, force }, runs);
  for (const { cell, recorded, now } of replaced)
    console.error(`${cell}: ${recorded} recorded runs of another kind were replaced by ${now}.`);
  for (const { cell, recorded, now } of kept)
    console.error(
      `${cell}: not recorded, for the record has ${recorded} runs of another kind (another engine, method, ` +
        `scenario or setting) and these are ${now}. Make as many, or replace them all the same with --force.`,
    );
  console.error(`The record is ${path}.`);
  return kept.length === 0;
}

/** @param taken whether one of the files is standard output, so that nothing else goes there */
function report(
  result: TableResult,
  peerRuns: readonly PeerRun[],
  { json, csv, markdown, latex }: ReproduceOptions,
  taken: boolean,
): void {
  const peer = compareWithPeer(result, peerRuns);
  if (csv !== undefined) writeOutput(csv, formatCsv(result));
  if (markdown !== undefined) writeOutput(markdown, formatMarkdown(result, peer));
  if (latex !== undefined) writeOutput(latex, formatLatex(result, peer));
  if (taken) return;
  if (json === true) printJson({ ...(tableJson(result) as object), peer });
  else print(formatTerminal(result, peer));
}
