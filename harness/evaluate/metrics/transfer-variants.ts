import type { AccuracyMatrix } from '../accuracy-matrix.ts';
import { mean } from '../statistics.ts';
import { diagonal, futureTasks, integers, seenTasks, straightBefore } from './cell-sets.ts';
import type { Metric } from './metric.ts';

const shared = { direction: 'higher', unit: 'fraction', leastTasks: 2 } as const;

const diazRodriguez = "Díaz-Rodríguez et al., Don't forget, there is more than forgetting, 2018";

function changeSinceLearned(matrix: AccuracyMatrix): number {
  const changes = [...seenTasks(matrix.tasks)]
    .filter(({ after, task }) => after > task)
    .map(({ after, task }) => matrix.accuracy(after, task) - matrix.accuracy(task, task));
  return mean(changes);
}

/** Every stage after learning counts, not the end alone. */
export const allStagesBackwardTransfer: Metric = {
  ...shared,
  id: 'bwt/all-stages@1',
  title: 'backward transfer over all stages',
  range: [-1, 1],
  reads: 'the lower triangle with the diagonal',
  formula: 'mean over all i > j of R[i][j] - R[j][j]',
  source: `${diazRodriguez}, "BWT"`,
  usedBy: 'Continuum: backward_transfer, although its text names GEM',
  cells: seenTasks,
  compute: changeSinceLearned,
};

/** Improvement alone; loss reads as 0. */
export const clippedBackwardTransfer: Metric = {
  ...shared,
  id: 'bwt/clipped@1',
  title: 'positive backward transfer',
  range: [0, 1],
  reads: 'the lower triangle with the diagonal',
  formula: 'max(0, bwt/all-stages)',
  source: `${diazRodriguez}, "BWT+"`,
  usedBy: 'RaptorMai/online-continual-learning: BWT+, clipped in each run',
  note: 'Clip each run, then take the mean over seeds, as here; the other order gives another number.',
  cells: seenTasks,
  compute: (matrix) => Math.max(0, changeSinceLearned(matrix)),
};

/** GEM's sum, divided by the number of all tasks. */
export const overAllTasksBackwardTransfer: Metric = {
  ...shared,
  id: 'bwt/over-all-tasks@1',
  title: 'backward transfer, divided by T',
  range: [-1, 1],
  reads: 'the last row and the diagonal, without the last task',
  formula: 'sum over j = 1..T-1 of R[T][j] - R[j][j], over T',
  source: 'SAPT, `score.py`; Wang et al., TRACE, 2023, "BWT"',
  usedBy: 'SAPT: BWT; TRACE: BWT',
  note: 'bwt/gem times (T - 1) / T.',
  cells: (tasks) =>
    integers(1, tasks - 1).flatMap((task) => [
      { after: task, task },
      { after: tasks, task },
    ]),
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks).map((task) =>
        task === matrix.tasks ? 0 : matrix.accuracy(matrix.tasks, task) - matrix.accuracy(task, task),
      ),
    ),
};

/** What a model can do of a task straight before it is trained, without taking off what it could do untrained. */
export const noBaselineForwardTransfer: Metric = {
  ...shared,
  id: 'fwt/no-baseline@1',
  title: 'forward transfer without baseline',
  range: [0, 1],
  reads: 'the first diagonal above the main one',
  formula: 'mean over j = 2..T of R[j-1][j]',
  source: 'Continuum, `metrics/metrics.py`',
  usedBy: 'Continuum: forward_transfer',
  cells: straightBefore,
  compute: (matrix) => mean(integers(2, matrix.tasks).map((task) => matrix.accuracy(task - 1, task))),
};

/** Accuracy on all tasks to come, at all stages. */
export const upperTriangleForwardTransfer: Metric = {
  ...shared,
  id: 'fwt/upper-triangle@1',
  title: 'forward transfer over the upper triangle',
  range: [0, 1],
  reads: 'the upper triangle without the diagonal',
  formula: 'mean over all i < j of R[i][j], i from 1',
  source: `${diazRodriguez}, "FWT"`,
  usedBy: 'RaptorMai/online-continual-learning: FWT',
  cells: futureTasks,
  compute: (matrix) =>
    mean([...futureTasks(matrix.tasks)].map(({ after, task }) => matrix.accuracy(after, task))),
};

/** The score of SAPT's separately trained models on its own stream. */
const saptBaseline = 0.5094;

