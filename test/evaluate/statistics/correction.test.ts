import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg, holm } from '../../../harness/evaluate/statistics.ts';

/** Benjamini & Hochberg (1995), section 3.2: the p values of fifteen hypotheses of a trial. */
const trial = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
  0.759, 1,
];

const refused = (p: readonly number[]): number => p.filter((value) => value <= 0.05).length;

describe('corrections', () => {
  it('refuse what the paper refuses: Bonferroni and Holm three, Benjamini-Hochberg four', () => {
    expect(refused(holm(trial))).toBe(3);
    expect(refused(benjaminiHochberg(trial))).toBe(4);
  });

  // Demšar (2006), section 3.2.2, prints p = 0.016, 0.019, 0.607 against 0.017, 0.025, 0.05: Holm refuses the first two.
  it("make Demšar's step-down decisions, in the order given", () => {
    const [worst = 0, second = 0, first = 0] = holm([0.607, 0.019, 0.016]);
    expect(first).toBeCloseTo(0.048, 12);
    expect(second).toBeCloseTo(0.048, 12);
    expect(worst).toBeCloseTo(0.607, 12);
  });

  it('lie between the p value and Bonferroni, keep the order, and Holm is the stricter', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (p) => {
        const step = holm(p);
        const rate = benjaminiHochberg(p);
        p.forEach((value, index) => {
          const [strict, loose] = [step[index] ?? 0, rate[index] ?? 0];
          expect(loose).toBeGreaterThanOrEqual(value);
          expect(strict).toBeGreaterThanOrEqual(loose - 1e-12);
          expect(strict).toBeLessThanOrEqual(Math.min(1, p.length * value));
          p.forEach((other, position) => {
            if (other < value) expect(step[position]).toBeLessThanOrEqual(strict);
          });
        });
      }),
      { numRuns: 200 },
    );
  });
});
