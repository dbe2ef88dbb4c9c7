import { UsageError } from '../errors.ts';
import { findMetric, type Metric } from '../evaluate/metrics/index.ts';
import { interruptedCode } from '../execute/protocol.ts';
import { formatCsv, formatLatex, formatMarkdown, tableJson } from '../reproduce/export.ts';
import { formatTable } from '../reproduce/format.ts';
import {
  type BoundCell,
  cellsLike,
  loadTable,
  type PaperTable,
  papersFolder,
} from '../reproduce/load-table.ts';
import { compareWithPeer } from '../reproduce/peer.ts';
import { addToTableRecord, readTableRecord, recordPath, type TableRuns } from '../reproduce/record.ts';
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
  const { metric: id } = table.reproduction;
  const metric = id === undefined ? null : findMetric(id);
  const record = metric === null ? new Map() : readTableRecord(recordPath(table.file), table.id, metric);
  const planned = await resolveCells(table, cells, {
    dataDirectory: options.data,
    quick: options.quick === true,
  });
  const collected = await collect(planned, record, options);
  const result = tableResult(table, planned, collected.runs, metric, {
    failures: collected.failures,
    leftOut: collected.leftOut,
    quick: options.quick === true,
    absent: options.recorded === true ? 'not in the record' : 'not run yet',
  });
  if (options.record === true && metric !== null) await keepRecord(table, collected.runs, metric);
  report(result, options, taken);
  if (collected.interrupted) return interruptedCode;
  return collected.failures.size > 0 ? 1 : 0;
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

function checkOptions({ quick, record, recorded }: ReproduceOptions): void {
  if (recorded === true && (quick === true || record === true)) {
    throw new UsageError('--recorded runs nothing, so it goes neither with --quick nor with --record.');
  }
  if (quick === true && record === true) {
    throw new UsageError("--quick shortens the training, so its runs do not go into a table's record.");
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
  return table.cells.filter(
    (cell) =>
      (wanted === null || wanted.has(cell.published.id)) &&
      (methods === undefined || methods.some((method) => isOfMethod(cell, method))),
  );
}

function checkMethod(method: string, table: PaperTable): void {
  if (table.cells.some((cell) => isOfMethod(cell, method))) return;
  const known = [...new Set(table.cells.flatMap(namesOfMethod))];
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

async function keepRecord({ id, file, cells }: PaperTable, runs: TableRuns, metric: Metric): Promise<void> {
  const path = recordPath(file);
  await addToTableRecord(path, { id, order: cells.map(({ published }) => published.id) }, metric, runs);
  console.error(`The record is ${path}.`);
}

/** @param taken whether one of the files is standard output, so that nothing else goes there */
function report(result: TableResult, { json, csv, markdown, latex }: ReproduceOptions, taken: boolean): void {
  if (csv !== undefined) writeOutput(csv, formatCsv(result));
  if (markdown !== undefined) writeOutput(markdown, formatMarkdown(result));
  if (latex !== undefined) writeOutput(latex, formatLatex(result));
  if (taken) return;
  const peer = compareWithPeer(result);
  if (json === true) printJson({ ...(tableJson(result) as object), peer });
  else print(formatTable(result, peer));
}
