import type { AccuracyCell } from '../../harness/evaluate/accuracy-matrix.ts';

const accuracies = [
  [0.1, 0.1, 0.1, 0.1],
  [0.9, 0.2, 0.82, 0.15],
  [0.7, 0.85, 0.25, 0.1],
  [0.95, 0.6, 0.8, 0.3],
  [0.6, 0.9, 0.55, 0.95],
];
const totals = [100, 300, 100, 100];

/** Four tasks with a row before training; the expected values come from running the field's own tools on this matrix. */
export const goldenCells: AccuracyCell[] = accuracies.flatMap((row, after) =>
  row.map((accuracy, index) => {
    const total = totals[index] ?? 0;
    return { after, task: index + 1, correct: Math.round(accuracy * total), total };
  }),
);
