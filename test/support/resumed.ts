import { join } from 'node:path';
import type { Learner } from '../../harness/train/learner.ts';
import { loadCheckpoint, saveCheckpoint } from '../../harness/train/loop/checkpoint.ts';
import { learn, type Opened } from './tiny-learner.ts';
import { temporaryFolder } from './tiny-run.ts';

const cost = {
  trainingSeconds: 0,
  evaluationSeconds: 0,
  peakMemory: 0,
  trainableParameters: 0,
  totalParameters: 0,
  keptBytes: 0,
  keptExamples: 0,
};

/**
 * What two learners carry after two tasks, of which the second was begun anew from the first's checkpoint after one task.
 * @param open makes an untrained learner
 */
export async function undisturbedAndResumed(open: () => Promise<Opened>): Promise<[unknown, unknown]> {
  const path = join(temporaryFolder(), 'checkpoint');
  const undisturbed = await open();
  await learn(undisturbed, 1);
  saveCheckpoint(path, undisturbed.learner, { tasksDone: 1, cost });
  const resumed = await open();
  loadCheckpoint(path, resumed.learner);
  await learn(undisturbed, 2);
  await learn(resumed, 2);
  return [carried(undisturbed.learner), carried(resumed.learner)];
}

/** All that a learner carries from task to task; tensors as pairs, since their order counts. */
export function carried({ parameters, moments, kept, memory, trainable, step }: Learner): unknown {
  return {
    tensors: [parameters, moments, kept].map(Object.entries),
    memory: memory?.toTensors(),
    trainable: [...trainable],
    step,
  };
}
