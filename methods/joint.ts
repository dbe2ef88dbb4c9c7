import type { TrainingTask } from '../harness/stream/stream.ts';
import { defineMethod } from '../harness/train/method.ts';
import type { Protocol } from '../harness/train/protocol.ts';

interface Settings {
  readonly restart: boolean;
  readonly when: 'every-task' | 'last-task';
  readonly updates: 'sum' | 'task';
  readonly batches: 'one' | 'each';
}

/**
 * Joint training on the data of all tasks so far: the upper reference. Not a continual learner, since it keeps every
 * training example; the cost columns count them.
 *
 * After task t the network has made as many passes over the union of tasks 1 … t as any method makes over one task.
 *
 * The forms of the literature, as settings:
 *
 * - One run on all data (van de Ven et al. 2022; Hsu et al. 2018; Buzzega et al. 2020): `when` `last-task`, which saves
 *   the runs of the tasks before; their rows of the accuracy matrix are left out. In 2022's task-incremental scenario also `batches` `each`.
 * - Task by task on all data so far (van de Ven & Tolias 2018, 2019): `restart` false, `updates` `task`.
 */
export default defineMethod<Settings>({
  name: 'joint',
  version: 1,
  title: 'Joint training',
  summary: 'Trains on all data seen so far after each task: the upper reference.',
  needs: { pastData: true },
  settings: {
    restart: {
      type: 'boolean',
      default: true,
      description:
        'Start each task from fresh weights, so that the result does not depend on the order of tasks.',
    },
    when: {
      type: 'string',
      enum: ['every-task', 'last-task'],
      default: 'every-task',
      description: 'Whether to train after every task, or once on the data of all tasks after the last.',
    },
    updates: {
      type: 'string',
      enum: ['sum', 'task'],
      default: 'sum',
      description:
        'Where the budget is in updates: the sum of those of the tasks trained on, or as many as for one task.',
    },
    batches: {
      type: 'string',
      enum: ['one', 'each'],
      default: 'one',
      description:
        'Whether a batch is drawn from all data at once, or takes ⌈batch size / tasks⌉ examples of each task.',
    },
  },

  beginTask(learner) {
    if (learner.settings.restart) learner.reinitialise();
  },

  trainingTasks(task, past, { settings, protocol }) {
    return waits(settings, protocol, task) ? [] : [...past, task];
  },

  isMeasured: (task, { settings, protocol }) => !waits(settings, protocol, task),

  pooling: ({ updates, batches }) => ({ updates, batches }),
});

/** Whether the training is put off to a later task. */
function waits({ when }: Settings, { tasks }: Protocol, task: TrainingTask): boolean {
  return when === 'last-task' && task.index < tasks;
}
