import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CellEvent, CellSpec } from '../train/loop/cell.ts';
import type { ParentMessage, WorkerMessage } from './protocol.ts';

/** How a cell's process is started and listened to. */
export interface WorkerOptions {
  /** Path of the module whose `runCell` the worker calls. */
  readonly cellModule: string;
  readonly onEvent: (event: CellEvent) => void;
  /** A line that the worker printed to its standard output or error. */
  readonly onOutput: (line: string) => void;
}

/** How a worker ended: with its last event, or without one. */
export interface WorkerEnd {
  readonly outcome: Extract<CellEvent, { kind: 'finished' | 'failed' }> | undefined;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it printed. */
  readonly output: readonly string[];
}

const outputKept = 20;

/** A process of its own for one cell: whatever happens in it, the others go on, and its memory is given back. */
export class WorkerProcess {
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;

  constructor(spec: CellSpec, options: WorkerOptions) {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    this.#child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [options.cellModule], {
      execArgv: [...inheritedArguments(), '--import', tsx],
      // Losses may be NaN or infinite, which JSON has no word for.
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ended = this.#listen(options);
    this.#send({ kind: 'run', spec });
  }

  /** Asks the process to end between two steps. What its finished tasks wrote stays. */
  stop(): void {
    this.#send({ kind: 'stop' });
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: ParentMessage): void {
    // A process that is gone already is heard of through its exit; the error of the send adds nothing.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #listen({ onEvent, onOutput }: WorkerOptions): Promise<WorkerEnd> {
    const output: string[] = [];
    let outcome: WorkerEnd['outcome'];
    this.#child.on('message', (message) => {
      const event = message as WorkerMessage;
      if (event.kind === 'finished' || event.kind === 'failed') outcome = event;
      else onEvent(event);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        output.push(line);
        if (output.length > outputKept) output.shift();
        onOutput(line);
      });
    }
    return new Promise((resolve) => {
      this.#child.on('error', (error) => {
        output.push(error.message);
        // One that could not be started (too many open files) has nothing to close.
        if (this.#child.pid === undefined) resolve({ outcome, code: null, signal: null, output });
      });
      this.#child.on('close', (code, signal) => resolve({ outcome, code, signal, output }));
    });
  }
}

/** Memory limits and the like that the user gave to Node; not what is meant for the parent alone. */
function inheritedArguments(): string[] {
  return process.execArgv.filter((argument) => argument.startsWith('--max-'));
}
