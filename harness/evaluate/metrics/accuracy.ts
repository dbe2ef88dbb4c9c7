import { mean } from '../statistics.ts';
import { diagonal, integers, lastRow, seenTasks } from './cell-sets.ts';
import type { Metric } from './metric.ts';

const shared = { range: [0, 1], direction: 'higher', unit: 'fraction', leastTasks: 1 } as const;

/** Mean accuracy over tasks at the end: what most papers call "average accuracy", and some "last". */
export const finalAccuracy: Metric = {
  ...shared,
  id: 'accuracy/final@1',
  title: 'final accuracy',
  reads: 'the last row',
  formula: 'mean over j = 1..T of R[T][j]',
  source: 'Lopez-Paz and Ranzato, Gradient Episodic Memory for Continual Learning, NeurIPS 2017, "ACC"',
  usedBy: 'Renate: ACC; GMvandeVen: average; ZSCL: Last; FACIL: taw and tag average of the last row',
  cells: lastRow,
  compute: (matrix) => mean(integers(1, matrix.tasks).map((task) => matrix.accuracy(matrix.tasks, task))),
};

/** Mean over stages of the mean accuracy over the tasks seen so far; every task weighs the same. */
export const averageIncrementalAccuracy: Metric = {
  ...shared,
  id: 'accuracy/average-incremental@1',
  title: 'average incremental accuracy',
  reads: 'the lower triangle with the diagonal',
  formula: 'mean over i = 1..T of the mean over j = 1..i of R[i][j]',
  source: 'Rebuffi et al., iCaRL: Incremental Classifier and Representation Learning, CVPR 2017',
  usedBy: 'PyCIL and PILOT report a sample-weighted variant, each stage rounded, as "Average Accuracy"',
  cells: seenTasks,
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks).map((after) =>
        mean(integers(1, after).map((task) => matrix.accuracy(after, task))),
      ),
    ),
};

/** Mean accuracy on each task straight after it was trained: what the learner can pick up, whatever it forgets later. */
export const learningAccuracy: Metric = {
  ...shared,
  id: 'accuracy/learning@1',
  title: 'learning accuracy',
  reads: 'the diagonal',
  formula: 'mean over j = 1..T of R[j][j]',
  source:
    'Riemer et al., Learning to Learn without Forgetting by Maximizing Transfer and Minimizing Interference, ICLR 2019',
  cells: diagonal,
  compute: (matrix) => mean(integers(1, matrix.tasks).map((task) => matrix.accuracy(task, task))),
};