/** A constant of one benchmark stands for all of its models trained on one task each. */
export const saptForwardTransfer: Metric = {
  ...shared,
  id: 'fwt/sapt@1',
  title: 'forward transfer as SAPT computes it',
  range: [-saptBaseline, 1 - saptBaseline],
  reads: 'the diagonal',
  formula: 'mean over j = 1..T of R[j][j], minus 0.5094',
  source: 'SAPT, `score.py`',
  usedBy: 'SAPT: FWT, in percent',
  note: 'The constant belongs to one stream of SAPT; on any other stream the number means nothing.',
  cells: diagonal,
  compute: (matrix) =>
    mean(integers(1, matrix.tasks).map((task) => matrix.accuracy(task, task))) - saptBaseline,
};

/** How far each task stays below a reference that has all data so far: the inability to learn. */
export const intransigence: Metric = {
  id: 'intransigence/chaudhry@1',
  title: 'intransigence',
  range: [-1, 1],
  direction: 'lower',
  unit: 'fraction',
  leastTasks: 1,
  reads: 'the diagonal; the diagonal of a joint run',
  formula: 'mean over j = 1..T of joint[j][j] - R[j][j]',
  source: 'Chaudhry et al., Riemannian Walk for Incremental Learning, ECCV 2018, I_k, as the mean over k',
  usedBy: 'CLArena: FWT is minus this over j = 2..T alone, against a run that trains each task by itself',
  note: 'The reference trains on the data of all tasks so far, at every stage.',
  cells: diagonal,
  referenceCells: diagonal,
  compute: (matrix, reference) =>
    mean(
      integers(1, matrix.tasks).map((task) => reference.accuracy(task, task) - matrix.accuracy(task, task)),
    ),
};

/** Accuracy on each task before it was trained: each task weighs the same. */
export const mtilTransfer: Metric = {
  ...shared,
  id: 'transfer/mtil@1',
  title: 'transfer by tasks',
  range: [0, 1],
  reads: 'the upper triangle without the diagonal',
  formula: 'mean over j = 2..T of the mean over i = 1..j-1 of R[i][j]',
  source: 'Zheng et al., Preventing Zero-Shot Transfer Degradation (ZSCL), ICCV 2023, "Transfer"',
  usedBy: 'ZSCL (MTIL): Transfer',
  note: 'In MTIL the test domain is known, in X-TAIL it is not; the word is the same.',
  cells: futureTasks,
  compute: (matrix) => mean(integers(2, matrix.tasks).map((task) => mean(beforeTraining(matrix, task)))),
};

/** As the code of X-TAIL computes it: cells that are exactly 0 are left out. */
export const xTailTransfer: Metric = {
  ...shared,
  id: 'transfer/x-tail@1',
  title: 'transfer by tasks, zeros left out',
  range: [0, 1],
  reads: 'the upper triangle without the diagonal',
  formula: 'transfer/mtil without cells that are 0, and without tasks that have no other',
  source: 'Xu et al., Advancing Cross-domain Discriminability (RAIL), NeurIPS 2024; `primal_RAIL.py`',
  usedBy: 'RAIL (X-TAIL): Transfer',
  note: 'A model that truly scores 0 on a task to come looks better for it.',
  cells: futureTasks,
  compute: (matrix) => {
    const tasks = integers(2, matrix.tasks)
      .map((task) => beforeTraining(matrix, task).filter((accuracy) => accuracy !== 0))
      .filter((accuracies) => accuracies.length > 0);
    return tasks.length === 0 ? Number.NaN : mean(tasks.map((accuracies) => mean(accuracies)));
  },
};

/** Each stage weighs the same, so late tasks weigh more than in {@link mtilTransfer}. */
export const stagesTransfer: Metric = {
  ...shared,
  id: 'transfer/stages@1',
  title: 'transfer by stages',
  range: [0, 1],
  reads: 'the upper triangle without the diagonal',
  formula: 'mean over i = 1..T-1 of the mean over j = i+1..T of R[i][j]',
  source: 'Mammoth, `utils/training.py`',
  usedBy: 'Mammoth with --eval_future: Transfer',
  cells: futureTasks,
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks - 1).map((after) =>
        mean(integers(after + 1, matrix.tasks).map((task) => matrix.accuracy(after, task))),
      ),
    ),
};

function beforeTraining(matrix: AccuracyMatrix, task: number): number[] {
  return integers(1, task - 1).map((after) => matrix.accuracy(after, task));
}
