import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';
import { withFileErrors, writeWhole } from './files.ts';

/** One line of `events.jsonl`: what happened during a run, and when (ISO 8601, UTC). */
export interface RunEvent {
  readonly time: string;
  readonly kind: string;
  readonly [detail: string]: unknown;
}

/** Appends events to a file, one JSON object a line. */
export class EventLog {
  readonly #path: string;
  #file: number | undefined;

  /** Opens the file, makes it where there is none, and drops a last line that a crash cut short. */
  constructor(path: string) {
    this.#path = path;
    this.#file = withFileErrors(`open ${path}`, () => {
      const file = openSync(path, 'a+');
      const { size } = fstatSync(file);
      const whole = endOfLastLine(file, size);
      if (whole < size) ftruncateSync(file, whole);
      return file;
    });
  }

  /** Writes one event with the present time. Numbers that JSON lacks (NaN, infinities) are written as text. */
  append(event: { readonly kind: string; readonly [detail: string]: unknown }): void {
    const file = this.#file;
    if (file === undefined) throw new Error(`${this.#path} is closed.`);
    const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...event }, writable)}\n`);
    withFileErrors(`write ${this.#path}`, () => writeWhole(file, line));
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The events of a file in order; none when it does not exist. A last line that is still being written is left out. */
export function readEvents(path: string): RunEvent[] {
  if (!existsSync(path)) return [];
  const text = withFileErrors(`read ${path}`, () => readFileSync(path, 'utf8'));
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as RunEvent];
      } catch {
        return [];
      }
    });
}

function writable(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The offset just after the last newline; 0 when there is none. */
function endOfLastLine(file: number, size: number): number {
  const chunk = Buffer.alloc(65_536);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const length = readSync(file, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, length).lastIndexOf(0x0a);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
