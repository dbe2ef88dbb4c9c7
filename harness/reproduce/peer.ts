import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { messageOf, UserError } from '../errors.ts';
import type { PaperTable } from './load-table.ts';
import type { TableResult } from './table-result.ts';

/** A run of another tool. */
export interface PeerRun {
  readonly cell: string;
  readonly seed: number;
  /** 0 to 1. */
  readonly value: number;
  /** Wall time; null where it was not noted. */
  readonly seconds: number | null;
}

/** A run of another tool beside ours with the same seed. */
export interface PeerPair extends PeerRun {
  readonly ours: number;
  readonly difference: number;
  /** Our wall time, training and evaluation. */
  readonly ourSeconds: number;
}

/** What a table's peer gave. */
export interface PeerComparison {
  readonly name: string;
  readonly pairs: readonly PeerPair[];
}

/**
 * Runs of the table's peer. @returns an empty list where the table names none
 * @throws UserError naming the line of the file that is not valid, or a cell that the table does not have
 */
export function readPeer({ reproduction: { peer }, file, cells }: PaperTable): PeerRun[] {
  if (peer === undefined) return [];
  const path = join(dirname(file), peer.file);
  if (!existsSync(path)) throw new UserError(`There is no file ${path}, which ${file} names as its peer.`);
  const known = new Set(cells.map(({ published }) => published.id));
  return readLines(path).map((line, index) => {
    const at = `${path}, line ${index + 2}`;
    const cell = line.cell ?? '';
    if (!known.has(cell)) throw new UserError(`${at}: the table has no cell "${cell}".`);
    const value = numberOf(line.accuracy, `${at}: accuracy`);
    if (value > 100) throw new UserError(`${at}: accuracy is ${value}, but must be a percentage.`);
    return {
      cell,
      seed: numberOf(line.seed, `${at}: seed`),
      value: value / 100,
      seconds: (line.seconds ?? '') === '' ? null : numberOf(line.seconds, `${at}: seconds`),
    };
  });
}

/**
 * Pairs the peer's runs with ours by cell and seed; those that have no partner are left out.
 * @returns null where the table names no peer, and for quick runs: shortened training is no partner of a whole run
 */
export function compareWithPeer(
  { table, cells, quick }: TableResult,
  runs: readonly PeerRun[],
): PeerComparison | null {
  const { peer } = table.reproduction;
  if (peer === undefined || quick) return null;
  const outcomes = new Map(cells.map(({ published, outcome }) => [published.id, outcome]));
  const pairs = runs.flatMap((run): PeerPair[] => {
    const outcome = outcomes.get(run.cell);
    if (outcome?.kind !== 'judged') return [];
    const position = outcome.seeds.indexOf(run.seed);
    const ours = outcome.values[position];
    const own = outcome.sample.runs[position];
    if (ours === undefined || own === undefined) return [];
    const ourSeconds = own.cost.trainingSeconds + own.cost.evaluationSeconds;
    return [{ ...run, ours, difference: ours - run.value, ourSeconds }];
  });
  return { name: peer.name, pairs };
}

function readLines(path: string): Record<string, string>[] {
  try {
    return parse(readFileSync(path, 'utf8'), { bom: true, columns: true, skip_empty_lines: true }) as Record<
      string,
      string
    >[];
  } catch (error) {
    throw new UserError(`${path} is not a CSV file: ${messageOf(error)}.`);
  }
}

function numberOf(text: string | undefined, at: string): number {
  const value = Number(text);
  if (text !== undefined && text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UserError(`${at} is "${text ?? ''}", but must be a number from 0 up.`);
}
