import { defineMethod } from '../harness/train/method.ts';
import {
  type BufferSettings,
  bufferSettings,
  heldExamples,
  openBuffer,
  storeTask,
} from '../harness/train/replay-buffer.ts';

/**
 * Naive rehearsal (Hsu et al. 2018, section 3.3): in the t-th task the training set D_t is joined by the memory, repeated so
 * often that both are about as large, and an epoch goes through all of it in random order:
 *
 *     D = D_t ∪ M ∪ … ∪ M  (max(1, ⌊|D_t| / memory⌋) times),   then ⌊memory / t⌋ random examples of each task are kept
 */
export default defineMethod<BufferSettings>({
  name: 'naive-rehearsal',
  version: 1,
  title: 'Naive rehearsal',
  summary: 'Joins a few examples of each past task to the training set.',
  paper: {
    title: 'Re-evaluating Continual Learning Scenarios: A Categorization and Case for Strong Baselines',
    authors: 'Hsu, Liu, Ramasamy, Kira',
    year: 2018,
    url: 'https://arxiv.org/abs/1810.12488',
  },
  settings: bufferSettings(1100, ['shared-by-tasks', 'per-task', 'per-class', 'shared-by-classes']),

  prepare: openBuffer,
  addedExamples: (learner, task) => heldExamples(learner, task, true),
  endTask: (learner, task) => storeTask(learner, task),
});
