import type { AccuracyMatrix } from '../accuracy-matrix.ts';
import { mean } from '../statistics.ts';
import { everyStage, integers, lastRow, seenTasks } from './cell-sets.ts';
import type { Metric } from './metric.ts';

const shared = { range: [0, 1], direction: 'higher', unit: 'fraction', leastTasks: 1 } as const;

/** Mean accuracy over the tasks seen, at one stage. */
function seenAccuracy(matrix: AccuracyMatrix, after: number): number {
  return mean(integers(1, after).map((task) => matrix.accuracy(after, task)));
}

/** Share of right answers among all test examples of the tasks seen, at one stage. @throws UnknownCountsError */
function microAccuracy(matrix: AccuracyMatrix, after: number): number {
  const cells = integers(1, after).map((task) => matrix.cell(after, task));
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return sum(cells.map(({ correct }) => correct)) / sum(cells.map(({ total }) => total));
}

/** Lowest accuracy of each task but the last since it was trained. */
function lowestOfPast(matrix: AccuracyMatrix): number[] {
  return integers(1, matrix.tasks - 1).map((task) =>
    Math.min(...integers(task + 1, matrix.tasks).map((after) => matrix.accuracy(after, task))),
  );
}

/** Every example of the test stream weighs the same. */
export const finalMicroAccuracy: Metric = {
  ...shared,
  id: 'accuracy/final-micro@1',
  title: 'final accuracy over examples',
  reads: 'the last row, with the numbers of test examples',
  formula: 'right answers over all test examples, after the last task',
  source: 'no single one; the usual accuracy of a joint test set',
  usedBy:
    'Renate: micro average accuracy; Avalanche: StreamAccuracy; PyCIL: the last entry of the accuracy curve',
  note: 'Differs from accuracy/final where tasks have test sets of different sizes.',
  cells: lastRow,
  compute: (matrix) => microAccuracy(matrix, matrix.tasks),
};

/** The mean over stages of the accuracy over all test examples of the tasks seen so far. */
export const averageIncrementalMicroAccuracy: Metric = {
  ...shared,
  id: 'accuracy/average-incremental-micro@1',
  title: 'average incremental accuracy over examples',
  reads: 'the lower triangle with the diagonal, with the numbers of test examples',
  formula: 'mean over i = 1..T of right answers over test examples of tasks 1..i, after task i',
  source: 'Rebuffi et al., iCaRL, CVPR 2017, where all tasks have test sets of one size',
  usedBy: 'Continuum: average incremental accuracy; i-Blurry: A_auc, at more stages',
  cells: seenTasks,
  compute: (matrix) => mean(integers(1, matrix.tasks).map((after) => microAccuracy(matrix, after))),
};

/** As PyCIL prints it: every stage is rounded before the mean is taken. */
export const averageIncrementalRoundedAccuracy: Metric = {
  ...shared,
  id: 'accuracy/average-incremental-rounded@1',
  title: 'average incremental accuracy of rounded stages',
  reads: 'the lower triangle with the diagonal, with the numbers of test examples',
  formula: 'the mean of accuracy/average-incremental-micro, each stage rounded to 0.01% first',
  source: 'PyCIL, `trainer.py` and `utils/toolkit.py`',
  usedBy: 'PyCIL, PILOT: "Average Accuracy"',
  cells: seenTasks,
  compute: (matrix) =>
    mean(integers(1, matrix.tasks).map((after) => Math.round(microAccuracy(matrix, after) * 1e4) / 1e4)),
};

/** Early tasks weigh more: they stand in more rows. */
export const lowerTriangleAccuracy: Metric = {
  ...shared,
  id: 'accuracy/lower-triangle@1',
  title: 'mean of the lower triangle',
  reads: 'the lower triangle with the diagonal',
  formula: 'mean over all i >= j of R[i][j]',
  source: 'Díaz-Rodríguez et al., Don\'t forget, there is more than forgetting, 2018, "A"',
  usedBy: 'Continuum: accuracy_A',
  cells: seenTasks,
  compute: (matrix) =>
    mean([...seenTasks(matrix.tasks)].map(({ after, task }) => matrix.accuracy(after, task))),
};

/** Tasks to come count as well: what a model could do before, and what is left of it. */
export const wholeMatrixAccuracy: Metric = {
  ...shared,
  id: 'accuracy/whole-matrix@1',
  title: 'mean of the whole matrix',
  reads: 'all rows after training, tasks to come included',
  formula: 'mean over i = 1..T and j = 1..T of R[i][j]',
  source: 'Zheng et al., Preventing Zero-Shot Transfer Degradation (ZSCL), ICCV 2023, "Avg."',
  usedBy: 'ZSCL (MTIL): Avg.; RAIL (X-TAIL): Average',
  cells: everyStage,
  compute: (matrix) =>
    mean([...everyStage(matrix.tasks)].map(({ after, task }) => matrix.accuracy(after, task))),
};

/** Area under the curve of the mean accuracy over seen tasks, by the trapezoidal rule. */
export const areaUnderCurve: Metric = {
  ...shared,
  id: 'accuracy/area-under-curve@1',
  title: 'area under the accuracy curve',
  leastTasks: 2,
  reads: 'the lower triangle with the diagonal',
  formula: 'with a_i the mean over j = 1..i of R[i][j]: sum over i = 2..T of (a_(i-1) + a_i) / 2, over T - 1',
  source: 'the trapezoidal rule on the curve of Rebuffi et al., CVPR 2017',
  note: 'Stages are ends of tasks. i-Blurry measures every few hundred examples, so its A_auc is another number.',
  cells: seenTasks,
  compute: (matrix) =>
    mean(
      integers(2, matrix.tasks).map(
        (after) => (seenAccuracy(matrix, after - 1) + seenAccuracy(matrix, after)) / 2,
      ),
    ),
};

