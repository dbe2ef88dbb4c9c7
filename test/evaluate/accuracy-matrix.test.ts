import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { formatAccuracyCsv, parseAccuracyCsv } from '../../harness/evaluate/accuracy-csv.ts';
import {
  AccuracyMatrix,
  MissingCellError,
  UnknownCountsError,
} from '../../harness/evaluate/accuracy-matrix.ts';
import { evaluateMetric } from '../../harness/evaluate/metrics/index.ts';
import type { Metric } from '../../harness/evaluate/metrics/metric.ts';
import { goldenCells } from './golden.ts';

const header = 'after,task,correct,total\n';

describe('AccuracyMatrix', () => {
  it('gives the accuracy of a cell and names one that is missing', () => {
    const matrix = new AccuracyMatrix([{ after: 1, task: 2, correct: 1, total: 4 }]);
    expect(matrix.tasks).toBe(2);
    expect(matrix.accuracy(1, 2)).toBe(0.25);
    expect(matrix.has(2, 1)).toBe(false);
    expect(() => matrix.accuracy(2, 1)).toThrow(MissingCellError);
    expect(() => matrix.accuracy(2, 1)).toThrow('the cell (after 2, task 1)');
  });

  it.each([
    [{ after: 1, task: 1, correct: 5, total: 4 }],
    [{ after: 1, task: 1, correct: 0, total: 0 }],
    [{ after: 1, task: 0, correct: 0, total: 1 }],
    [{ after: 1e9, task: 1, correct: 0, total: 1 }],
    [{ after: 1, task: 1, correct: Number.NaN, total: 1 }],
  ])('refuses %o', (cell) => {
    expect(() => new AccuracyMatrix([cell])).toThrow(UserError);
  });

  it('refuses two values for a cell, and a task beyond the stream', () => {
    const cell = { after: 1, task: 1, correct: 1, total: 2 };
    expect(() => new AccuracyMatrix([cell, cell])).toThrow('two cells (after 1, task 1)');
    expect(() => new AccuracyMatrix([{ ...cell, task: 3 }], 2)).toThrow('mentions task 3');
  });
});

describe('accuracies reported without counts', () => {
  const reported = [
    { after: 1, task: 1, accuracy: 0.1 + 0.2 },
    { after: 1, task: 2, accuracy: 1e-7 },
    { after: 2, task: 2, accuracy: 1 },
  ];

  it('are given as they are; their counts are not invented', () => {
    const matrix = new AccuracyMatrix(reported);
    expect(matrix.accuracy(1, 1)).toBe(0.1 + 0.2);
    expect(() => matrix.cell(1, 1)).toThrow(UnknownCountsError);
    expect(() => matrix.cell(2, 1)).toThrow(MissingCellError);
  });

  it('come back exactly from CSV', () => {
    const text = formatAccuracyCsv(reported);
    expect(text.startsWith('after,task,accuracy\n1,1,0.30000000000000004\n')).toBe(true);
    expect(parseAccuracyCsv(text, 'a.csv')).toEqual(reported);
  });

  it('never share a matrix with counts', () => {
    expect(() => formatAccuracyCsv([...goldenCells, ...reported])).toThrow('in all of its cells or in none');
  });

  it('make a metric that needs counts undefined, with the reason', () => {
    const micro = {
      id: 'micro@1',
      leastTasks: 1,
      cells: () => [],
      compute: (matrix: AccuracyMatrix) => matrix.cell(1, 1).total,
    } as unknown as Metric;
    expect(evaluateMetric(micro, new AccuracyMatrix(reported))).toMatchObject({
      kind: 'undefined',
      reason: expect.stringContaining('reported without counts'),
    });
  });

  it.each([
    ['1,1,1.5\n', 'accuracy is 1.5, but must lie between 0 and 1'],
    ['1,1,-0.5\n', 'accuracy is "-0.5"'],
    ['1,1,NaN\n', 'accuracy is "NaN"'],
    ['1,1,1e999\n', 'accuracy is Infinity'],
  ])('are refused where impossible: %j', (line, message) => {
    expect(() => parseAccuracyCsv(`after,task,accuracy\n${line}`, 'a.csv')).toThrow(message);
  });
});

describe('CSV', () => {
  it('comes back as it was written', () => {
    expect(parseAccuracyCsv(formatAccuracyCsv(goldenCells), 'a.csv')).toEqual(goldenCells);
  });

  it('reads columns in any order, passes over further ones, and takes a byte order mark and CRLF', () => {
    const text = '\ufefftask,after,note,total,correct\r\n2,1,"a, b",10,7\r\n';
    expect(parseAccuracyCsv(text, 'a.csv')).toEqual([{ after: 1, task: 2, correct: 7, total: 10 }]);
  });

  it.each([
    ['after,task,correct\n1,1,1\n', 'no column "total"'],
    [`${header}1,1,2.5,4\n`, 'a.csv, line 2: correct is "2.5"'],
    [`${header}1,1,1,4\n1,2,-1,4\n`, 'a.csv, line 3: correct is "-1"'],
    [`${header}1,1,5,4\n`, 'line 2: correct is 5, which is more than total, 4'],
    [`${header}1,1,1,4\n1,1,2,4\n`, 'line 3: the cell (after 1, task 1) stands already in line 2'],
    [`${header}1,1,1\n`, 'line 2'],
    [`${header}1,1,,4\n`, 'correct is ""'],
    [`${header}1,0,1,4\n`, 'task is 0'],
    [`${header}1,99999999,1,4\n`, 'at most 2000 tasks'],
    [`${header}1,1,0,0\n`, 'total is 0'],
    [`${header}1,"1,1,4\n`, 'not a CSV file'],
    ['', 'is empty'],
    ['after,after,task,correct,total\n1,1,1,1,1\n', '"after" twice'],
  ])('refuses %j', (text, message) => {
    expect(() => parseAccuracyCsv(text, 'a.csv')).toThrow(UserError);
    expect(() => parseAccuracyCsv(text, 'a.csv')).toThrow(message);
  });

  it('answers any text with cells or with an error for people', () => {
    const line = fc.stringMatching(/^[0-9,."\- ]{0,12}$/);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(line).map((lines) => header + lines.join('\n')),
        ),
        (text) => {
          try {
            new AccuracyMatrix(parseAccuracyCsv(text, 'a.csv'));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
