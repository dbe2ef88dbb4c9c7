import { join } from 'node:path';
import { type RunEvent, readEvents } from '../../record/events.ts';
import { runFiles } from '../../record/read-run.ts';
import type { RecordedRun } from '../../record/run-record.ts';
import { type Point, pointOf } from './series.ts';

/** The training loss of a row over its stream. */
export interface LossCurve {
  /**
   * `x` counts tasks: the end of epoch e of E of task i stands at i - 1 + e / E. `mean` is the loss of the epoch (mean over
   * its batches, in the method's own unit), over the runs.
   */
  readonly points: readonly Point[];
  /** Epochs whose loss was no finite number in some run. */
  readonly notFinite: number;
}

interface EpochEvent extends RunEvent {
  readonly task: number;
  readonly epoch: number;
  readonly loss: unknown;
}

/**
 * The loss of each epoch that every run logged. Of an epoch that was trained again after an interruption the last word
 * counts.
 */
export function lossCurve(runs: readonly RecordedRun[]): LossCurve {
  const logs = runs.map(({ directory }) => epochLosses(join(directory, runFiles.events)));
  const [first] = logs;
  const points: Point[] = [];
  let notFinite = 0;
  for (const x of first?.keys() ?? []) {
    const losses = logs.flatMap((log) => (log.has(x) ? [log.get(x)] : []));
    if (losses.length < logs.length) continue;
    const finite = losses.filter((loss): loss is number => typeof loss === 'number');
    if (finite.length < losses.length) notFinite++;
    else points.push(pointOf(x, finite));
  }
  return { points: points.toSorted((left, right) => left.x - right.x), notFinite };
}

function epochLosses(path: string): Map<number, unknown> {
  const byEpoch = new Map<string, EpochEvent>();
  const epochs = new Map<number, number>();
  for (const event of readEvents(path).filter(isEpochEvent)) {
    byEpoch.set(`${event.task} ${event.epoch}`, event);
    epochs.set(event.task, Math.max(epochs.get(event.task) ?? 0, event.epoch));
  }
  return new Map(
    [...byEpoch.values()].map(({ task, epoch, loss }) => [
      task - 1 + epoch / (epochs.get(task) ?? epoch),
      loss,
    ]),
  );
}

function isEpochEvent(event: RunEvent): event is EpochEvent {
  return (
    event !== null &&
    typeof event === 'object' &&
    event.kind === 'epoch' &&
    Number.isSafeInteger(event.task) &&
    Number.isSafeInteger(event.epoch) &&
    Number(event.epoch) > 0
  );
}
