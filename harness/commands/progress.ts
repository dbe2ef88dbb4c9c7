import type { MultiBar, SingleBar } from 'cli-progress';
import { duration } from '../report/format.ts';
import type { CellEvent } from '../train/loop/cell.ts';
import { CellTracker } from './cell-tracker.ts';

/** Shows on standard error how a sweep goes. */
export interface Progress {
  /** An event of the cell at this position. */
  event(index: number, event: CellEvent): void;
  /** A line for the person: a cell's own output, or a notice. */
  note(line: string): void;
  /** Leaves the terminal in order. */
  end(): void;
}

type CellEnd = Extract<CellEvent, { kind: 'finished' | 'failed' }>;

/** Bars on a terminal, a line for each ended cell elsewhere, nothing when quiet. */
export async function openProgress(labels: readonly string[], quiet: boolean): Promise<Progress> {
  if (quiet) return { event: () => {}, note: () => {}, end: () => {} };
  if (process.stderr.isTTY !== true) return new LineProgress(labels);
  const { MultiBar } = await import('cli-progress');
  return new BarProgress(
    labels,
    new MultiBar({
      format: drawBar,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: true,
      gracefulExit: false,
      stream: process.stderr,
    }),
  );
}

/** One short line for each cell that ended. */
class LineProgress implements Progress {
  readonly trackers: readonly CellTracker[];
  /** The first cell that each error ended, by its label. */
  readonly #failed = new Map<string, string>();
  #ended = 0;

  constructor(labels: readonly string[]) {
    this.trackers = labels.map((label) => new CellTracker(label));
  }

  event(index: number, event: CellEvent): void {
    const tracker = this.trackers[index];
    if (tracker === undefined) return;
    tracker.follow(event);
    const slow = event.kind === 'summing' ? tracker.slowWork(event) : undefined;
    if (slow !== undefined) this.note(slow);
    if (event.kind !== 'finished' && event.kind !== 'failed') return;
    this.#ended++;
    this.note(`[${this.#ended}/${this.trackers.length}] ${tracker.label} ${this.#endText(tracker, event)}`);
  }

  #endText(tracker: CellTracker, event: CellEnd): string {
    if (event.kind === 'finished') return finishedText(tracker, event);
    const first = this.#failed.get(event.error);
    if (first !== undefined) return `failed as ${first} did`;
    this.#failed.set(event.error, tracker.label);
    return `failed: ${event.error}`;
  }

  note(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  end(): void {}
}

/** A bar for each running cell; what ended scrolls away above as lines. A bar that is free serves the next cell. */
class BarProgress extends LineProgress {
  readonly #bars: MultiBar;
  readonly #running = new Map<number, SingleBar>();
  readonly #free: SingleBar[] = [];
  readonly #width: number;

  constructor(labels: readonly string[], bars: MultiBar) {
    super(labels);
    this.#bars = bars;
    this.#width = Math.max(...labels.map((label) => label.length));
  }

  override event(index: number, event: CellEvent): void {
    super.event(index, event);
    const tracker = this.trackers[index];
    if (tracker === undefined) return;
    if (event.kind === 'finished' || event.kind === 'failed') {
      this.#release(index);
      return;
    }
    const shown: BarPayload = { label: tracker.label.padEnd(this.#width), detail: tracker.detail };
    this.#barOf(index).update(Math.round(tracker.done * barTotal), shown);
  }

  override note(line: string): void {
    // Only a redraw of the bars brings logged lines to the terminal; before the first bar there is none.
    // The escape code clears what is left of the bar that stood there.
    if (this.#bars.isActive) this.#bars.log(`${line}\u001b[K\n`);
    else super.note(line);
  }

  override end(): void {
    if (!this.#bars.isActive) return;
    this.#bars.update();
    this.#bars.stop();
  }

  #barOf(index: number): SingleBar {
    const bar = this.#running.get(index) ?? this.#free.pop() ?? this.#bars.create(barTotal, 0, { ...idle });
    this.#running.set(index, bar);
    return bar;
  }

  #release(index: number): void {
    const bar = this.#running.get(index);
    if (bar === undefined) return;
    bar.update(0, idle);
    this.#running.delete(index);
    this.#free.push(bar);
  }
}

interface BarPayload {
  readonly label: string;
  readonly detail: string;
}

const barTotal = 1000;
const barWidth = 12;
/** Frozen, because a bar writes into the payload that it was created with: each needs a copy. */
const idle: BarPayload = Object.freeze({ label: '', detail: '' });

function drawBar(
  _options: object,
  { progress }: { readonly progress: number },
  { label, detail }: BarPayload,
): string {
  if (label === '') return '';
  const full = Math.round(progress * barWidth);
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
  return ` ${label} ${bar} ${String(Math.round(progress * 100)).padStart(3)}% ${detail}`;
}

function finishedText(tracker: CellTracker, event: Extract<CellEvent, { kind: 'finished' }>): string {
  if (event.cached) return 'was finished before';
  const accuracy = tracker.accuracyText === '' ? '' : `, accuracy ${tracker.accuracyText}`;
  return `finished in ${duration(tracker.seconds)}${accuracy}`;
}
