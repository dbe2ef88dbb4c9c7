import type { CellAddress } from '../accuracy-matrix.ts';
import { mean } from '../statistics.ts';
import { integers } from './cell-sets.ts';
import type { Metric } from './metric.ts';

const source = 'Lopez-Paz and Ranzato, Gradient Episodic Memory for Continual Learning, NeurIPS 2017';

function* backwardCells(tasks: number): Generator<CellAddress> {
  for (let task = 1; task < tasks; task++) yield { after: tasks, task };
  for (let task = 1; task < tasks; task++) yield { after: task, task };
}

function* forwardCells(tasks: number): Generator<CellAddress> {
  for (let task = 2; task <= tasks; task++) yield { after: task - 1, task };
  for (let task = 2; task <= tasks; task++) yield { after: 0, task };
}

/** What training later tasks did to earlier ones: the end against straight after learning. */
export const gemBackwardTransfer: Metric = {
  id: 'bwt/gem@1',
  title: 'backward transfer',
  range: [-1, 1],
  direction: 'higher',
  unit: 'fraction',
  leastTasks: 2,
  reads: 'the last row and the diagonal, without the last task',
  formula: 'mean over j = 1..T-1 of R[T][j] - R[j][j]',
  source: `${source}, "BWT"`,
  usedBy: 'Mammoth, Renate, CLArena, Avalanche: BWT',
  cells: backwardCells,
  compute: (matrix) =>
    mean(
      integers(1, matrix.tasks - 1).map(
        (task) => matrix.accuracy(matrix.tasks, task) - matrix.accuracy(task, task),
      ),
    ),
};

/** What earlier tasks did for a task before it was trained, against the untrained model. */
export const gemForwardTransfer: Metric = {
  id: 'fwt/gem@1',
  title: 'forward transfer',
  range: [-1, 1],
  direction: 'higher',
  unit: 'fraction',
  leastTasks: 2,
  reads: 'the first diagonal above the main one, and row 0 (before any training), without the first task',
  formula: 'mean over j = 2..T of R[j-1][j] - R[0][j]',
  source: `${source}, "FWT"`,
  usedBy: 'Avalanche, Renate: FWT',
  cells: forwardCells,
  compute: (matrix) =>
    mean(integers(2, matrix.tasks).map((task) => matrix.accuracy(task - 1, task) - matrix.accuracy(0, task))),
};
