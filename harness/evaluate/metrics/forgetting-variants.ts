import type { AccuracyMatrix } from '../accuracy-matrix.ts';
import { mean } from '../statistics.ts';
import { everyStage, integers, lastRow, seenTasks, untrained } from './cell-sets.ts';
import type { Metric } from './metric.ts';

const shared = { direction: 'lower', unit: 'fraction', leastTasks: 2 } as const;

/** The highest of some stages on a task, minus the final accuracy on it. */
function fall(matrix: AccuracyMatrix, task: number, first: number, last: number): number {
  const best = Math.max(...integers(first, last).map((after) => matrix.accuracy(after, task)));
  return best - matrix.accuracy(matrix.tasks, task);
}

function* withoutLastTask(cells: Iterable<{ after: number; task: number }>, tasks: number) {
  for (const cell of cells) if (cell.task < tasks) yield cell;
}

/** The first value minus the last, without a maximum: minus backward transfer. */
export const firstMinusLast: Metric = {
  ...shared,
  id: 'forgetting/first-minus-last@1',
  title: 'forgetting, first minus last',
  range: [-1, 1],
  reads: 'the last row and the diagonal, without the last task',
  formula: 'mean over j = 1..T-1 of R[j][j] - R[T][j]',
  source: 'Avalanche, `evaluation/metrics/forgetting_bwt.py`',
  usedBy: 'Avalanche: StreamForgetting; CL-Gym and others: forgetting',
  note: 'Exactly minus bwt/gem.',
  cells: (tasks) =>
    integers(1, tasks - 1).flatMap((task) => [
      { after: task, task },
      { after: tasks, task },
    ]),
  compute: (matrix) => mean(integers(1, matrix.tasks - 1).map((task) => fall(matrix, task, task, task))),
};

/** The final accuracy takes part in the maximum, so a task that improves counts as not forgotten. */
export const maximumWithFinal: Metric = {
  ...shared,
  id: 'forgetting/max-with-final@1',
  title: 'forgetting, never below 0',
  range: [0, 1],
  reads: 'the lower triangle with the diagonal, without the last task',
  formula: 'mean over j = 1..T-1 of (max over i = j..T of R[i][j]) - R[T][j]',
  source: 'PyCIL, `trainer.py`',
  usedBy: 'PyCIL, PILOT: Forgetting (over groups of ten classes, whatever the tasks are)',
  cells: (tasks) => withoutLastTask(seenTasks(tasks), tasks),
  compute: (matrix) =>
    mean(integers(1, matrix.tasks - 1).map((task) => fall(matrix, task, task, matrix.tasks))),
};

/** As maximumWithFinal, with the accuracy on a task straight before it was trained in the maximum, too. */
export const mammothForgetting: Metric = {
  ...shared,
  id: 'forgetting/mammoth@1',
  title: 'forgetting as Mammoth computes it',
  range: [0, 1],
  reads: 'the lower triangle with the diagonal and the one above, without the last task',
  formula: 'mean over j = 1..T-1 of (max over i = max(1, j-1)..T of R[i][j]) - R[T][j]',
  source: 'Mammoth, `utils/metrics.py` and `utils/training.py`',
  usedBy: 'Mammoth: forgetting',
  cells: function* (tasks) {
    yield* withoutLastTask(seenTasks(tasks), tasks);
    for (let task = 2; task < tasks; task++) yield { after: task - 1, task };
  },
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks - 1).map((task) => fall(matrix, task, Math.max(1, task - 1), matrix.tasks)),
    ),
};

/** Accuracy on a task that was not trained yet counts as something to be forgotten. */
export const renateForgetting: Metric = {
  ...shared,
  id: 'forgetting/renate@1',
  title: 'forgetting, rows before learning included',
  range: [-1, 1],
  reads: 'all rows after training, without the last task',
  formula: 'mean over j = 1..T-1 of (max over i = 1..T-1 of R[i][j]) - R[T][j]',
  source: 'Renate, `evaluation/metrics/classification.py`',
  usedBy: 'Renate: forgetting',
  cells: (tasks) => withoutLastTask(everyStage(tasks), tasks),
  compute: (matrix) =>
    mean(integers(1, matrix.tasks - 1).map((task) => fall(matrix, task, 1, matrix.tasks - 1))),
};

/** All tasks count, the last one nearly always as 0, so it is smaller by a factor of about (T - 1) / T. */
export const onlineForgetting: Metric = {
  ...shared,
  id: 'forgetting/all-tasks@1',
  title: 'forgetting over all tasks',
  range: [0, 1],
  reads: 'all rows after training',
  formula: 'mean over j = 1..T of (max over i = 1..T of R[i][j]) - R[T][j]',
  source: 'RaptorMai/online-continual-learning, `experiment/metrics.py`',
  usedBy: 'RaptorMai/online-continual-learning: forgetting',
  cells: everyStage,
  compute: (matrix) => mean(integers(1, matrix.tasks).map((task) => fall(matrix, task, 1, matrix.tasks))),
};

/** How much of what joint training has above chance is lost. */
export const forgettingRatio: Metric = {
  id: 'forgetting/ratio@1',
  title: 'forgetting rate',
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  direction: 'higher',
  unit: 'fraction',
  leastTasks: 1,
  reads: 'the last row and the row before training; the last row of a joint run',
  formula: 'mean over j = 1..T of (R[T][j] - R[0][j]) / (joint[T][j] - R[0][j]), minus 1',
  source: 'CLArena, `pipelines/cl_full_eval.py`, "FR"',
  usedBy: 'CLArena: FR, with a model that learns at random in place of the untrained one',
  note: 'The reference is a run of joint training. Not defined where that is at the level of the untrained model.',
  cells: function* (tasks) {
    yield* lastRow(tasks);
    yield* untrained(tasks);
  },
  referenceCells: lastRow,
  compute: (matrix, reference) => {
    const { tasks } = matrix;
    const kept = integers(1, tasks).map((task) => {
      const chance = matrix.accuracy(0, task);
      return (matrix.accuracy(tasks, task) - chance) / (reference.accuracy(tasks, task) - chance);
    });
    return mean(kept) - 1;
  },
};
