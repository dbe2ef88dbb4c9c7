import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCells } from '../../harness/execute/run-cells.ts';
import type { CellEvent } from '../../harness/train/loop/cell.ts';
import { temporaryFolder } from '../record/fixtures.ts';
import { specOf } from './specs.ts';

const cellModule = fileURLToPath(new URL('./fake-cell.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

function linesOf(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
}

describe('runCells', () => {
  it('isolates every kind of failure from the cells that work', async () => {
    const methods = ['fine', 'user-error', 'bug', 'says-failed', 'silent', 'exit', 'killed', 'heap', 'fine'];
    const events: [number, CellEvent][] = [];
    const output: string[] = [];
    const { outcomes, interrupted } = await runCells(
      methods.map((method) => specOf(method)),
      {
        jobs: 4,
        cellModule,
        onEvent: (index, event) => events.push([index, event]),
        onOutput: (index, line) => output.push(`${index} ${line}`),
      },
    );
    expect(interrupted).toBe(false);
    expect(outcomes.map((outcome) => (outcome.kind === 'failed' ? outcome.error : outcome.kind))).toEqual([
      'finished',
      'the data is missing; get it',
      expect.stringMatching(/^TypeError: undefined is not a function\n +at .*fake-cell/),
      'said so',
      'the run ended without a result',
      'the worker ended with exit code 3 before it gave a result; its last words: segment something',
      expect.stringContaining('try fewer --jobs'),
      expect.stringContaining('--max-old-space-size'),
      'finished',
    ]);
    expect(output).toContain('0 hello from fine');
    const first = events.filter(([index]) => index === 0).map(([, event]) => event);
    expect(first.map(({ kind }) => kind)).toEqual(['started', 'progress', 'finished']);
    expect(first[1]).toMatchObject({ loss: Number.NaN });
    for (const index of methods.keys()) {
      expect(events.filter(([at, { kind }]) => at === index && /finished|failed/.test(kind))).toHaveLength(1);
    }
  });

  it('runs no more cells at a time than jobs, each in its own process', async () => {
    const log = join(temporaryFolder(), 'log');
    const specs = Array.from({ length: 5 }, () => specOf('fine', { log, milliseconds: 100 }));
    await runCells(specs, { jobs: 2, cellModule });
    let active = 0;
    let most = 0;
    for (const line of linesOf(log)) {
      active += line.startsWith('begin') ? 1 : -1;
      most = Math.max(most, active);
    }
    expect(most).toBeLessThanOrEqual(2);
    expect(new Set(linesOf(log).map((line) => line.split(' ')[1])).size).toBe(5);
  });
});

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  async function startSweep(...methods: string[]) {
    const log = join(temporaryFolder(), 'log');
    const program = fileURLToPath(new URL('./sweep.ts', import.meta.url));
    const sweep = spawn(process.execPath, ['--import', tsx, program, log, ...methods]);
    onTestFinished(() => void sweep.kill('SIGKILL'));
    let printed = '';
    sweep.stdout.on('data', (data) => {
      printed += data;
    });
    const begun = () => linesOf(log).filter((line) => line.startsWith('begin'));
    await vi.waitFor(() => expect(begun()).toHaveLength(2), { timeout: 60_000 });
    return { sweep, printed: () => printed, workers: begun().map((line) => Number(line.split(' ')[1])) };
  }

  function end(sweep: ChildProcess): Promise<void> {
    return new Promise((resolve) => sweep.on('close', () => resolve()));
  }

  /** Where the first process of a container takes no note of it, what has ended stays a zombie. */
  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return !existsSync('/proc') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }

  it('stops running cells, begins no further ones and gives the result', async () => {
    const { sweep, printed, workers } = await startSweep('forever', 'forever', 'fine');
    const ended = end(sweep);
    sweep.kill('SIGINT');
    await ended;
    const result = JSON.parse(printed().trimEnd().split('\n').at(-1) ?? '');
    expect(result).toEqual({ outcomes: Array(3).fill({ kind: 'stopped' }), interrupted: true });
    expect(workers.some(isAlive)).toBe(false);
  });

  it('pressed twice ends even a cell that does not listen', async () => {
    const { sweep, printed, workers } = await startSweep('busy', 'busy');
    const ended = end(sweep);
    sweep.kill('SIGTERM');
    await vi.waitFor(() => expect(printed()).toContain('interrupted'), { timeout: 60_000 });
    await pause(100);
    expect(workers.every(isAlive)).toBe(true);
    sweep.kill('SIGTERM');
    await ended;
    expect(printed()).toContain('"interrupted":true');
    expect(workers.some(isAlive)).toBe(false);
  });

  it('workers do not outlive a parent that was killed', async () => {
    const { sweep, workers } = await startSweep('forever', 'forever');
    sweep.kill('SIGKILL');
    await vi.waitFor(() => expect(workers.some(isAlive)).toBe(false), { timeout: 60_000 });
  });
});
