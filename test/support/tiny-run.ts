import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CellEvent, CellSpec } from '../../harness/train/loop/cell.ts';
import { runCell } from '../../harness/train/loop/run-cell.ts';

/** A folder that is deleted when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a run left. */
export interface TinyResult {
  readonly events: readonly CellEvent[];
  readonly directory: string;
  readonly accuracy: string;
  readonly checkpoint: Buffer;
}

/** Runs a cell to its end in this process. */
export async function runTiny(cell: CellSpec): Promise<TinyResult> {
  const events: CellEvent[] = [];
  await runCell(cell, (event) => events.push(event));
  const last = events.at(-1);
  if (last?.kind !== 'finished') throw new Error('The run did not finish.');
  return {
    events,
    directory: last.directory,
    accuracy: readFileSync(join(last.directory, 'accuracy.csv'), 'utf8'),
    checkpoint: readFileSync(join(last.directory, 'checkpoint.safetensors')),
  };
}
