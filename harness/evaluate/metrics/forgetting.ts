import type { CellAddress } from '../accuracy-matrix.ts';
import { mean } from '../statistics.ts';
import { integers, seenTasks } from './cell-sets.ts';
import type { Metric } from './metric.ts';

/** Every seen task at every stage, but the last task: it had no time to be forgotten. */
function* seenButLast(tasks: number): Generator<CellAddress> {
  for (const cell of seenTasks(tasks)) {
    if (cell.task < tasks) yield cell;
  }
}

/** How far each task fell from its best, counting from when it was learned and leaving out the final row. */
export const chaudhryForgetting: Metric = {
  id: 'forgetting/chaudhry@1',
  title: 'forgetting',
  range: [-1, 1],
  direction: 'lower',
  unit: 'fraction',
  leastTasks: 2,
  reads: 'the lower triangle with the diagonal, without the last task',
  formula:
    'mean over j = 1..T-1 of (max over l = j..T-1 of R[l][j]) - R[T][j]; below 0 where the end is the best',
  source: 'Chaudhry et al., Riemannian Walk for Incremental Learning, ECCV 2018',
  usedBy: 'Continuum (master): forgetting; FACIL: forgetting; SAPT: F.Ra',
  cells: seenButLast,
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks - 1).map((task) => {
        const before = integers(task, matrix.tasks - 1).map((after) => matrix.accuracy(after, task));
        return Math.max(...before) - matrix.accuracy(matrix.tasks, task);
      }),
    ),
};
