import { join } from 'node:path';
import { type RunEvent, readEvents } from '../../record/events.ts';
import { runFiles } from '../../record/read-run.ts';
import type { RecordedRun } from '../../record/run-record.ts';
import { type Point, pointOf } from './series.ts';

/** The training loss of a row over its stream. */
export interface LossCurve {
  /**
   * `x` counts tasks: update u of U of task i stands at i - 1 + u / U. `mean` is the loss (mean over the updates since the
   * point before, in the method's own unit), over the runs.
   */
  readonly points: readonly Point[];
  /** Points whose loss was no finite number in some run. */
  readonly notFinite: number;
}

interface LossEvent extends RunEvent {
  readonly task: number;
  readonly update: number;
  readonly loss: unknown;
}

/** A logged loss at its place on the x axis. */
interface Place {
  readonly x: number;
  /** What is no number was not finite. */
  readonly loss: unknown;
}

/**
 * The losses of the tasks that every run logged (`LossPoint`, up to 50 a task). Runs may have unlike numbers of
 * updates, since classes are unlike in size: the points are those of the run with the fewest, and each run answers
 * with the mean that a point falls into.
 */
export function lossCurve(runs: readonly RecordedRun[]): LossCurve {
  const logs = runs.map(({ directory }) => lossesOf(join(directory, runFiles.events)));
  const points: Point[] = [];
  let notFinite = 0;
  for (const task of logs[0]?.keys() ?? []) {
    const byRun = logs.map((log) => log.get(task) ?? []);
    const coarsest = byRun.reduce((fewest, places) => (places.length < fewest.length ? places : fewest));
    for (const { x } of coarsest) {
      const losses = byRun.map((places) => places.find((place) => place.x >= x)?.loss);
      const finite = losses.filter((loss): loss is number => typeof loss === 'number');
      if (finite.length < losses.length) notFinite++;
      else points.push(pointOf(x, finite));
    }
  }
  return { points: points.toSorted((left, right) => left.x - right.x), notFinite };
}

/** Losses by task, in the order of updates. Of updates that were done again after an interruption the last word counts. */
function lossesOf(path: string): Map<number, Place[]> {
  const byTask = new Map<number, Map<number, unknown>>();
  for (const { task, update, loss } of readEvents(path).filter(isLossEvent)) {
    const losses = byTask.get(task) ?? new Map<number, unknown>();
    byTask.set(task, losses.set(update, loss));
  }
  return new Map([...byTask].map(([task, losses]) => [task, placesOf(task, losses)]));
}

function placesOf(task: number, losses: ReadonlyMap<number, unknown>): Place[] {
  const updates = Math.max(...losses.keys());
  return [...losses]
    .toSorted(([left], [right]) => left - right)
    .map(([update, loss]) => ({ x: task - 1 + update / updates, loss }));
}

function isLossEvent(event: RunEvent): event is LossEvent {
  return (
    event !== null &&
    typeof event === 'object' &&
    event.kind === 'loss' &&
    Number.isSafeInteger(event.task) &&
    Number.isSafeInteger(event.update) &&
    Number(event.update) > 0
  );
}
