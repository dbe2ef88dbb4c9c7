import { sizeOf } from '../stream/examples.ts';
import type { Learner } from '../train/learner.ts';
import type { Method } from '../train/method.ts';
import { carriedKeys } from './row-keys.ts';
import type { Watch } from './watch.ts';

/**
 * The method, with its host hooks telling the watch where the run is. Everything else is the method's own.
 * @param saved is called with the number of finished tasks once they are saved, before the next one begins
 */
export function watchedMethod(method: Method, watch: Watch, saved: (tasksDone: number) => void): Method {
  const hooks: Pick<Method, 'prepare' | 'beginTask' | 'endTask'> = {
    async prepare(learner) {
      watch.phase = { kind: 'preparing' };
      await method.prepare?.(learner);
      lookAt(learner, watch, 'after prepare');
      watch.phase = { kind: 'measuring', after: 0 };
    },
    async beginTask(learner, task) {
      saved(task.index - 1);
      watch.carried = carriedKeys(learner, sizeOf(learner.protocol.inputShape));
      watch.phase = { kind: 'training', task: task.index };
      await method.beginTask?.(learner, task);
      lookAt(learner, watch, `after beginTask of task ${task.index}`);
    },
    async endTask(learner, task) {
      lookAt(learner, watch, `after the steps of task ${task.index}`);
      await method.endTask?.(learner, task);
      lookAt(learner, watch, `after endTask of task ${task.index}`);
      watch.phase = { kind: 'measuring', after: task.index };
    },
  };
  // The method stays the prototype: one that is an instance of a class keeps what its class gives it.
  return Object.assign(Object.create(method) as Method, hooks);
}

function lookAt({ parameters, kept }: Learner, watch: Watch, when: string): void {
  watch.valued(parameters, when);
  watch.valued(
    Object.fromEntries(Object.entries(kept).map(([name, tensor]) => [`kept.${name}`, tensor])),
    when,
  );
}
