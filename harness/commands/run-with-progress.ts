import { stripVTControlCharacters } from 'node:util';
import { type RunCellsResult, runCells } from '../execute/run-cells.ts';
import type { CellSpec } from '../train/loop/cell.ts';
import { openProgress } from './progress.ts';

/** How cells are run and shown. */
export interface ProgressOptions {
  readonly jobs: number;
  readonly quiet: boolean;
  /** As in `RunCellsOptions`. */
  readonly cellModule?: string;
}

/** Runs cells in worker processes and shows how far they are. */
export async function runWithProgress(
  specs: readonly CellSpec[],
  labels: readonly string[],
  { jobs, quiet, cellModule }: ProgressOptions,
): Promise<RunCellsResult> {
  const progress = await openProgress(labels, quiet);
  try {
    return await runCells(specs, {
      jobs,
      ...(cellModule !== undefined && { cellModule }),
      onEvent: (index, event) => progress.event(index, event),
      onOutput: (index, line) => {
        if (stripVTControlCharacters(line).trim() !== '') progress.note(`${labels[index]}: ${line}`);
      },
      onInterrupt: () =>
        progress.note('Stopping; what is finished is kept. Press Ctrl-C again to stop at once.'),
    });
  } finally {
    progress.end();
  }
}
