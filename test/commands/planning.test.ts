import { describe, expect, it } from 'vitest';
import { CellTracker } from '../../harness/commands/cell-tracker.ts';
import { addFixedSeed, addSetting, parsePositive, parseSeeds } from '../../harness/commands/options.ts';
import { checkOverrides, planCells, type SweepOptions } from '../../harness/commands/plan-cells.ts';
import { nearest } from '../../harness/suggest.ts';

describe('--seeds', () => {
  it.each([
    ['5', [1, 2, 3, 4, 5]],
    ['1,2,7', [1, 2, 7]],
    ['3-7', [3, 4, 5, 6, 7]],
    ['7,', [7]],
    ['0,2-3,2', [0, 2, 3]],
  ])('%s', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });

  it.each(['0', '', 'x', '7-3', '-1', '1.5', '1,,2', '99999999999', '0-99999999999'])(
    'refuses %j',
    (text) => {
      expect(() => parseSeeds(text)).toThrow();
    },
  );
});

describe('--fix-seed, --set, --jobs', () => {
  it('gather', () => {
    expect(addFixedSeed('initialWeights=4', addFixedSeed('classOrder=0'))).toEqual({
      classOrder: 0,
      initialWeights: 4,
    });
    expect(addSetting('a=1', addSetting('b=x=y', addSetting('c=[1,"z"]')))).toEqual({
      a: 1,
      b: 'x=y',
      c: [1, 'z'],
    });
    expect(parsePositive('12')).toBe(12);
  });

  it('refuse what is malformed', () => {
    for (const text of ['a', '=1']) expect(() => addSetting(text)).toThrow('key=value');
    for (const text of ['classOrder', 'classOrder=-1', 'order=1']) expect(() => addFixedSeed(text)).toThrow();
    for (const text of ['0', '1e3', '', '-2']) expect(() => parsePositive(text)).toThrow();
  });
});

describe('planCells', () => {
  const methods = [
    { reference: 'ewc', name: 'ewc', settings: ['strength'] },
    { reference: './er.ts', name: 'er', settings: ['capacity', 'strength'] },
  ];
  const options: SweepOptions = {
    scenario: 's',
    seeds: [1, 2],
    fixedSeeds: { classOrder: 9 },
    overrides: {},
    measuredOn: 'test',
    engine: 'auto',
    device: 'cpu',
    threads: 1,
    resultsDirectory: 'r',
    dataDirectory: 'd',
  };

  it('makes a cell of each method and seed', () => {
    const cells = planCells(methods, options);
    expect(cells.map(({ method, seeds }) => [method, seeds.exampleOrder, seeds.classOrder])).toEqual([
      ['ewc', 1, 9],
      ['./er.ts', 1, 9],
      ['ewc', 2, 9],
      ['./er.ts', 2, 9],
    ]);
    expect(structuredClone(cells)).toEqual(cells);
  });

  it('gives a setting to the methods that have it', () => {
    const overrides = { strength: 5, 'er.capacity': 20, 'training.epochs': 2, 'backbone.sizes': [10] };
    const cells = planCells(methods, { ...options, seeds: [1], overrides });
    expect(cells.map((cell) => cell.overrides)).toEqual([
      { strength: 5, 'training.epochs': 2, 'backbone.sizes': [10] },
      { strength: 5, capacity: 20, 'training.epochs': 2, 'backbone.sizes': [10] },
    ]);
  });

  it.each([
    ['strenght', 'Did you mean "strength"?'],
    ['training.epoch', 'Did you mean "training.epochs"?'],
    ['ewc.capacity', 'Did you mean "er.capacity"?'],
    ['nothing-like-it', 'ewc: strength; er: capacity, strength'],
  ])('refuses %s', (key, message) => {
    expect(() => checkOverrides({ [key]: 1 }, methods)).toThrow(message);
  });
});

describe('CellTracker', () => {
  it('tells task, epoch, loss, accuracy and time left, at the pace of this process', () => {
    let now = 0;
    const tracker = new CellTracker('ewc seed 1', () => now);
    tracker.follow({ kind: 'started', id: 'x', tasks: 5, resumedAfter: 2 });
    tracker.follow({ kind: 'progress', task: 3, epoch: 1, epochs: 2, loss: 0.51234, done: 0.4 });
    expect(tracker.detail).toBe('task 3/5, epoch 1/2, loss 0.512');
    now = 30_000;
    tracker.follow({ kind: 'evaluated', after: 3, accuracy: 0.654 });
    tracker.follow({ kind: 'progress', task: 4, epoch: 1, epochs: 2, loss: Number.NaN, done: 0.7 });
    expect(tracker.detail).toBe('30 s left, task 4/5, accuracy 65.4%, epoch 1/2, loss NaN');
    tracker.follow({ kind: 'summing', task: 4, examples: 20, of: 1284 });
    expect(tracker.detail).toContain('importance of parameters from 20/1284 examples');
  });

  it('says once that work beside the training takes long, and how long', () => {
    let now = 0;
    const tracker = new CellTracker('ewc seed 1', () => now);
    const heard = (task: number, seconds: number, examples: number): string | undefined => {
      now = seconds * 1000;
      return tracker.slowWork({ kind: 'summing', task, examples, of: 1000 });
    };
    expect(heard(1, -100, 0)).toBeUndefined();
    expect(heard(1, 0, 1)).toBeUndefined();
    expect(heard(1, 59, 10)).toBeUndefined();
    expect(heard(1, 60, 20)).toBe(
      'ewc seed 1: the importance of parameters takes about 50 min 0 s after each task, 20 of 1000 examples in 1 min 0 s. ' +
        'Fewer examples or a cheaper estimate are settings of the method.',
    );
    expect(heard(2, 3600, 1)).toBeUndefined();
    expect(heard(2, 3700, 20)).toBeUndefined();
  });

  it('says nothing of a sum that is all but done', () => {
    let now = 0;
    const tracker = new CellTracker('ewc seed 1', () => now);
    tracker.slowWork({ kind: 'summing', task: 1, examples: 1, of: 1000 });
    now = 100_000;
    expect(tracker.slowWork({ kind: 'summing', task: 1, examples: 900, of: 1000 })).toBeUndefined();
  });
});

describe('nearest', () => {
  it.each([
    ['finetun', 'finetune'],
    ['EWC', 'ewc'],
    ['mnist', 'split-mnist-class'],
    ['lroa', 'lora'],
    ['xyzzy', undefined],
    ['', undefined],
  ])('%s is %s', (name, expected) => {
    expect(nearest(name, ['finetune', 'ewc', 'lora', 'split-mnist-class'])).toBe(expected);
  });
});
