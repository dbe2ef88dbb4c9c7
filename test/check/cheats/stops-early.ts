import { defineMethod } from '../../../harness/train/method.ts';

/** A fault, to be found out: it cannot do a second task. */
export default defineMethod({
  name: 'stops-early',
  version: 1,
  title: 'A cheat',
  summary: 'Throws in the second task.',
  settings: {},

  beginTask(_, task) {
    if (task.index === 2) throw new Error('one task is enough');
  },
});
