import { describe, expect, it } from 'vitest';
import { comparePaired } from '../../../harness/evaluate/statistics.ts';
import { sleepDifferences } from './sleep.ts';

describe('comparePaired', () => {
  // R: t.test(Pair(extra[group == 2], extra[group == 1]) ~ 1, data = sleep) prints t = 4.0621, df = 9, p-value = 0.002833.
  it("gives what R prints for Student's sleep data", () => {
    const result = comparePaired(sleepDifferences);
    if (result.kind !== 'compared') throw new Error(result.reason);
    expect(result.t.statistic).toBeCloseTo(4.0621, 4);
    expect(result.t.degreesOfFreedom).toBe(9);
    expect(result.t.p).toBeCloseTo(0.002833, 6);
    expect(result.summary.interval).toMatchObject({ halfWidth: expect.closeTo(0.8798859, 6) });
  });

  // d_z = t/√n = 4.0621/√10, and Hedges's exact factor for 9 degrees of freedom is 0.9139 (approximately 1 − 3/35).
  it('has the effect size of the same data', () => {
    const result = comparePaired(sleepDifferences);
    if (result.kind !== 'compared' || result.effect.kind !== 'effect') throw new Error('no effect');
    expect(result.effect.dz).toBeCloseTo(1.28456, 4);
    expect(result.effect.hedges / result.effect.dz).toBeCloseTo(0.9139, 3);
  });

  // Γ(1)/Γ(½) = 1/√π and Γ(2)/(√2 Γ(3/2)) = √(2/π): values of Hedges's table for 2 and 4 degrees of freedom.
  it.each([
    [[1, 2, 3], 1 / Math.sqrt(Math.PI)],
    [[1, 2, 3, 4, 5], Math.sqrt(2 / Math.PI)],
  ])('corrects the bias of %j by the exact factor', (differences, factor) => {
    const result = comparePaired(differences);
    if (result.kind !== 'compared' || result.effect.kind !== 'effect') throw new Error('no effect');
    expect(result.effect.hedges / result.effect.dz).toBeCloseTo(factor, 10);
  });

  it('says why fewer than three pairs are not compared', () => {
    expect(comparePaired([0.1, 0.2])).toMatchObject({
      kind: 'none',
      reason: '2 pairs; an interval needs at least 3',
    });
    expect(comparePaired([])).toMatchObject({ kind: 'none', summary: null });
  });

  it('takes equal differences for what they are', () => {
    expect(comparePaired([0, 0, 0])).toMatchObject({ t: { statistic: 0, p: 1 }, effect: { kind: 'none' } });
    // 0.3 − 0.2 and 0.2 − 0.1 differ in the last digit only.
    const same = comparePaired([0.3 - 0.2, 0.2 - 0.1, 0.1]);
    expect(same).toMatchObject({ t: { statistic: Infinity, p: 0 }, effect: { kind: 'none' } });
  });
});
