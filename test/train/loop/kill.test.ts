import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Random } from '../../../harness/random.ts';
import { temporaryFolder } from '../../support/tiny-run.ts';
import { writeTinyScenario } from '../../support/tiny-scenario.ts';

const program = fileURLToPath(new URL('../../../harness/palimpsest.js', import.meta.url));
const methods = ['finetune', 'er', 'ewc'];
const random = new Random(1, 'moments of death');

function start(scenario: string, results: string): ChildProcess {
  const words = [
    'run',
    scenario,
    '--method',
    ...methods,
    '--seeds',
    '1',
    '--jobs',
    '1',
    '--results',
    results,
  ];
  return spawn(process.execPath, [program, ...words], { detached: true, stdio: 'ignore' });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Resolves at the end of a process. */
async function end(child: ChildProcess): Promise<void> {
  while (!hasEnded(child)) await pause(10);
}

/** The texts of a file of each run, by the run's id. */
function files(results: string, name: string): Record<string, string> {
  const runs = join(results, 'runs');
  const ids = existsSync(runs) ? readdirSync(runs).filter((id) => existsSync(join(runs, id, name))) : [];
  return Object.fromEntries(ids.map((id) => [id, readFileSync(join(runs, id, name), 'utf8')]));
}

function tasksBegun(results: string): number {
  return Object.values(files(results, 'events.jsonl')).join('').split('"task-started"').length - 1;
}

/** Runs until so many tasks were begun and a little longer, then kills the program with its workers. */
async function dieAfter(tasks: number, scenario: string, results: string): Promise<void> {
  const before = tasksBegun(results);
  const child = start(scenario, results);
  while (!hasEnded(child) && tasksBegun(results) < before + tasks) await pause(5);
  await pause(150 * random.uniform());
  if (child.pid !== undefined && !hasEnded(child)) process.kill(-child.pid, 'SIGKILL');
  await end(child);
}

it('kill -9 at any moment and the same command again give the same bytes', async () => {
  const training = { updates: 600, batchSize: 8, learningRate: 0.01 };
  const scenario = writeTinyScenario(temporaryFolder(), { training });
  const [undisturbed, disturbed] = [temporaryFolder(), temporaryFolder()];
  await end(start(scenario, undisturbed));
  for (const tasks of [0, 2, 3]) await dieAfter(tasks, scenario, disturbed);
  const last = start(scenario, disturbed);
  await end(last);
  expect(last.exitCode).toBe(0);
  expect(tasksBegun(disturbed)).toBeGreaterThan(tasksBegun(undisturbed));
  expect(Object.keys(files(disturbed, 'accuracy.csv'))).toHaveLength(methods.length);
  expect(files(disturbed, 'accuracy.csv')).toEqual(files(undisturbed, 'accuracy.csv'));
});
