import { describe, expect, it } from 'vitest';
import { AccuracyMatrix } from '../../../harness/evaluate/accuracy-matrix.ts';
import { evaluateMetric, findMetric } from '../../../harness/evaluate/metrics/index.ts';
import {
  accuracyOverTasks,
  forgettingByTask,
  meanMatrix,
  pointOf,
  thinned,
} from '../../../harness/report/figures/series.ts';

/** Rows after 1, 2 and 3 tasks, in percent. */
function matrixOf(rows: readonly (readonly number[])[]): AccuracyMatrix {
  return new AccuracyMatrix(
    rows.flatMap((row, stage) =>
      row.map((correct, index) => ({ after: stage + 1, task: index + 1, correct, total: 100 })),
    ),
    rows.length,
  );
}

const first = matrixOf([
  [90, 0, 0],
  [95, 80, 0],
  [60, 85, 70],
]);
const second = matrixOf([
  [80, 0, 0],
  [70, 90, 0],
  [50, 60, 90],
]);
const third = matrixOf([
  [85, 0, 0],
  [85, 85, 0],
  [85, 85, 85],
]);

describe('points', () => {
  it('accuracy over tasks is the mean over the tasks so far', () => {
    const means = accuracyOverTasks([first]).map(({ mean }) => mean);
    expect(means[0]).toBeCloseTo(0.9, 12);
    expect(means[1]).toBeCloseTo(0.875, 12);
    expect(means[2]).toBeCloseTo((0.6 + 0.85 + 0.7) / 3, 12);
  });

  it('forgetting of a task is its best accuracy before the end less that at the end; negative where the end is best', () => {
    const [one, two, ...more] = forgettingByTask([first]);
    expect(more).toEqual([]);
    expect(one).toMatchObject({ x: 1, halfWidth: null });
    expect(one?.mean).toBeCloseTo(0.35, 12);
    expect(two?.mean).toBeCloseTo(-0.05, 12);
  });

  it('the mean of forgetting by task is forgetting/chaudhry@1', () => {
    for (const matrix of [first, second, third]) {
      const points = forgettingByTask([matrix]);
      const mean = points.reduce((sum, point) => sum + point.mean, 0) / points.length;
      const metric = evaluateMetric(findMetric('forgetting/chaudhry@1'), matrix);
      expect(metric.kind === 'value' && metric.value).toBeCloseTo(mean, 12);
    }
  });

  it('bands are 95% t intervals: 4.303 standard errors for three seeds, none for two', () => {
    // 0.90, 0.80 and 0.85 have the deviation 0.05.
    const [start] = accuracyOverTasks([first, second, third]);
    expect(start?.mean).toBeCloseTo(0.85, 12);
    expect(start?.halfWidth).toBeCloseTo((4.302653 * 0.05) / Math.sqrt(3), 6);
    expect(accuracyOverTasks([first, second])[0]?.halfWidth).toBeNull();
    expect(pointOf(7, [0.5])).toEqual({ x: 7, mean: 0.5, halfWidth: null });
  });

  it('has no point where one run lacks a cell', () => {
    const partial = new AccuracyMatrix([{ after: 1, task: 1, correct: 9, total: 10 }], 3);
    expect(accuracyOverTasks([first, partial]).map(({ x }) => x)).toEqual([1]);
    expect(forgettingByTask([first, partial])).toEqual([]);
    expect(meanMatrix([first, partial], [1, 2], [1])).toEqual([{ after: 1, task: 1, accuracy: 0.9 }]);
  });
});

it('thins to recorded values with both ends', () => {
  const items = Array.from({ length: 1001 }, (_, index) => index);
  expect(thinned(items, 5)).toEqual([0, 250, 500, 750, 1000]);
  expect(thinned([1, 2], 5)).toEqual([1, 2]);
});
