import { UserError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import type { Training } from '../../stream/scenario.ts';
import type { TrainingTask } from '../../stream/stream.ts';
import { classesOf } from '../classes.ts';
import type { ExampleReference } from '../example-memory.ts';
import { poolingOf } from '../hook-results.ts';
import type { Pooling } from '../method.ts';
import { LossCurve } from './loss-curve.ts';
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
  const sources = learner.method.trainingTasks?.(task, past, learner) ?? [task];
  if (sources.length === 0) return;
  const added = learner.method.addedExamples?.(learner, task) ?? [];
  const pooling = poolingOf(learner.method.name, learner.method.pooling?.(learner.settings) ?? {});
  const heaps = heapsOf(sources, added, pooling);
  const budgets = pooling.updates === 'task' ? 1 : sources.length;
  const plan = planUpdates(training, heaps, budgets, task);
  const runner = new StepRunner(job, plan.batchSize, plan.updates, plan.epochs);
  const curve = new LossCurve(task.index, plan.updates);
  try {
    for (let epoch = 0; epoch < plan.epochs; epoch++) {
      const order = orderOf(heaps, plan, learner.random('exampleOrder', 'task', task.index, 'epoch', epoch));
      const batches = Math.min(plan.batchesPerEpoch, plan.updates - runner.update);
      let total = 0;
      for (let first = 0; first < batches; ) {
        const losses = await runner.run(
          batchesOf(order, plan.batchSize, first, runner.stepsFor(batches - first)),
          epoch,
        );
        first += losses.length;
        total += losses.reduce((sum, loss) => sum + loss, 0);
        for (const point of curve.add(losses)) learner.log({ ...point });
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
  /** Rows of each heap in a batch. */
  readonly share: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  readonly updates: number;
  readonly epochs: number;
}

/**
 * The examples that are shuffled together: all of them, or those of each task or class (and what is added) by themselves.
 */
function heapsOf(
  sources: readonly TrainingTask[],
  added: readonly ExampleReference[],
  { batches }: Pooling,
): ExampleReference[][] {
  const heaps = sources.flatMap((task) => {
    const { train, index } = task;
    const rows = Array.from(
      { length: train.count },
      (_, row): ExampleReference => ({ examples: train, row, task: index }),
    );
    if (batches !== 'classes') return [rows];
    const { labels } = train;
    return classesOf(task).map((label) => rows.filter(({ row }) => labels[row] === label));
  });
  const all = added.length > 0 ? [...heaps, [...added]] : heaps;
  return batches === 'each' || batches === 'classes' ? all : [all.flat()];
}

function planUpdates(
  training: Training,
  heaps: readonly ExampleReference[][],
  budgets: number,
  task: TrainingTask,
): UpdatePlan {
  // Every heap gives as many rows to a batch, so the smallest one ends an epoch.
  const smallest = Math.min(...heaps.map(({ length }) => length));
  if (smallest === 0) throw new UserError(`Task ${task.index} has no training examples.`);
  const share = Math.min(Math.ceil(training.batchSize / heaps.length), smallest);
  const exact = smallest / share;
  const keepsRest = training.incompleteBatch === 'keep' && heaps.length === 1;
  const batchesPerEpoch = keepsRest ? Math.ceil(exact) : Math.floor(exact);
  const updates =
    training.updates === undefined ? (training.epochs ?? 1) * batchesPerEpoch : training.updates * budgets;
  if (training.warmup >= updates) {
    throw new UserError(
      `Task ${task.index} has ${updates} updates, but training.warmup is ${training.warmup}: the learning rate would never be ` +
        'reached. Lower it (--set training.warmup=…), or train for longer.',
    );
  }
  return {
    share,
    batchSize: share * heaps.length,
    batchesPerEpoch,
    updates,
    epochs: Math.ceil(updates / batchesPerEpoch),
  };
}

/** The examples of an epoch, batch after batch, in an order drawn anew. */
function orderOf(
  heaps: readonly ExampleReference[][],
  { share, batchesPerEpoch }: UpdatePlan,
  random: Random,
): ExampleReference[] {
  const orders = heaps.map((heap) =>
    Array.from(random.permutation(heap.length), (place) => heap[place] as ExampleReference),
  );
  const [only] = orders;
  if (only && orders.length === 1) return only;
  return Array.from({ length: batchesPerEpoch }, (_, batch) =>
    orders.flatMap((order) => order.slice(batch * share, (batch + 1) * share)),
  ).flat();
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
