import type { CellEvent, CellSpec } from '../train/loop/cell.ts';

/** What a worker's parent sends. */
export type ParentMessage = { readonly kind: 'run'; readonly spec: CellSpec } | { readonly kind: 'stop' };

/** What a worker sends: the events of its cell, the last of which is `finished` or `failed`. */
export type WorkerMessage = CellEvent;

/** The function of the module that a worker imports. */
export interface CellModule {
  /** Trains and records one cell. It may report its failure as an event or throw. */
  runCell(spec: CellSpec, report: (event: CellEvent) => void): Promise<void>;
}

/** Exit code of a process that was asked to stop, as shells have it for Ctrl-C. */
export const interruptedCode = 130;
