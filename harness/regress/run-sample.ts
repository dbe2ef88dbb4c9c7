import { join } from 'node:path';
import { sideOf } from '../compare/pair-runs.ts';
import { UserError } from '../errors.ts';
import { type AccuracyCell, AccuracyMatrix, isCounted } from '../evaluate/accuracy-matrix.ts';
import type { Seeds } from '../random.ts';
import { readEvents } from '../record/events.ts';
import { runFiles } from '../record/read-run.ts';
import type { RecordedRun, RunCost, RunDefinition } from '../record/run-record.ts';
import { type Timing, timingEvent } from './timing.ts';

/** Runs that differ in nothing but their seeds: draws of one distribution, without what cannot be judged. */
export interface RunSample {
  /** Of all runs; the seeds stand with each run. */
  readonly definition: Omit<RunDefinition, 'seeds'>;
  /** Number of tasks of the stream. */
  readonly tasks: number;
  readonly runs: readonly SampleRun[];
}

/** One run: its accuracy matrix and what it cost. */
export interface SampleRun {
  readonly seeds: Seeds;
  /** Number of examples that each task is measured on. */
  readonly totals: readonly number[];
  /** `correct[after][task − 1]`: right answers; null where nothing was measured. */
  readonly correct: readonly (readonly (number | null)[])[];
  readonly cost: RunCost;
  /** Null where the calibration program was not run. */
  readonly timing: Timing | null;
}

/**
 * Recorded runs as a sample; those that are not finished are left out.
 * @param label how an error calls them
 * @throws UserError when none is finished or they differ in more than their seeds
 */
export function sampleOf(label: string, recorded: readonly RecordedRun[]): RunSample {
  const { definition, runs } = sideOf(label, recorded);
  const { seeds: _, ...shared } = definition;
  const tasks = runs[0]?.record.tasks.length ?? 0;
  return { definition: shared, tasks, runs: runs.map(sampleRun) };
}

/** The accuracy matrix of a run. @throws UserError for impossible numbers */
export function matrixOf(run: SampleRun, tasks: number): AccuracyMatrix {
  const cells = run.correct.flatMap((row, after) =>
    row.flatMap((correct, index): AccuracyCell[] =>
      correct === null ? [] : [{ after, task: index + 1, correct, total: run.totals[index] ?? 0 }],
    ),
  );
  return new AccuracyMatrix(cells, tasks);
}

function sampleRun({ directory, record, cells }: RecordedRun): SampleRun {
  const { id, status, tasks, definition } = record;
  if (status.state !== 'finished' || status.cost === null || !cells.every(isCounted)) {
    throw new UserError(
      `The run ${id} was imported from another tool: its scenario, its costs and the number of examples behind its ` +
        'accuracies are not known, so nothing can be measured against it. "palimpsest compare" shows it beside others.',
    );
  }
  const matrix = new AccuracyMatrix(cells, tasks.length);
  const correct = Array.from({ length: tasks.length + 1 }, (_, after) =>
    tasks.map(({ index }) => (matrix.has(after, index) ? matrix.cell(after, index).correct : null)),
  );
  return {
    seeds: definition.seeds,
    totals: tasks.map(({ index }) => totalOf(index, cells, id)),
    correct,
    cost: status.cost,
    timing: timingOf(directory),
  };
}

function timingOf(directory: string): Timing | null {
  const events = readEvents(join(directory, runFiles.events));
  const timed = events.findLast(({ kind }) => kind === timingEvent);
  const computingSeconds = timed?.computingSeconds;
  const calibrationSeconds = timed?.calibrationSeconds;
  return typeof computingSeconds === 'number' && typeof calibrationSeconds === 'number'
    ? { computingSeconds, calibrationSeconds }
    : null;
}

function totalOf(task: number, cells: readonly AccuracyCell[], id: string): number {
  const totals = new Set(cells.filter((cell) => cell.task === task).map(({ total }) => total));
  const [total = 1] = totals;
  if (totals.size > 1) {
    throw new UserError(
      `The run ${id} measured task ${task} on ${[...totals].join(' and ')} examples at different times; ` +
        'a reference holds one number of examples for each task.',
    );
  }
  return total;
}
