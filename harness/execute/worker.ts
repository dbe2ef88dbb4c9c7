/**
 * A worker process: runs one cell and ends. Started by `run-cells.ts` with the path of the module that has `runCell` as its
 * only argument; the import happens here, so that the parent never loads an engine.
 */
import { pathToFileURL } from 'node:url';
import { UserError } from '../errors.ts';
import type { CellEvent, CellSpec } from '../train/loop/cell.ts';
import { type CellModule, interruptedCode, type ParentMessage } from './protocol.ts';

/** Sends an event and resolves when it is on its way, so that ending the process loses nothing. */
function send(event: CellEvent): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(event, () => resolve());
  });
}

async function run(spec: CellSpec): Promise<void> {
  const [, , modulePath] = process.argv;
  if (modulePath === undefined) throw new Error('The worker needs the path of a module with runCell.');
  let last: Promise<void> = Promise.resolve();
  let settled = false;
  const report = (event: CellEvent): void => {
    if (settled) return;
    settled = event.kind === 'finished' || event.kind === 'failed';
    last = send(event);
  };
  try {
    const { runCell } = (await import(pathToFileURL(modulePath).href)) as CellModule;
    await runCell(spec, report);
  } catch (error) {
    report({ kind: 'failed', error: describe(error) });
  }
  report({ kind: 'failed', error: 'the run ended without a result' });
  await last;
  process.exit(0);
}

/** A person's error is its message; any other is a bug, whose stack is wanted. */
function describe(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Ctrl-C reaches the whole process group; the parent decides what becomes of its workers.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
process.on('disconnect', () => process.exit(interruptedCode));
process.on('message', (message: ParentMessage) => {
  if (message.kind === 'stop') process.exit(interruptedCode);
  else void run(message.spec);
});
