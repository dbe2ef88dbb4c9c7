import { messageOf } from '../errors.ts';
import { predict } from '../train/loop/measure.ts';
import { modelState } from '../train/model-programs.ts';
import type { Rehearsal } from './rehearsal.ts';
import { failed, notApplicable, type Outcome, passed } from './result.ts';

/** Whether answers stay when examples are said to come from another task. */
export async function identityAtTestOutcome(rehearsal: Rehearsal): Promise<Outcome> {
  const { learner, engine, stream } = rehearsal;
  if (learner.protocol.taskIdentity.test) {
    return notApplicable(
      'the method runs in task-incremental scenarios only, which tell the task of every example',
    );
  }
  const state = engine.createState(modelState(learner));
  const after = stream.tasks.length;
  try {
    for (const { test: examples, index } of stream.tasks) {
      const own = await predict(learner, engine, state, { examples, task: index, after });
      for (const { index: task } of stream.tasks) {
        const answers = await predict(learner, engine, state, { examples, task, after });
        const changed = own.filter((answer, row) => answer !== answers[row]).length;
        if (changed > 0) {
          return failed(
            `${changed} of ${examples.count} predictions for task ${index} change when its examples are said to be of ` +
              `task ${task}, which a ${stream.scenario.kind} scenario does not tell. Leave learner.protocol as it is.`,
          );
        }
      }
    }
    return passed;
  } finally {
    state.dispose();
  }
}

/** Whether the method runs where training examples do not tell their task either. */
export function identityInTrainingOutcome({ error }: Rehearsal): Outcome {
  if (error === undefined) return passed;
  return failed(
    `Where batches do not tell the task of training examples, the run ends early: ${messageOf(error)} ` +
      'Look whether batch.tasks is there before using it.',
  );
}
