import { Random } from '../../../harness/random.ts';
import { ExampleMemory } from '../../../harness/train/example-memory.ts';
import { defineMethod } from '../../../harness/train/method.ts';

class FreeMemory extends ExampleMemory {
  override get bytes(): number {
    return 0;
  }
}

/** A cheat, to be found out: it keeps examples and says that they take no bytes. */
export default defineMethod({
  name: 'understates-memory',
  version: 1,
  title: 'A cheat',
  summary: 'Fills a memory that declares a size of 0.',
  settings: {},

  prepare(learner) {
    learner.memory = new FreeMemory(10, learner.protocol.inputs);
  },

  endTask({ memory }, task) {
    const random = new Random(task.index, 'cheat');
    memory?.offer({ examples: task.train, row: 1, task: task.index }, random);
  },
});
