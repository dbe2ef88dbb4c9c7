import { Random } from '../../../harness/random.ts';
import type { Examples, StoredValues } from '../../../harness/stream/examples.ts';
import { ExampleMemory } from '../../../harness/train/example-memory.ts';
import { defineMethod } from '../../../harness/train/method.ts';

let stolen: ExampleMemory[] = [];
let training = false;
let listening = false;

/** Copies whatever is read of any set of the given one’s class while nothing is trained. */
function listen(examples: Examples): void {
  const reader = Object.getPrototypeOf(examples) as Examples;
  const { readStored } = reader;
  let copying = false;
  reader.readStored = function (this: Examples, rows: ArrayLike<number>, into: StoredValues): void {
    readStored.call(this, rows, into);
    if (training || copying) return;
    copying = true;
    const copy = new ExampleMemory(1, this);
    copy.offer({ examples: this, row: rows[0] ?? 0, task: 1 }, new Random(1));
    stolen.push(copy);
    copying = false;
  };
}

/** A cheat, to be found out: it copies what the loop measures on, and trains on the copies. */
export default defineMethod({
  name: 'trains-on-test-data',
  version: 1,
  title: 'A cheat',
  summary: 'Trains on the test examples of the tasks before.',
  settings: {},

  prepare() {
    stolen = [];
  },

  beginTask(_, task) {
    if (!listening) listen(task.train);
    listening = true;
    training = true;
  },

  trainingTasks: (task) => [task, ...stolen.map((train) => ({ ...task, train }))],

  endTask() {
    training = false;
  },
});
