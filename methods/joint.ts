import { defineMethod } from '../harness/train/method.ts';

interface Settings {
  readonly restart: boolean;
}

/**
 * Joint training on the data of all tasks so far: the upper reference. Not a continual learner, since it keeps every
 * training example; the cost columns count them.
 *
 * After task t the network has made as many passes over the union of tasks 1 … t as any method makes over one task.
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
  },

  beginTask(learner) {
    if (learner.settings.restart) learner.reinitialise();
  },

  trainingTasks: (task, past) => [...past, task],
});
