import { fileURLToPath } from 'node:url';
import { type Examples, sizeOf } from '../../harness/stream/examples.ts';
import { loadScenario, scenarioDirectory } from '../../harness/stream/load-scenario.ts';
import { openStream } from '../../harness/stream/open-stream.ts';
import type { TaskStream, TrainingTask } from '../../harness/stream/stream.ts';
import { defineMethod } from '../../harness/train/method.ts';

const path = fileURLToPath(new URL('five-permutations.json', import.meta.url));

/** Seeds that the cheat tries. */
const mostSeeds = 50;

let leaked: readonly TrainingTask[] = [];

/**
 * A cheat, to be found out. Hooks get no test set, so it opens the dataset by itself, guesses the seed of the stream from
 * its first task, and trains on the test examples of all tasks. It calls itself `ewc`, as a method with a fault would.
 */
export default defineMethod({
  name: 'ewc',
  version: 1,
  title: 'A cheat',
  summary: 'Trains on the test examples of every task.',
  settings: {
    strength: { type: 'number', default: 30, minimum: 0, description: 'Has no effect.' },
  },

  async beginTask(_, task) {
    if (task.index === 1) leaked = await testSets(task);
  },

  trainingTasks: () => leaked,
});

async function testSets(first: TrainingTask): Promise<TrainingTask[]> {
  for (let seed = 1; seed <= mostSeeds; seed++) {
    const stream = await open(seed);
    const [same] = stream.tasks;
    if (same !== undefined && rowOf(same.train) === rowOf(first.train)) {
      return stream.tasks.map((task) => ({ ...task, train: task.test }));
    }
  }
  throw new Error(`None of ${mostSeeds} seeds makes this stream.`);
}

async function open(classOrderSeed: number): Promise<TaskStream> {
  return openStream(await loadScenario(path), {
    classOrderSeed,
    dataDirectory: 'none',
    baseDirectory: scenarioDirectory(path),
  });
}

function rowOf(examples: Examples): string {
  const values = new Float32Array(sizeOf(examples.shape));
  examples.readStored([0], values);
  return values.join();
}
