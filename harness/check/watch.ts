import type { HostTensors } from '../engine/tensor.ts';
import { sizeOf } from '../stream/examples.ts';
import type { TaskStream } from '../stream/stream.ts';
import { type Protocol, protocolOf } from '../train/protocol.ts';
import type { CheckName } from './result.ts';
import { keysOf, rowKeys } from './row-keys.ts';
import type { Origin } from './tiny-stream.ts';

/** What the run is doing: preparing and training are the method's, measuring is the loop's. */
export type Phase =
  | { readonly kind: 'preparing' }
  | { readonly kind: 'training'; readonly task: number }
  | { readonly kind: 'measuring'; readonly after: number };

/** Notes what happens in a run that the protocol forbids: reads, fed rows, predictions and values. */
export class Watch {
  phase: Phase = { kind: 'measuring', after: 0 };
  /** Keys of the inputs that the learner carried, by its own account, when the task in training began. */
  carried: ReadonlySet<string> = new Set();
  readonly #pastData: boolean;
  readonly #origins = new Map<string, Origin>();
  readonly #findings = new Map<CheckName, string>();
  #shape: readonly number[] = [];
  #protocol: Protocol | undefined;

  /** @param pastData whether the method declares that it trains on the data of past tasks */
  constructor(pastData: boolean) {
    this.#pastData = pastData;
  }

  /** Learns which rows the stream consists of, and its rules: from the stream, not from what the method can reach. */
  know(stream: TaskStream): void {
    this.#shape = stream.inputShape;
    this.#protocol = protocolOf(stream);
    for (const task of stream.tasks) {
      for (const part of ['train', 'validation', 'test'] as const) {
        for (const key of keysOf(task[part])) this.#origins.set(key, { part, task: task.index });
      }
    }
  }

  /** The first thing found against a check. */
  found(check: CheckName): string | undefined {
    return this.#findings.get(check);
  }

  /** Notes something against a check; the first finding stays. */
  note(check: CheckName, finding: string): void {
    if (!this.#findings.has(check)) this.#findings.set(check, finding);
  }

  /** An access to examples of the stream. */
  read({ part, task }: Origin, rows: number): void {
    if (this.phase.kind === 'measuring') return;
    if (part === 'test') {
      this.note('unseen-test-set', `${rows} test example(s) of task ${task} were read ${this.#when()}.`);
    } else if (this.#isPast(task) && !this.#pastData) {
      this.note(
        'declared-memory',
        `${rows} ${part} example(s) of task ${task} were read ${this.#when()}: a reference to a past task is memory that ` +
          'nobody counts. Keep copies in learner.memory, or declare needs: { pastData: true }.',
      );
    }
  }

  /** What a program is given, under its name. */
  fed(program: string, feeds: HostTensors): void {
    if (this.phase.kind === 'measuring') return;
    for (const key of this.#inputsOf(feeds)) this.#judgeRow(program, key);
  }

  #judgeRow(program: string, key: string): void {
    const origin = this.#origins.get(key);
    if (origin === undefined) return;
    const { part, task } = origin;
    if (part === 'test') {
      this.note(
        'unseen-test-set',
        `The program "${program}" was fed a test example of task ${task} ${this.#when()}.`,
      );
    } else if (this.#isPast(task) && !this.#pastData && !this.carried.has(key)) {
      this.note(
        'declared-memory',
        `The program "${program}" was fed a ${part} example of task ${task} ${this.#when()} that was neither in ` +
          'learner.memory nor in learner.kept when the task began. Keep it there, where it is counted.',
      );
    }
  }

  /** What was predicted for what was fed. */
  predicted(feeds: HostTensors, predictions: ArrayLike<number>): void {
    if (this.phase.kind !== 'measuring' || this.#protocol === undefined) return;
    const { after } = this.phase;
    for (const [row, key] of this.#inputsOf(feeds).entries()) {
      const origin = this.#origins.get(key);
      const label = predictions[row];
      if (origin === undefined || label === undefined) continue;
      const allowed = this.#protocol.candidates('test', origin.task, after);
      if (allowed[label] === 1) continue;
      const outputs = [...allowed.keys()].filter((output) => allowed[output] === 1);
      this.note(
        'candidates',
        `After ${after} task(s), label ${label} was predicted for an example of task ${origin.task}; the candidates are ` +
          `${outputs.join(', ') || 'none'}. Leave learner.protocol as it is.`,
      );
    }
  }

  /** Values that must be finite, by name. @param when for people: "after endTask of task 2" */
  valued(tensors: HostTensors, when = this.#when()): void {
    for (const [name, { data }] of Object.entries(tensors)) {
      if (name.startsWith('gradient.')) continue;
      const bad = data.find((value) => !Number.isFinite(value));
      if (bad !== undefined) this.note('finite-parameters', `${name} holds ${bad} ${when}.`);
    }
  }

  /** Keys of the rows in every feed that is shaped like inputs. */
  #inputsOf(feeds: HostTensors): string[] {
    const size = sizeOf(this.#shape);
    return Object.values(feeds).flatMap(({ shape, data }) => {
      const fits =
        shape.length > this.#shape.length &&
        this.#shape.every((length, at) => shape.at(at - this.#shape.length) === length);
      return fits && data instanceof Float32Array ? rowKeys(data, size) : [];
    });
  }

  #isPast(task: number): boolean {
    return this.phase.kind === 'training' && task < this.phase.task;
  }

  #when(): string {
    if (this.phase.kind === 'training') return `while task ${this.phase.task} was trained`;
    return this.phase.kind === 'preparing'
      ? 'while the method prepared'
      : `after ${this.phase.after} task(s)`;
  }
}
