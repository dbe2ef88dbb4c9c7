import type { Examples, StoredValues } from '../../../harness/stream/examples.ts';
import { defineMethod } from '../../../harness/train/method.ts';

/** Sets of examples that were read, in the order in which they were first. */
const seen = new Set<Examples>();
const trained = new Set<Examples>();

/** Listens to every set of the class that the given one is of, test sets included. */
function listen(examples: Examples): void {
  const reader = Object.getPrototypeOf(examples) as Examples;
  const { readStored } = reader;
  reader.readStored = function (this: Examples, rows: ArrayLike<number>, into: StoredValues): void {
    seen.add(this);
    readStored.call(this, rows, into);
  };
}

/**
 * A cheat, to be found out: hooks get no test set, so it listens to the loop
 * measuring, and looks at what was measured on.
 */
export default defineMethod({
  name: 'reads-test-data',
  version: 1,
  title: 'A cheat',
  summary: 'Reads the test examples of the tasks before.',
  settings: {},

  prepare() {
    seen.clear();
    trained.clear();
  },

  beginTask(learner, task) {
    trained.add(task.train);
    const others = [...seen].filter((examples) => !trained.has(examples));
    for (const { labels } of others) learner.log({ kind: 'looked', labels: labels.length });
    if (task.index === 1) listen(task.train);
  },
});
