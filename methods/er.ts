import { defineMethod } from '../harness/train/method.ts';
import {
  type BufferKind,
  bufferSettings,
  heldExamples,
  openBuffer,
  storeTask,
} from '../harness/train/replay-buffer.ts';
import {
  addReplay,
  type DrawSettings,
  drawReplay,
  drawSettings,
  replayRoom,
} from '../harness/train/replay-draws.ts';

interface Settings extends DrawSettings {
  readonly weighting: 'one-mean' | 'by-tasks' | 'enlarged-set';
}

const buffers: readonly BufferKind[] = [
  'reservoir',
  'per-class',
  'per-class-and-task',
  'per-task',
  'shared-by-classes',
  'shared-by-tasks',
];

/**
 * Experience replay. The papers differ in what is stored, how it is drawn and how much it counts; each is a setting.
 *
 * `weighting=one-mean` (Chaudhry et al. 2019, "On Tiny Episodic Memories in Continual Learning", Algorithm 1 with reservoir
 * sampling; Mammoth): current batch B and draw M' from the memory in one mean,
 *
 *     L(θ) = mean over B ∪ M' of CE(f_θ(x), y)
 *
 * `by-tasks` (van de Ven, Tuytelaars & Tolias 2022, "Three types of incremental learning"; with buffer=per-class-and-task,
 * memory=100, draw=passes, and replayFrom=each-past-task where tasks are known): in the k-th task
 *
 *     L(θ) = 1/k · mean over B of CE + (1 − 1/k) · mean over M' of CE
 *
 * `enlarged-set` (naive rehearsal, Hsu et al. 2018): what is stored joins the task's training set, `max(1, ⌊N/memory⌋)` times.
 *
 * In a reservoir, each training example is offered once, in the first pass over its task and after the step's draw.
 */
export default defineMethod<Settings>({
  name: 'er',
  version: 2,
  title: 'Experience replay',
  summary: 'Replays a few stored examples beside every batch.',
  paper: {
    title: 'On Tiny Episodic Memories in Continual Learning',
    authors: 'Chaudhry, Rohrbach, Elhoseiny, Ajanthan, Dokania, Torr, Ranzato',
    year: 2019,
    url: 'https://arxiv.org/abs/1902.10486',
  },
  settings: {
    ...bufferSettings(500, buffers),
    ...drawSettings,
    weighting: {
      type: 'string',
      enum: ['one-mean', 'by-tasks', 'enlarged-set'],
      default: 'one-mean',
      description: 'How replay counts: row by row, 1 − 1/k in the k-th task, or as part of the training set.',
    },
  },

  prepare: openBuffer,

  addedExamples: (learner, task) =>
    learner.settings.weighting === 'enlarged-set' ? heldExamples(learner, task, true) : [],

  extraRows: (learner, task) =>
    learner.settings.weighting === 'enlarged-set' ? 0 : replayRoom(learner, task),

  composeBatch(rows, context) {
    const { settings, learner, epoch, random } = context;
    if (settings.weighting !== 'enlarged-set') {
      const weighting = settings.weighting === 'by-tasks' ? 'by-tasks' : 'equal';
      addReplay(rows, context, drawReplay(context), weighting);
    }
    if (settings.buffer !== 'reservoir' || epoch > 0) return;
    // Rows of memory in an enlarged set were offered in their own task.
    for (const example of rows.own)
      if (example.examples !== learner.memory) learner.memory?.offer(example, random);
  },

  endTask: (learner, task) => storeTask(learner, task),
});
