import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { parseAccuracyCsv } from '../evaluate/accuracy-csv.ts';
import type { MatrixCell } from '../evaluate/accuracy-matrix.ts';
import { withFileErrors } from './files.ts';
import { parseFiniteJson } from './finite-json.ts';
import { isNestedTooDeeply } from './nesting.ts';
import { runId } from './run-id.ts';
import type { RecordedRun, RunRecord } from './run-record.ts';
import { checkRunRecord } from './run-schema.ts';

/** Names of the files in a run's directory. */
export const runFiles = {
  record: 'run.json',
  accuracy: 'accuracy.csv',
  events: 'events.jsonl',
  checkpoint: 'checkpoint.safetensors',
} as const;

/** SHA-256 of a text, 64 hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Reads `run.json` and refuses one that was cut short or edited: its id must follow from its definition.
 * @throws UserError
 */
export function readRecord(directory: string): RunRecord {
  const path = join(directory, runFiles.record);
  if (!existsSync(path)) throw new UserError(`${directory} is no run: it has no ${runFiles.record}.`);
  const text = withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
  const checked = checkRunRecord(parseJson(text, path));
  if ('problem' in checked) throw new UserError(`${path} is not a run record: ${checked.problem}.`);
  const expected = runId(checked.record.definition);
  if (checked.record.id !== expected) {
    throw new UserError(
      `${path} was edited: its id is ${checked.record.id}, but its definition makes ${expected}. ` +
        'Restore the file, or delete the folder and run it again.',
    );
  }
  return checked.record;
}

/**
 * Reads a recorded run with its accuracy matrix.
 * @throws UserError naming the file that is missing, cut short or edited.
 */
export function readRun(directory: string): RecordedRun {
  const record = readRecord(directory);
  return { directory, record, cells: readCells(directory, record) };
}

/** The matrix of a run; for a finished one its bytes must be those that were recorded. @throws UserError */
export function readCells(directory: string, record: RunRecord): MatrixCell[] {
  const path = join(directory, runFiles.accuracy);
  const finished = record.status.state === 'finished';
  if (!existsSync(path)) {
    if (!finished) return [];
    throw new UserError(
      `${path} is missing, though the run is finished. Restore it, or delete the folder and run again.`,
    );
  }
  const text = withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
  if (record.status.state === 'finished' && sha256(text) !== record.status.accuracySha256) {
    throw new UserError(
      `${path} is not what the run recorded (its SHA-256 differs): it was edited or cut short. ` +
        'Restore it, or delete the folder and run it again.',
    );
  }
  return parseAccuracyCsv(text, path);
}

/** Which runs to look for; what is left out does not matter. */
export interface RunFilter {
  readonly scenario?: string;
  readonly method?: string;
  readonly state?: RunRecord['status']['state'];
}

/** What a results directory holds. */
export interface FoundRuns {
  readonly runs: readonly RecordedRun[];
  /** Directories that look like runs but cannot be trusted, and why. */
  readonly unreadable: readonly { readonly directory: string; readonly error: string }[];
}

/** The runs under `<resultsDirectory>/runs/` that match, in order of their ids. One broken run does not hide the others. */
export function findRuns(resultsDirectory: string, filter: RunFilter = {}): FoundRuns {
  const parent = join(resultsDirectory, 'runs');
  const runs: RecordedRun[] = [];
  const unreadable: { directory: string; error: string }[] = [];
  for (const name of existsSync(parent) ? readdirSync(parent).sort() : []) {
    const directory = join(parent, name);
    try {
      if (!isThere(join(directory, runFiles.record))) continue;
      const record = readRecord(directory);
      if (matches(record, filter)) runs.push({ directory, record, cells: readCells(directory, record) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push({ directory, error: messageOf(error) });
    }
  }
  return { runs, unreadable };
}

/** Whether there is such a file; a folder that may not be looked into does not say so. @throws UserError then */
function isThere(path: string): boolean {
  return withFileErrors(`read ${path}`, () => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

function matches({ definition, status }: RunRecord, { scenario, method, state }: RunFilter): boolean {
  return (
    (scenario === undefined || definition.scenario.name === scenario) &&
    (method === undefined || definition.method.name === method) &&
    (state === undefined || status.state === state)
  );
}

function parseJson(text: string, path: string): unknown {
  if (isNestedTooDeeply(text)) throw new UserError(`${path} is not a run record: it is nested too deeply.`);
  try {
    return parseFiniteJson(text);
  } catch (error) {
    throw new UserError(
      `${path} is not JSON (${messageOf(error)}): it was cut short or edited. Delete the folder and run it again.`,
    );
  }
}
