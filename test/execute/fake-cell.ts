import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../harness/errors.ts';
import type { CellEvent, CellSpec } from '../../harness/train/loop/cell.ts';

/** Stands in for training: does what the method's name says. `overrides.log` is a file to note begin and end in. */
export async function runCell(spec: CellSpec, report: (event: CellEvent) => void): Promise<void> {
  const log = String(spec.overrides.log ?? '');
  const note = (word: string): void => {
    if (log !== '') appendFileSync(log, `${word} ${process.pid}\n`);
  };
  note('begin');
  report({ kind: 'started', id: spec.method, tasks: 2, resumedAfter: 0 });
  switch (spec.method) {
    case 'user-error':
      throw new UserError('the data is missing; get it');
    case 'bug':
      throw new TypeError('undefined is not a function');
    case 'says-failed':
      report({ kind: 'failed', error: 'said so' });
      return;
    case 'silent':
      return;
    case 'exit':
      process.stderr.write('segment something\n');
      process.exit(3);
      break;
    case 'killed':
      process.kill(process.pid, 'SIGKILL');
      await pause(60_000);
      break;
    case 'heap':
      process.stderr.write(
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
      );
      process.abort();
      break;
    case 'forever':
      await pause(60_000);
      break;
    case 'busy':
      for (;;);
    default:
      report({ kind: 'progress', task: 1, epoch: 1, epochs: 1, loss: Number.NaN, done: 0.5 });
      console.log(`hello from ${spec.method}`);
      await pause(Number(spec.overrides.milliseconds ?? 0));
  }
  note('end');
  report({ kind: 'finished', id: spec.method, directory: '/tmp', cached: false });
}