/** The task that is worst off at the end. */
export const worstTaskAccuracy: Metric = {
  ...shared,
  id: 'accuracy/worst-task@1',
  title: 'accuracy on the worst task',
  reads: 'the last row',
  formula: 'min over j = 1..T of R[T][j]',
  source: 'no single one',
  cells: lastRow,
  compute: (matrix) =>
    Math.min(...integers(1, matrix.tasks).map((task) => matrix.accuracy(matrix.tasks, task))),
};

/** The lowest that each task fell to after it was trained. */
export const minimumAccuracy: Metric = {
  ...shared,
  id: 'accuracy/minimum@1',
  title: 'mean lowest accuracy',
  leastTasks: 2,
  reads: 'the lower triangle without the diagonal',
  formula: 'mean over j = 1..T-1 of min over i = j+1..T of R[i][j]',
  source: 'De Lange et al., Continual evaluation for lifelong learning, ICLR 2023, "min-ACC"',
  note: 'The paper measures after every update; ends of tasks alone miss the dips between them, so this is an upper bound.',
  cells: belowDiagonal,
  compute: (matrix) => mean(lowestOfPast(matrix)),
};

/** A lower bound of what a user of the model met, from the new task and the worst of the old ones. */
export const worstCaseAccuracy: Metric = {
  ...shared,
  id: 'accuracy/worst-case@1',
  title: 'worst-case accuracy',
  leastTasks: 2,
  reads: 'the lower triangle without the diagonal, and R[T][T]',
  formula: 'R[T][T] / T + (1 - 1/T) · accuracy/minimum',
  source: 'De Lange et al., Continual evaluation for lifelong learning, ICLR 2023, "WC-ACC"',
  note: 'As for accuracy/minimum, an upper bound of what evaluation after every update would give.',
  cells: function* (tasks) {
    yield* belowDiagonal(tasks);
    yield { after: tasks, task: tasks };
  },
  compute: (matrix) => {
    const { tasks } = matrix;
    return matrix.accuracy(tasks, tasks) / tasks + (1 - 1 / tasks) * mean(lowestOfPast(matrix));
  },
};

function* belowDiagonal(tasks: number) {
  for (const cell of seenTasks(tasks)) if (cell.task < cell.after) yield cell;
}

/** What is left of the past at the end. */
export const pastTasksAccuracy: Metric = {
  ...shared,
  id: 'stability/past-tasks@1',
  title: 'stability',
  leastTasks: 2,
  reads: 'the last row without the last task',
  formula: 'mean over j = 1..T-1 of R[T][j]',
  source: 'no single one; a common reading of "stability"',
  cells: (tasks) => [...lastRow(tasks)].slice(0, -1),
  compute: (matrix) => mean(integers(1, matrix.tasks - 1).map((task) => matrix.accuracy(matrix.tasks, task))),
};

/** How well tasks after the first are still learned. */
export const newTasksAccuracy: Metric = {
  ...shared,
  id: 'plasticity/new-tasks@1',
  title: 'plasticity',
  leastTasks: 2,
  reads: 'the diagonal without the first task',
  formula: 'mean over j = 2..T of R[j][j]',
  source: 'no single one; a common reading of "plasticity", accuracy/learning without the first task',
  cells: (tasks) => integers(2, tasks).map((task) => ({ after: task, task })),
  compute: (matrix) => mean(integers(2, matrix.tasks).map((task) => matrix.accuracy(task, task))),
};

const fewShotSource =
  'Tao et al., Few-Shot Class-Incremental Learning, CVPR 2020, and Peng et al. (ALICE), ECCV 2022';

/** The first task of a few-shot stream has plenty of data; what is left of it at the end. */
export const fewShotBase: Metric = {
  ...shared,
  id: 'few-shot/base@1',
  title: 'base accuracy',
  leastTasks: 2,
  reads: 'the last row, first task',
  formula: 'R[T][1]',
  source: fewShotSource,
  cells: (tasks) => [{ after: tasks, task: 1 }],
  compute: (matrix) => matrix.accuracy(matrix.tasks, 1),
};

/** The tasks of few examples, at the end. */
export const fewShotNovel: Metric = {
  ...shared,
  id: 'few-shot/novel@1',
  title: 'novel accuracy',
  leastTasks: 2,
  reads: 'the last row without the first task',
  formula: 'mean over j = 2..T of R[T][j]',
  source: fewShotSource,
  cells: (tasks) => [...lastRow(tasks)].slice(1),
  compute: novelAccuracy,
};

/** High only if base and novel classes are both known: the mean of all classes hides novel ones behind a large base. */
export const fewShotHarmonic: Metric = {
  ...shared,
  id: 'few-shot/harmonic@1',
  title: 'harmonic mean of base and novel accuracy',
  leastTasks: 2,
  reads: 'the last row',
  formula: '2 b n / (b + n) with b = few-shot/base and n = few-shot/novel; 0 where both are 0',
  source: fewShotSource,
  cells: lastRow,
  compute: (matrix) => {
    const [base, novel] = [matrix.accuracy(matrix.tasks, 1), novelAccuracy(matrix)];
    return base + novel === 0 ? 0 : (2 * base * novel) / (base + novel);
  },
};

function novelAccuracy(matrix: AccuracyMatrix): number {
  return mean(integers(2, matrix.tasks).map((task) => matrix.accuracy(matrix.tasks, task)));
}
