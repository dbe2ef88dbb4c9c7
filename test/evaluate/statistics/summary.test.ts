import { describe, expect, it } from 'vitest';
import { studentQuantile, summarise } from '../../../harness/evaluate/statistics.ts';

describe('studentQuantile', () => {
  it.each([
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [9, 2.262],
    [29, 2.045],
    [120, 1.98],
  ])('with %i degrees of freedom is %f, as the printed tables say', (degrees, expected) => {
    expect(studentQuantile(0.95, degrees)).toBeCloseTo(expected, 3);
  });
});

describe('summarise', () => {
  // Student's own example (Biometrika 6, 1908; Cushny and Peebles' extra hours of sleep, second drug minus first), for
  // which R's t.test(extra ~ group, data = sleep, paired = TRUE) prints mean 1.58, t = 4.0621 and [0.7001142, 2.4598858].
  it("gives the interval of Student's sleep data", () => {
    const { mean, deviation, interval } = summarise([1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4]);
    expect(mean).toBeCloseTo(1.58, 12);
    expect(mean / ((deviation ?? 0) / Math.sqrt(10))).toBeCloseTo(4.0621, 4);
    if (interval.kind !== 'interval') throw new Error('an interval was expected');
    expect(mean - interval.halfWidth).toBeCloseTo(0.7001142, 7);
    expect(mean + interval.halfWidth).toBeCloseTo(2.4598858, 7);
  });

  it('has no interval for fewer than three values, and says why', () => {
    expect(summarise([1, 3])).toMatchObject({
      mean: 2,
      interval: { kind: 'none', reason: expect.stringContaining('2 values') },
    });
    expect(summarise([1])).toMatchObject({
      deviation: null,
      interval: { kind: 'none', reason: expect.stringContaining('one value') },
    });
  });

  it('has an interval of zero width for equal values', () => {
    expect(summarise([0.5, 0.5, 0.5]).interval).toMatchObject({ halfWidth: 0 });
  });
});
