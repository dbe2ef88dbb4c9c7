import { fork } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runFiles } from '../record/read-run.ts';
import { differenceOf } from './difference.ts';
import { type RehearsalSpec, type Remains, remainsOf } from './rehearsal.ts';
import { failed, type Outcome, passed } from './result.ts';

/** A run as it lay on disk when its process might have been killed. */
export interface Snapshot {
  readonly tasksDone: number;
  /** Holds `runs/<id>/`. */
  readonly folder: string;
}

/** Copies what a process that is killed now would leave; its lock dies with it. */
export function snapshotOf(directory: string, tasksDone: number, into: string): Snapshot {
  const folder = join(into, `after-${tasksDone}`);
  for (const file of readdirSync(directory)) {
    if (Object.values<string>(runFiles).includes(file)) {
      cpSync(join(directory, file), join(folder, 'runs', basename(directory), file));
    }
  }
  return { tasksDone, folder };
}

/**
 * Goes on from each snapshot in a new process, which has nothing but the checkpoint, and compares the end.
 * @param methodFile path of the method's file
 */
export async function resumeOutcome(
  methodFile: string,
  spec: RehearsalSpec,
  snapshots: readonly Snapshot[],
  undisturbed: Remains,
): Promise<Outcome> {
  const differences = await Promise.all(
    snapshots.map(async ({ tasksDone, folder }) => {
      const { code, output } = await goOn(methodFile, { ...spec, folder });
      if (code !== 0) return `A run that was killed after task ${tasksDone} cannot be continued: ${output}`;
      const [run = ''] = readdirSync(join(folder, 'runs'));
      const difference = differenceOf(undisturbed, remainsOf(join(folder, 'runs', run)));
      if (difference === undefined) return undefined;
      return (
        `A run that was killed after task ${tasksDone} and continued by a new process ends otherwise: ${difference}. ` +
        'Keep nothing in variables of the file; what must outlive a task belongs in learner.kept or learner.memory.'
      );
    }),
  );
  const first = differences.find((difference) => difference !== undefined);
  return first === undefined ? passed : failed(first);
}

function goOn(methodFile: string, spec: RehearsalSpec): Promise<{ code: number | null; output: string }> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const program = fileURLToPath(new URL('./continue-run.ts', import.meta.url));
  const child = fork(program, [methodFile, JSON.stringify(spec)], {
    execArgv: ['--import', tsx],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.on('data', (data) => {
    output += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: output.trim().slice(-500) }));
  });
}
