import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccuracyCell, AccuracyMatrix } from '../../harness/evaluate/accuracy-matrix.ts';
import { computeMetrics, evaluateMetric, findMetric, metrics } from '../../harness/evaluate/metrics/index.ts';
import { goldenCells } from './golden.ts';

function metricValue(id: string, matrix: AccuracyMatrix): number {
  const result = evaluateMetric(findMetric(id), matrix);
  if (result.kind !== 'value') throw new Error(JSON.stringify(result));
  return result.value;
}

describe('on the golden matrix', () => {
  it.each([
    ['accuracy/final@1', 0.75],
    ['accuracy/average-incremental@1', 0.802083],
    ['forgetting/chaudhry@1', 0.183333],
    ['bwt/gem@1', -0.166667],
    ['fwt/gem@1', 0.15],
    ['accuracy/learning@1', (0.9 + 0.85 + 0.8 + 0.95) / 4],
  ])('%s is %f', (id, expected) => {
    expect(Math.abs(metricValue(id, new AccuracyMatrix(goldenCells)) - expected)).toBeLessThan(5e-7);
  });
});

const matrices = fc.integer({ min: 2, max: 7 }).chain((tasks) =>
  fc
    .array(
      fc.record({
        total: fc.integer({ min: 1, max: 50 }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      {
        minLength: (tasks + 1) * tasks,
        maxLength: (tasks + 1) * tasks,
      },
    )
    .map((entries) =>
      entries.map(
        ({ total, share }, index): AccuracyCell => ({
          after: Math.floor(index / tasks),
          task: (index % tasks) + 1,
          correct: Math.round(share * total),
          total,
        }),
      ),
    ),
);

describe('on any matrix', () => {
  it('every metric stays inside its range', () => {
    fc.assert(
      fc.property(matrices, (cells) => {
        const matrix = new AccuracyMatrix(cells);
        for (const metric of metrics) {
          const value = metricValue(metric.id, matrix);
          expect(value).toBeGreaterThanOrEqual(metric.range[0]);
          expect(value).toBeLessThanOrEqual(metric.range[1]);
        }
      }),
    );
  });

  it('backward transfer is final accuracy minus learning accuracy, up to the last task', () => {
    fc.assert(
      fc.property(matrices, (cells) => {
        const matrix = new AccuracyMatrix(cells);
        const difference =
          metricValue('accuracy/final@1', matrix) - metricValue('accuracy/learning@1', matrix);
        expect(metricValue('bwt/gem@1', matrix)).toBeCloseTo(
          (difference * matrix.tasks) / (matrix.tasks - 1),
          12,
        );
      }),
    );
  });

  it('forgetting is at least minus backward transfer, and the same for two tasks', () => {
    fc.assert(
      fc.property(matrices, (cells) => {
        const matrix = new AccuracyMatrix(cells);
        const forgetting = metricValue('forgetting/chaudhry@1', matrix);
        const backward = metricValue('bwt/gem@1', matrix);
        expect(forgetting).toBeGreaterThanOrEqual(-backward - 1e-12);
        if (matrix.tasks === 2) expect(forgetting).toBeCloseTo(-backward, 12);
      }),
    );
  });

  it('neither the order of the cells nor the size of the test sets matters to a macro mean', () => {
    fc.assert(
      fc.property(matrices, (cells) => {
        const matrix = new AccuracyMatrix(cells);
        const other = new AccuracyMatrix(
          cells.toReversed().map((cell) => ({ ...cell, correct: cell.correct * 3, total: cell.total * 3 })),
        );
        for (const metric of metrics)
          expect(metricValue(metric.id, other)).toBeCloseTo(metricValue(metric.id, matrix), 12);
      }),
    );
  });

  it('a metric reads the cells that it declares and no others', () => {
    fc.assert(
      fc.property(matrices, fc.nat(), (cells, pick) => {
        const removed = cells[pick % cells.length];
        const whole = new AccuracyMatrix(cells);
        const holed = new AccuracyMatrix(
          cells.filter((cell) => cell !== removed),
          whole.tasks,
        );
        for (const metric of metrics) {
          const reads = [...metric.cells(whole.tasks)].some(
            (cell) => cell.after === removed?.after && cell.task === removed.task,
          );
          const result = evaluateMetric(metric, holed);
          expect(result.kind).toBe(reads ? 'missing' : 'value');
          if (result.kind === 'value') expect(result.value).toBe(metricValue(metric.id, whole));
        }
      }),
    );
  });
});

describe('what cannot be computed', () => {
  it('names the missing cells', () => {
    const cells = goldenCells.filter(({ after, task }) => !(after === 3 && task === 2));
    const results = computeMetrics(new AccuracyMatrix(cells));
    expect(results.get('accuracy/average-incremental@1')).toEqual({
      kind: 'missing',
      cells: [{ after: 3, task: 2 }],
    });
    expect(results.get('accuracy/final@1')?.kind).toBe('value');
  });

  it('is not mistaken for a shorter stream when the number of tasks is given', () => {
    const matrix = new AccuracyMatrix(
      goldenCells.filter(({ after }) => after < 4),
      4,
    );
    expect(evaluateMetric(findMetric('accuracy/final'), matrix).kind).toBe('missing');
  });

  it('gives a reason, not NaN, for one task', () => {
    const results = computeMetrics(new AccuracyMatrix([{ after: 1, task: 1, correct: 3, total: 4 }]));
    expect(results.get('accuracy/final@1')).toEqual({ kind: 'value', value: 0.75 });
    for (const id of ['forgetting/chaudhry@1', 'bwt/gem@1', 'fwt/gem@1']) {
      expect(results.get(id)).toMatchObject({
        kind: 'undefined',
        reason: expect.stringContaining('at least 2'),
      });
    }
  });

  it('gives no value for an empty matrix', () => {
    for (const result of computeMetrics(new AccuracyMatrix([])).values())
      expect(result.kind).toBe('undefined');
  });
});

describe('the registry', () => {
  it('has unique ids of the form family/definition@version', () => {
    const ids = metrics.map((metric) => metric.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z-]+\/[a-z-]+@\d+$/);
  });

  it('suggests the nearest id', () => {
    expect(() => findMetric('forgeting/chaudry')).toThrow('Did you mean "forgetting/chaudhry@1"?');
  });
});
