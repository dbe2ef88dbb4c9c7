import { UserError } from '../errors.ts';
import type { Training } from '../stream/scenario.ts';
import type { TrainingTask } from '../stream/stream.ts';
import type { ExampleReference } from './example-memory.ts';
import type { Learner } from './learner.ts';
import { StepRunner, type TaskTraining } from './step-runner.ts';

/** How far the training of a task is. */
export interface TaskProgress {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the updates of this epoch so far. */
  readonly loss: number;
  /** Share of the task's updates done, 0 to 1. */
  readonly done: number;
}

/**
 * Trains on one task: passes over the data that the method asks for, in an order drawn anew for each.
 * @throws UserError when the task has no examples, or the loss is not a number any more
 */
export async function trainTask<Settings>(
  job: TaskTraining<Settings>,
  report: (progress: TaskProgress) => void,
): Promise<void> {
  const { learner, training, task, past } = job;
  const sources = learner.method.trainingTasks?.(task, past) ?? [task];
  if (sources.length === 0) return;
  const added = learner.method.addedExamples?.(learner, task) ?? [];
  const plan = planUpdates(training, sources, added.length);
  const runner = new StepRunner(job, plan.batchSize, plan.updates, plan.epochs);
  try {
    for (let epoch = 0; epoch < plan.epochs; epoch++) {
      const order = orderOf(sources, added, learner, task, epoch);
      const batches = Math.min(plan.batchesPerEpoch, plan.updates - runner.update);
      let total = 0;
      for (let first = 0; first < batches; ) {
        const losses = await runner.run(
          batchesOf(order, plan.batchSize, first, runner.stepsFor(batches - first)),
          epoch,
        );
        first += losses.length;
        total += losses.reduce((sum, loss) => sum + loss, 0);
        report({
          epoch: epoch + 1,
          epochs: plan.epochs,
          loss: total / first,
          done: runner.update / plan.updates,
        });
      }
      learner.log({
        kind: 'epoch',
        task: task.index,
        epoch: epoch + 1,
        loss: total / batches,
      });
    }
    await runner.readBack();
  } finally {
    runner.dispose();
  }
}

/** How many updates a task takes, in how many passes over its examples. */
interface UpdatePlan {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  readonly updates: number;
  readonly epochs: number;
}

function planUpdates(training: Training, sources: readonly TrainingTask[], added: number): UpdatePlan {
  const examples = sources.reduce((total, { train }) => total + train.count, added);
  if (examples === 0) throw new UserError(`Task ${sources.at(-1)?.index} has no training examples.`);
  const batchSize = Math.min(training.batchSize, examples);
  const exact = examples / batchSize;
  const batchesPerEpoch = training.incompleteBatch === 'drop' ? Math.floor(exact) : Math.ceil(exact);
  // A budget in updates is one task's; who trains on several tasks at once gets the sum of theirs.
  const updates =
    training.updates === undefined
      ? (training.epochs ?? 1) * batchesPerEpoch
      : training.updates * sources.length;
  return {
    batchSize,
    batchesPerEpoch,
    updates,
    epochs: Math.ceil(updates / batchesPerEpoch),
  };
}

/** Every example of the sources once, and what is added, in the order of an epoch. */
function orderOf<Settings>(
  sources: readonly TrainingTask[],
  added: readonly ExampleReference[],
  learner: Learner<Settings>,
  task: TrainingTask,
  epoch: number,
): ExampleReference[] {
  const own = sources.flatMap(({ train, index }) =>
    Array.from({ length: train.count }, (_, row) => ({
      examples: train,
      row,
      task: index,
    })),
  );
  const all = [...own, ...added];
  const random = learner.random('exampleOrder', 'task', task.index, 'epoch', epoch);
  return Array.from(random.permutation(all.length), (place) => all[place] as ExampleReference);
}

function batchesOf(
  order: ExampleReference[],
  size: number,
  first: number,
  count: number,
): ExampleReference[][] {
  return Array.from({ length: count }, (_, step) =>
    order.slice((first + step) * size, (first + step + 1) * size),
  );
}
