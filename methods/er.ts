import { ExampleMemory } from '../harness/train/example-memory.ts';
import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly memory: number;
  readonly replayBatch: number;
}

/**
 * Experience replay with a reservoir (Chaudhry et al. 2019, "On Tiny Episodic Memories in Continual Learning", Algorithm 1
 * with reservoir sampling): each step trains on the current batch and a batch drawn from memory, together in one mean.
 *
 *     L(θ) = mean over B ∪ M' of CE(f_θ(x), y),   M' drawn from the memory without replacement
 *
 * Each training example is offered to the memory once, in the first pass over its task and after the step's draw.
 */
export default defineMethod<Settings>({
  name: 'er',
  version: 1,
  title: 'Experience replay (reservoir)',
  summary:
    'Replays a few stored examples beside every batch; the memory is a reservoir sample of all examples seen.',
  paper: {
    title: 'On Tiny Episodic Memories in Continual Learning',
    authors: 'Chaudhry, Rohrbach, Elhoseiny, Ajanthan, Dokania, Torr, Ranzato',
    year: 2019,
    url: 'https://arxiv.org/abs/1902.10486',
  },
  settings: {
    memory: {
      type: 'integer',
      default: 500,
      minimum: 1,
      description: 'Examples that the memory can hold.',
    },
    replayBatch: {
      type: 'integer',
      default: 128,
      minimum: 1,
      description: 'Examples replayed in each step.',
    },
  },

  prepare(learner) {
    learner.memory = new ExampleMemory(learner.settings.memory, learner.protocol.inputs);
  },

  extraRows: ({ settings }) => settings.replayBatch,

  composeBatch(rows, { settings, learner, epoch, random }) {
    const { memory } = learner;
    if (!memory) return;
    const current = rows.own;
    rows.add(memory.sample(settings.replayBatch, random));
    if (epoch === 0) for (const example of current) memory.offer(example, random);
  },
});
