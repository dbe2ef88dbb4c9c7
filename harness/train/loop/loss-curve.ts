/** How many points the training curve of a task has at most. */
const points = 50;

/** A point of a task's training curve, as it stands in `events.jsonl`. */
export interface LossPoint {
  readonly kind: 'loss';
  readonly task: number;
  /** Updates of this task so far, the last one of the mean among them; from 1. */
  readonly update: number;
  /** Mean loss of the updates since the last point. */
  readonly loss: number;
}

/**
 * Thins the losses of a task's updates to a curve that a record can hold, each point the mean of the updates since the one
 * before, so that none is left out.
 */
export class LossCurve {
  readonly #task: number;
  readonly #updates: number;
  readonly #every: number;
  #seen = 0;
  #total = 0;
  #count = 0;

  /** @param updates how many the task will have */
  constructor(task: number, updates: number) {
    this.#task = task;
    this.#updates = updates;
    this.#every = Math.ceil(updates / points);
  }

  /** Takes the losses of some more updates, and gives the points that are full by them. */
  add(losses: ArrayLike<number>): LossPoint[] {
    const found: LossPoint[] = [];
    for (let index = 0; index < losses.length; index++) {
      this.#seen++;
      this.#count++;
      this.#total += losses[index] as number;
      if (this.#count < this.#every && this.#seen < this.#updates) continue;
      found.push({ kind: 'loss', task: this.#task, update: this.#seen, loss: this.#total / this.#count });
      this.#total = 0;
      this.#count = 0;
    }
    return found;
  }
}
