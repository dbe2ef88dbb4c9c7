import { describe, expect, it } from 'vitest';
import { holm, summarise } from '../../harness/evaluate/statistics.ts';
import { Random } from '../../harness/random.ts';
import {
  type DecisionRule,
  decide,
  defaultRule,
  examine,
  smallestFound,
  type Verdict,
} from '../../harness/regress/decide.ts';

const rule: DecisionRule = { level: 0.01, tolerance: 0.005, detect: 0.05, power: 0.9 };

function draw(count: number, mean: number, deviation: number, label: string): number[] {
  const random = new Random(1, label);
  return Array.from({ length: count }, () => mean + deviation * random.normal());
}

function verdict(
  runs: readonly number[],
  reference: readonly number[],
  direction: 'higher' | 'lower' = 'higher',
  changes: Partial<DecisionRule> = {},
): Verdict {
  const changed = { ...rule, ...changes };
  const finding = examine({ runs, reference }, changed, 1);
  return decide(finding, holm([finding.test?.p ?? 1])[0] ?? 1, direction, changed, 1);
}

describe('decide', () => {
  const steady = draw(10, 0.8, 0.01, 'steady');

  it('speaks each verdict', () => {
    expect(verdict(draw(5, 0.8, 0.01, 'same'), steady)).toEqual({ kind: 'ok' });
    expect(verdict(draw(5, 0.7, 0.01, 'low'), steady)).toEqual({ kind: 'worse' });
    expect(verdict(draw(5, 0.9, 0.01, 'high'), steady)).toEqual({ kind: 'suspiciously-better' });
    expect(verdict(draw(2, 0.8, 0.03, 'few'), draw(5, 0.8, 0.03, 'wide')).kind).toBe('not-enough-seeds');
  });

  it('turns over where lower is better', () => {
    expect(verdict(draw(5, 0.7, 0.01, 'low'), steady, 'lower')).toEqual({ kind: 'suspiciously-better' });
    expect(verdict(draw(5, 0.9, 0.01, 'high'), steady, 'lower')).toEqual({ kind: 'worse' });
  });

  it('calls a difference within the tolerance none, however sure', () => {
    const same = [0.8, 0.8, 0.8, 0.8];
    expect(verdict([0.796, 0.796], same)).toEqual({ kind: 'ok' });
    expect(verdict([0.794, 0.794], same)).toEqual({ kind: 'worse' });
  });

  it('never calls runs ok for a change that it would not have told', () => {
    const worse = { detect: 0.005, tolerance: 0.02 };
    expect(verdict([0.79, 0.79, 0.79], [0.8, 0.8, 0.8, 0.8], 'higher', worse).kind).toBe('not-enough-seeds');
    const near = { detect: 0.02, tolerance: 0.019 };
    expect(verdict(draw(5, 0.8, 0.01, 'same'), steady, 'higher', near).kind).toBe('not-enough-seeds');
  });

  it('judges a single run where it is far off', () => {
    expect(verdict([0.5], steady)).toEqual({ kind: 'worse' });
  });

  it('says how many runs would tell, and they do', () => {
    const wide = draw(20, 0.8, 0.03, 'wide');
    const short = verdict(draw(2, 0.8, 0.03, 'two'), wide);
    if (short.kind !== 'not-enough-seeds' || short.needed.of !== 'runs')
      throw new Error('runs were expected');
    const { count } = short.needed;
    const power = (runs: number): number =>
      examine({ runs: draw(runs, 0.8, 0.03, 'more'), reference: wide }, rule, 1).power;
    expect(power(count)).toBeGreaterThanOrEqual(rule.power);
    expect(power(count - 1)).toBeLessThan(rule.power);
  });

  it('names the smallest change that is found, and finds it', () => {
    const summary = summarise(draw(20, 0.8, 0.03, 'wide'));
    const changes = [3, 5, 10].map((runs) => smallestFound(summary, runs, rule, 1));
    expect(changes).toEqual(changes.toSorted((left, right) => right - left));
    const [change = 0] = changes;
    const power = (detect: number): number =>
      examine({ runs: [1, 2, 3], reference: draw(20, 0.8, 0.03, 'wide') }, { ...rule, detect }, 1).power;
    expect(power(change)).toBeCloseTo(rule.power, 6);
    expect(smallestFound(summarise([0.5, 0.5, 0.5]), 3, rule, 1)).toBe(rule.tolerance);
  });

  it('asks for a larger reference where more runs would not help', () => {
    const small = [0.76, 0.8, 0.84];
    expect(verdict([0.8, 0.81], [0.8, 0.81])).toEqual({
      kind: 'not-enough-seeds',
      needed: { of: 'reference', count: 3 },
    });
    expect(verdict(draw(40, 0.8, 0.04, 'forty'), small)).toMatchObject({ needed: { of: 'reference' } });
    expect(verdict([0.8, 0.79, 0.81], small)).toMatchObject({ needed: { of: 'both' } });
    expect(verdict([0.8], small, 'higher', { detect: 0.0001, tolerance: 0 })).toMatchObject({
      needed: { of: 'none' },
    });
  });

  it('errs no more often than the level says: 4000 pairs of samples from one distribution', () => {
    const random = new Random(7, 'false alarms');
    const values = (count: number): number[] =>
      Array.from({ length: count }, () => 0.8 + 0.02 * random.normal());
    const alarming: Verdict['kind'][] = ['worse', 'suspiciously-better'];
    let alarms = 0;
    for (let trial = 0; trial < 4000; trial++) {
      if (alarming.includes(verdict(values(5), values(12), 'higher', { tolerance: 0 }).kind)) alarms++;
    }
    // Within three standard errors of a share of 0.01.
    expect(Math.abs(alarms / 4000 - defaultRule.level)).toBeLessThan(0.0048);
  });
});
