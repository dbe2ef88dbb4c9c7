import { duration } from '../report/format.ts';
import type { SummingProgress } from '../train/learner.ts';
import type { CellEvent } from '../train/loop/cell.ts';

/** What a person wants to know of a cell while it runs, gathered from its events. */
export class CellTracker {
  readonly label: string;
  /** Share of the training done, 0 to 1. */
  done = 0;
  #tasks = 0;
  #task = 'starting';
  #epoch = '';
  #accuracy: number | undefined;
  #begun: number;
  #doneAtStart: number | undefined;
  /** The sum in progress: its task, and when it was first heard of. */
  #sum: { readonly task: number; readonly begun: number } | undefined;
  #told = false;
  readonly #clock: () => number;

  /** @param clock Milliseconds since any fixed moment. */
  constructor(label: string, clock: () => number = performance.now.bind(performance)) {
    this.label = label;
    this.#clock = clock;
    this.#begun = clock();
  }

  /** Takes note of an event. */
  follow(event: CellEvent): void {
    if (event.kind === 'started') {
      this.#tasks = event.tasks;
      this.#begun = this.#clock();
    } else if (event.kind === 'progress') {
      // What a resumed run finds done took no time of this process.
      this.#doneAtStart ??= event.done;
      this.done = event.done;
      this.#task = `task ${event.task}/${this.#tasks}`;
      this.#epoch = `epoch ${event.epoch}/${event.epochs}, loss ${event.loss.toPrecision(3)}`;
    } else if (event.kind === 'summing') {
      this.#task = `task ${event.task}/${this.#tasks}`;
      this.#epoch = `importance of parameters from ${event.examples}/${event.of} examples`;
    } else if (event.kind === 'evaluated' && event.after > 0) {
      this.#accuracy = event.accuracy;
    }
  }

  /**
   * A sentence on work beside the training that takes long, once in the life of a cell: by then
   * a minute of it has passed and more is to come.
   */
  slowWork({ task, examples, of }: SummingProgress): string | undefined {
    if (examples === 0) return undefined;
    if (this.#sum?.task !== task) this.#sum = { task, begun: this.#clock() };
    const seconds = (this.#clock() - this.#sum.begun) / 1000;
    const left = (seconds / examples) * (of - examples);
    if (this.#told || seconds < 60 || left < 60) return undefined;
    this.#told = true;
    return (
      `${this.label}: the importance of parameters takes about ${duration(seconds + left)} after each task, ` +
      `${examples} of ${of} examples in ${duration(seconds)}. Fewer examples or a cheaper estimate are settings of the method.`
    );
  }

  /** Time left, task, accuracy so far, epoch and loss, the most wanted first: a narrow terminal cuts the end off. */
  get detail(): string {
    const left = this.secondsLeft;
    const accuracy = this.accuracyText;
    return [
      left === undefined ? '' : `${duration(left)} left`,
      this.#task,
      accuracy === '' ? '' : `accuracy ${accuracy}`,
      this.#epoch,
    ]
      .filter((part) => part !== '')
      .join(', ');
  }

  /** The accuracy after the last trained task, in percent; empty before the first. */
  get accuracyText(): string {
    return this.#accuracy === undefined ? '' : `${(this.#accuracy * 100).toFixed(1)}%`;
  }

  /** Seconds since the cell began. */
  get seconds(): number {
    return (this.#clock() - this.#begun) / 1000;
  }

  /** Seconds to go at the pace so far; undefined until there is a pace. */
  get secondsLeft(): number | undefined {
    const covered = this.done - (this.#doneAtStart ?? 0);
    return covered > 0.005 ? (this.seconds / covered) * (1 - this.done) : undefined;
  }
}
