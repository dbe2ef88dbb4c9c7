import { messageOf, UserError } from '../errors.ts';
import { summarise } from '../evaluate/statistics.ts';
import { runId } from '../record/run-id.ts';
import { unknown } from '../record/run-record.ts';
import { type ColumnName, tolerance } from './columns.ts';
import {
  definitionOf,
  isImported,
  jsonField,
  type LeaderboardRow,
  type MetricEntry,
  seedsOf,
} from './row.ts';

/** What contradicts itself in a row: the column, and what is wrong with it. */
export interface Contradiction {
  readonly column: string;
  readonly message: string;
}

/**
 * The first thing in a row that does not fit the rest of it: counts of lists, means and intervals that do not follow
 * from the values of the seeds, run ids that do not follow from settings and seeds. A row whose schema holds and that
 * passes this can still be invented, but not changed in one place.
 */
export function contradictionOf(row: LeaderboardRow): Contradiction | undefined {
  for (const check of [checkJson, checkLists, checkCells, checkDate, checkOrigin, checkMetrics, checkRuns]) {
    const found = check(row);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkJson({ fields }: LeaderboardRow): Contradiction | undefined {
  for (const column of ['settings', 'training', 'backbone'] as const satisfies ColumnName[]) {
    try {
      jsonField(fields[column]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { column, message: messageOf(error) };
    }
  }
  if (typeof jsonField(fields.backbone).name !== 'string')
    return { column: 'backbone', message: 'has no "name"' };
  return undefined;
}

function checkLists(row: LeaderboardRow): Contradiction | undefined {
  const { seeds, seed_values, runs, matrices_sha256 } = row.fields;
  const lists = {
    seed_values: seed_values.split('; '),
    runs: runs.split(' '),
    matrices_sha256: matrices_sha256.split(' '),
  };
  for (const [column, list] of Object.entries(lists)) {
    if (list.length !== seeds)
      return { column, message: `lists ${list.length}, but the row says ${seeds} seeds` };
    // Results may be the same for two seeds.
    if (column !== 'matrices_sha256' && new Set(list).size < seeds && !(isImported(row) && column !== 'runs'))
      return { column, message: 'names one of them twice' };
  }
  return undefined;
}

function checkCells({ fields }: LeaderboardRow): Contradiction | undefined {
  const { seeds, seeds_unfinished: unfinished, tasks, cells_expected: expected } = fields;
  const right = expectedCells(seeds + unfinished, tasks);
  if (expected !== right) {
    return {
      column: 'cells_expected',
      message: `is ${expected}, but ${seeds + unfinished} seeds of ${tasks} tasks have ${right} cells`,
    };
  }
  const most = expectedCells(seeds, tasks);
  if (fields.cells_measured > most)
    return {
      column: 'cells_measured',
      message: `is ${fields.cells_measured}, but ${seeds} seeds have ${most}`,
    };
  return undefined;
}

/** Cells of so many whole matrices: every task before training and after each task. */
export function expectedCells(seeds: number, tasks: number): number {
  return seeds * tasks * (tasks + 1);
}

function checkDate({ fields: { date } }: LeaderboardRow): Contradiction | undefined {
  return Number.isNaN(Date.parse(date)) ? { column: 'date', message: `is "${date}", no date` } : undefined;
}

/** Only what another tool measured may be unknown. */
function checkOrigin(row: LeaderboardRow): Contradiction | undefined {
  const { fields } = row;
  if (isImported(row)) {
    return fields.imported_measure === ''
      ? { column: 'imported_measure', message: 'is empty, but the row was imported' }
      : undefined;
  }
  if (fields.imported_measure !== '')
    return { column: 'imported_measure', message: 'is given, but the row was not imported' };
  for (const column of ['scenario_digest', 'dataset_sha256', 'method_digest'] as const) {
    if (fields[column] === unknown)
      return { column, message: 'is unknown, but the row was not imported; it must be a SHA-256' };
  }
  for (const column of ['training_seconds', 'peak_memory_bytes', 'kept_bytes', 'kept_examples'] as const) {
    if (fields[column] === null)
      return { column, message: 'is empty, but the row was not imported; it must be a number' };
  }
  return undefined;
}

function checkMetrics({ fields, metrics }: LeaderboardRow): Contradiction | undefined {
  for (const [id, entry] of metrics) {
    if (entry.values.length !== fields.seeds)
      return {
        column: `${id} values`,
        message: `lists ${entry.values.length}, but the row says ${fields.seeds} seeds`,
      };
    const found = checkSummary(id, entry);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkSummary(id: string, { mean, deviation, interval, values }: MetricEntry) {
  const right = summarise(values);
  const half = right.interval.kind === 'interval' ? right.interval.halfWidth : null;
  const pairs: [string, number | null, number | null][] = [
    [id, mean, right.mean],
    [`${id} deviation`, deviation, right.deviation],
    [`${id} interval`, interval, half],
  ];
  const wrong = pairs.find(([, given, computed]) => !close(given, computed));
  if (wrong === undefined) return undefined;
  const [column, given, computed] = wrong;
  const shown = (value: number | null) => (value === null ? 'empty' : String(value));
  return { column, message: `is ${shown(given)}, but the values make it ${shown(computed)}` };
}

function close(left: number | null, right: number | null): boolean {
  return left === null || right === null ? left === right : Math.abs(left - right) <= tolerance;
}

/** A run's id follows from its definition, so an edited setting, digest, version or seed shows. */
function checkRuns(row: LeaderboardRow): Contradiction | undefined {
  const ids = row.fields.runs.split(' ');
  let seeds: ReturnType<typeof seedsOf>;
  try {
    seeds = seedsOf(row.fields);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { column: 'seed_values', message: messageOf(error) };
  }
  // The names of an imported run's files are not in the row, and its id depends on them.
  if (isImported(row)) return undefined;
  const definition = definitionOf(row);
  for (const [index, own] of seeds.entries()) {
    const expected = runId({ ...definition, seeds: own });
    if (ids[index] !== expected) {
      return {
        column: 'runs',
        message: `names ${ids[index]}, but settings, versions, digests and seed make it ${expected}: the row was edited`,
      };
    }
  }
  return undefined;
}
