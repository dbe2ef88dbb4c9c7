import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTrials } from '../../harness/commands/plan-trials.ts';
import type { Method } from '../../harness/train/method.ts';

const method = (search?: Method['search']): Method => ({
  name: 'm',
  version: 1,
  title: 'M',
  summary: 'M.',
  settings: {},
  ...(search && { search }),
});

const key = 'training.learningRate';

describe('planTrials', () => {
  it('begins with the defaults and tries every learning rate once', () => {
    const trials = planTrials(method(), 8, 0.001);
    expect(trials[0]).toEqual({});
    const rates = trials.slice(1).map((trial) => trial[key] as number);
    expect(rates.sort((left, right) => left - right)).toEqual([
      0.0001, 0.0002, 0.0005, 0.002, 0.005, 0.01, 0.02,
    ]);
  });

  it('spreads the values of a setting evenly', () => {
    const trials = planTrials(method({ rank: [4, 8] }), 8, 0.001);
    const ranks = trials.slice(1).map((trial) => trial.rank);
    expect(ranks.filter((rank) => rank === 4)).toHaveLength(4);
    expect(ranks.filter((rank) => rank === 8)).toHaveLength(3);
  });

  it('has one trial where nothing is searched', () => {
    expect(planTrials(method({ [key]: [] }), 8, 0.001)).toEqual([{}]);
  });

  it('leaves out what is fixed', () => {
    const trials = planTrials(method({ rank: [4, 8] }), 4, 0.001, ['rank']);
    expect(trials.every((trial) => !('rank' in trial))).toBe(true);
  });

  it('is the same every time, has no trial twice and never more than were asked for', () => {
    const lists = fc.array(fc.integer(), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), lists), fc.integer({ min: 1, max: 30 }), (search, count) => {
        const trials = planTrials(method(search), count, 0.01);
        expect(planTrials(method(search), count, 0.01)).toEqual(trials);
        expect(trials.length).toBeLessThanOrEqual(count);
        expect(new Set(trials.map((trial) => JSON.stringify(trial))).size).toBe(trials.length);
        for (const trial of trials) {
          for (const [name, value] of Object.entries(trial)) {
            if (Object.hasOwn(search, name)) expect(search[name]).toContain(value);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
