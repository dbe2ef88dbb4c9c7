import { Random } from '../random.ts';
import type { Method } from '../train/method.ts';

/** Settings of one trial, by dotted key as in `--set`. */
export type TrialSettings = Readonly<Record<string, unknown>>;

/** Learning rates that every method is tried with, as multiples of the one it would have. */
const learningRateFactors = [0.1, 0.2, 0.5, 2, 5, 10, 20];

/**
 * The settings that a method is tried with: its defaults first, then a Latin hypercube over the values that it names in
 * `search`, and over learning rates. With as many trials as a key has values or more, every value of the key is tried.
 * A method of which nothing is searched has one trial.
 * @param count how many trials, 1 or more; equal ones count once, so that there may be fewer
 * @param learningRate that the method has in this scenario without a search
 * @param fixed keys that hold for all trials
 */
export function planTrials(
  method: Method,
  count: number,
  learningRate: number,
  fixed: readonly string[] = [],
): TrialSettings[] {
  const search = searchOf(method, learningRate).filter(([key]) => !fixed.includes(key));
  const random = new Random(count, `trials of ${method.name}`);
  const drawn = Math.max(0, count - 1);
  const columns = search.map(([key, values]): [string, unknown[]] => {
    const order = [...random.permutation(drawn)];
    return [key, order.map((place) => values[Math.floor((place * values.length) / drawn)])];
  });
  const trials: TrialSettings[] = [{}];
  for (let index = 0; index < drawn; index++) {
    trials.push(Object.fromEntries(columns.map(([key, values]) => [key, values[index]])));
  }
  return [...new Map(trials.map((trial) => [JSON.stringify(trial), trial])).values()];
}

function searchOf(method: Method, learningRate: number): [string, readonly unknown[]][] {
  const rates = learningRateFactors.map((factor) => Number((factor * learningRate).toPrecision(12)));
  const all = { 'training.learningRate': rates, ...method.search };
  return Object.entries(all).filter(([, values]) => values.length > 0);
}
