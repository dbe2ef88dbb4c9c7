import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { CellEvent, CellSpec } from '../train/loop/cell.ts';
import { onInterruption } from './interruption.ts';
import { type WorkerEnd, WorkerProcess } from './worker-process.ts';

/** What became of a cell. */
export type CellOutcome =
  | Extract<CellEvent, { kind: 'finished' | 'failed' }>
  /** Stopped by Ctrl-C, or not begun because of it. */
  | { readonly kind: 'stopped' };

/** How cells are run. */
export interface RunCellsOptions {
  /** Most processes at a time; at least 1. */
  readonly jobs: number;
  /**
   * Called for every event of the cell with this position; each cell's last
   * one is `finished` or `failed`, unless stopped.
   */
  readonly onEvent?: (index: number, event: CellEvent) => void;
  /** Called for every line that a cell prints. */
  readonly onOutput?: (index: number, line: string) => void;
  /** Called when Ctrl-C was pressed for the first time. */
  readonly onInterrupt?: () => void;
  /** Path of the module whose `runCell` is called; the harness's own when left out. */
  readonly cellModule?: string;
}

/** How a sweep went. */
export interface RunCellsResult {
  /** One for each cell, in the order of the cells. */
  readonly outcomes: readonly CellOutcome[];
  readonly interrupted: boolean;
}

const ownModule = fileURLToPath(new URL('../train/loop/run-cell.ts', import.meta.url));

/**
 * Runs each cell in a fresh process, so many at a time. A cell that fails or crashes becomes a
 * `failed` outcome and does not stop the others. The first Ctrl-C lets no further cell begin and asks
 * the running ones to stop; the second kills them.
 */
export async function runCells(
  specs: readonly CellSpec[],
  options: RunCellsOptions,
): Promise<RunCellsResult> {
  const limit = pLimit(options.jobs);
  const running = new Set<WorkerProcess>();
  let interrupted = false;
  const restoreSignals = onInterruption(
    () => {
      interrupted = true;
      options.onInterrupt?.();
      for (const worker of running) worker.stop();
    },
    () => {
      for (const worker of running) worker.kill();
    },
  );

  const runOne = async (spec: CellSpec, index: number): Promise<CellOutcome> => {
    if (interrupted) return { kind: 'stopped' };
    const worker = new WorkerProcess(spec, {
      cellModule: options.cellModule ?? ownModule,
      onEvent: (event) => options.onEvent?.(index, event),
      onOutput: (line) => options.onOutput?.(index, line),
    });
    running.add(worker);
    const end = await worker.ended;
    running.delete(worker);
    if (end.outcome === undefined && interrupted) return { kind: 'stopped' };
    const outcome = end.outcome ?? { kind: 'failed', error: explainCrash(end) };
    options.onEvent?.(index, outcome);
    return outcome;
  };

  try {
    const outcomes = await Promise.all(specs.map((spec, index) => limit(runOne, spec, index)));
    return { outcomes, interrupted };
  } finally {
    restoreSignals();
  }
}

/** Why a process ended that sent no result. */
function explainCrash({ code, signal, output }: WorkerEnd): string {
  const heapFull = output.some((line) => line.includes('heap out of memory'));
  if (heapFull) {
    return 'the worker ran out of JavaScript memory; give it more with NODE_OPTIONS=--max-old-space-size=<megabytes>';
  }
  if (signal === 'SIGKILL') {
    return 'the worker was killed (SIGKILL), most likely because the machine ran out of memory; try fewer --jobs';
  }
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  const said = output.length > 0 ? `; its last words: ${output.slice(-5).join(' | ')}` : '';
  return `the worker ${how} before it gave a result${said}`;
}
