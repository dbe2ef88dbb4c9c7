import { ExampleMemory, type ExampleReference } from '../../../harness/train/example-memory.ts';
import { defineMethod } from '../../../harness/train/method.ts';

let copies: ExampleReference[] = [];

/** A cheat, to be found out: it replays copies of past examples from a variable of this file, where nobody counts them. */
export default defineMethod({
  name: 'copies-past-data',
  version: 1,
  title: 'A cheat',
  summary: 'Replays every past example.',
  settings: {},

  prepare() {
    copies = [];
  },

  extraRows: () => 12,

  composeBatch(rows, { random }) {
    rows.add(Array.from(random.sample(copies.length, 12), (at) => copies[at] as ExampleReference));
  },

  endTask({ protocol }, task) {
    const copy = new ExampleMemory(task.train.count, protocol.inputs);
    for (let row = 0; row < copy.capacity; row++) {
      copy.put(row, { examples: task.train, row, task: task.index });
      copies.push({ examples: copy, row, task: task.index });
    }
  },
});
