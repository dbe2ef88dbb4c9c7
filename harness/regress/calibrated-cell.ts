/**
 * A cell module for `runCells`: trains a cell as always, and before and after it measures in the same process how fast the
 * machine is just now. The quotient of both times can be compared with one of another day or machine; seconds cannot.
 */
import { join } from 'node:path';
import { openEngine } from '../engine/open-engine.ts';
import { EventLog } from '../record/events.ts';
import { runFiles } from '../record/read-run.ts';
import type { CellEvent, CellSpec } from '../train/loop/cell.ts';
import { runCell as runPlainCell } from '../train/loop/run-cell.ts';
import { calibrate } from './calibration.ts';
import { processorSeconds, type Timing, timingEvent } from './timing.ts';

/** Runs a cell and notes its timing beside it. A run that was finished before, or goes on after a crash, is not timed. */
export async function runCell(spec: CellSpec, report: (event: CellEvent) => void): Promise<void> {
  const before = await calibrateFor(spec);
  let begun: number | undefined;
  let computingSeconds: number | undefined;
  let finished: Extract<CellEvent, { kind: 'finished' }> | undefined;
  await runPlainCell(spec, (event) => {
    if (event.kind === 'started' && event.resumedAfter === 0) begun = processorSeconds();
    if (event.kind !== 'finished') return report(event);
    finished = event;
    if (begun !== undefined) computingSeconds = processorSeconds() - begun;
  });
  if (finished === undefined) return;
  if (computingSeconds !== undefined && !finished.cached) {
    const calibrationSeconds = (before + (await calibrateFor(spec))) / 2;
    noteTiming(finished.directory, { computingSeconds, calibrationSeconds });
  }
  report(finished);
}

async function calibrateFor(spec: CellSpec): Promise<number> {
  const engine = await openEngine({ name: spec.engine, device: spec.device, threads: spec.threads });
  try {
    return await calibrate(engine);
  } finally {
    await engine.dispose();
  }
}

function noteTiming(directory: string, timing: Timing): void {
  const log = new EventLog(join(directory, runFiles.events));
  log.append({ kind: timingEvent, ...timing });
  log.close();
}
