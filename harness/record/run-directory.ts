import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatAccuracyCsv } from '../evaluate/accuracy-csv.ts';
import type { MatrixCell } from '../evaluate/accuracy-matrix.ts';
import { describeEnvironment } from './environment.ts';
import { EventLog } from './events.ts';
import { makeFolder, replaceFile, withFileErrors } from './files.ts';
import { acquireLock } from './lock.ts';
import { readCells, readRecord, runFiles, sha256 } from './read-run.ts';
import { runId } from './run-id.ts';
import type { RunCost, RunDefinition, RunRecord, RunStatus } from './run-record.ts';

/** What is known of a run before it trains. */
export interface RunStart {
  readonly definition: RunDefinition;
  readonly order: RunRecord['order'];
  readonly tasks: RunRecord['tasks'];
  /** Whether the method trains on data of past tasks, as `joint` does. */
  readonly usesPastData?: boolean;
}

/**
 * The directory `<resultsDirectory>/runs/<id>/` of one run, held by this process alone until `close` unless it is finished.
 *
 * The order of writing makes a crash harmless: a task's row goes to `accuracy.csv`, then the checkpoint is replaced by the
 * caller, then `run.json` counts the task. Whoever resumes from a checkpoint after `n` tasks calls `rewind(n)`, which drops
 * rows that the checkpoint does not know.
 */
export class RunDirectory {
  readonly id: string;
  readonly path: string;
  /** Where the caller keeps its checkpoint. */
  readonly checkpointPath: string;
  readonly #release: () => void;
  /** Opened by the first event: a finished run has none to come. */
  #events: EventLog | undefined;
  #record: RunRecord;
  #cells: readonly MatrixCell[];

  private constructor(path: string, record: RunRecord, release: () => void) {
    this.id = record.id;
    this.path = path;
    this.checkpointPath = join(path, runFiles.checkpoint);
    this.#record = record;
    this.#release = release;
    this.#cells = readCells(path, record);
  }

  /**
   * Opens the directory of the run with this definition; makes it where there is none. A run that had failed or was
   * cut off is marked running again; a finished one is left as it is, so look at `finished` first. Of that nothing is
   * locked or written, so that it may lie in a folder that is read-only.
   * @throws UserError when another process works on the run, the directory cannot be written, or its files were edited.
   */
  static open(resultsDirectory: string, start: RunStart): RunDirectory {
    const id = runId(start.definition);
    const path = join(resultsDirectory, 'runs', id);
    const finished = finishedRecord(path);
    if (finished !== undefined) return new RunDirectory(path, finished, () => {});
    withFileErrors(`make the folder ${path}`, () => makeFolder(path));
    const release = acquireLock(path);
    try {
      const earlier = existsSync(join(path, runFiles.record)) ? readRecord(path) : undefined;
      const run = new RunDirectory(path, earlier ?? freshRecord(id, start), release);
      run.#removeLeftovers();
      // Another process may have finished it since.
      if (!run.finished) run.#begin();
      return run;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The present content of `run.json`. */
  get record(): RunRecord {
    return this.#record;
  }

  /** Whether the result is complete and nothing is left to do. */
  get finished(): boolean {
    return this.#record.status.state === 'finished';
  }

  /** The cells recorded so far, in the order in which they were measured. */
  get cells(): readonly MatrixCell[] {
    return this.#cells;
  }

  /** Adds measured cells to `accuracy.csv`; one that was measured before is replaced. */
  addCells(cells: readonly MatrixCell[]): void {
    const replaced = new Set(cells.map(({ after, task }) => `${after} ${task}`));
    const kept = this.#cells.filter(({ after, task }) => !replaced.has(`${after} ${task}`));
    this.#writeCells([...kept, ...cells]);
  }

  /** Forgets what was measured after more than so many tasks: the work to be done again from the checkpoint. */
  rewind(tasksDone: number): void {
    this.#writeCells(this.#cells.filter(({ after }) => after <= tasksDone));
    this.setTasksDone(tasksDone);
  }

  /** Counts a task as done. Call it after the checkpoint was replaced. */
  setTasksDone(tasksDone: number): void {
    this.#setStatus({ state: 'running', started: this.#record.status.started, tasksDone });
  }

  /** Appends to `events.jsonl`; the time is added. */
  addEvent(event: { readonly kind: string; readonly [detail: string]: unknown }): void {
    this.#events ??= new EventLog(join(this.path, runFiles.events));
    this.#events.append(event);
  }

  /** Marks the result complete and seals `accuracy.csv` with its checksum. The cost is null where it is not known. */
  finish(cost: RunCost | null): void {
    const { started } = this.#record.status;
    this.#writeCells(this.#cells);
    const accuracySha256 = sha256(formatAccuracyCsv(this.#cells));
    this.#setStatus({ state: 'finished', started, finished: now(), cost, accuracySha256 });
    this.addEvent({ kind: 'finished' });
  }

  /** Marks the run as failed. Its finished tasks stay, and opening it again continues. */
  fail(error: string): void {
    const { started } = this.#record.status;
    this.#setStatus({ state: 'failed', started, failed: now(), tasksDone: this.#tasksDone(), error });
    this.addEvent({ kind: 'failed', error });
  }

  /** Lets go of the directory. May be called more than once. */
  close(): void {
    this.#events?.close();
    this.#release();
  }

  #begin(): void {
    const tasksDone = this.#tasksDone();
    const status: RunStatus = { state: 'running', started: this.#record.status.started, tasksDone };
    this.#record = { ...this.#record, environment: describeEnvironment() };
    this.#setStatus(status);
    this.addEvent({ kind: 'opened', tasksDone, process: process.pid, environment: this.#record.environment });
  }

  #tasksDone(): number {
    const { status } = this.#record;
    return status.state === 'finished' ? this.#record.tasks.length : status.tasksDone;
  }

  #setStatus(status: RunStatus): void {
    const record = { ...this.#record, status };
    replaceFile(join(this.path, runFiles.record), `${JSON.stringify(record, null, 2)}\n`);
    this.#record = record;
  }

  #writeCells(cells: readonly MatrixCell[]): void {
    replaceFile(join(this.path, runFiles.accuracy), formatAccuracyCsv(cells));
    this.#cells = cells;
  }

  /** A killed process leaves the files it was about to rename. */
  #removeLeftovers(): void {
    for (const name of readdirSync(this.path)) {
      const leftover = /^(run\.json|accuracy\.csv|checkpoint\.safetensors)(\.\d+)+$/.test(name);
      if (leftover) rmSync(join(this.path, name), { force: true });
    }
  }
}

/** The record of a run, where there is one and it is finished. @throws UserError when it is not valid */
function finishedRecord(path: string): RunRecord | undefined {
  if (!existsSync(join(path, runFiles.record))) return undefined;
  const record = readRecord(path);
  return record.status.state === 'finished' ? record : undefined;
}

function freshRecord(id: string, { definition, order, tasks, usesPastData }: RunStart): RunRecord {
  const status: RunStatus = { state: 'running', started: now(), tasksDone: 0 };
  return {
    id,
    definition,
    order: [...order],
    tasks: [...tasks],
    ...(usesPastData === true ? { usesPastData } : {}),
    status,
    environment: describeEnvironment(),
  };
}

function now(): string {
  return new Date().toISOString();
}
