import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitDomains } from '../../harness/stream/domains.ts';
import { pickRows } from '../../harness/stream/example-view.ts';
import { loadScenario } from '../../harness/stream/load-scenario.ts';
import { splitPermutations } from '../../harness/stream/permutations.ts';
import { rotationSources, splitDrawnRotations, splitRotations } from '../../harness/stream/rotations.ts';
import { splitClasses } from '../../harness/stream/split-classes.ts';
import { cutStratified, limitPerClass } from '../../harness/stream/stratified-cut.ts';
import type { SplitInput } from '../../harness/stream/task-plan.ts';
import { setOf } from './support.ts';

const scenario = await loadScenario('split-mnist-class');

function inputOf(classes: number, seed: number, changes: Partial<SplitInput['scenario']> = {}): SplitInput {
  return {
    scenario: { ...scenario, ...changes },
    classes: Array.from({ length: classes }, (_, index) => `c${index}`),
    domains: ['north', 'south', 'west'],
    groups: [],
    shape: [1, 4, 4],
    classOrderSeed: seed,
  };
}

const seeds = fc.nat({ max: 1e6 });
const sizes = fc.record({ tasks: fc.integer({ min: 1, max: 6 }), perTask: fc.integer({ min: 1, max: 4 }) });

test('class tasks partition the classes; the class at position k of the order has output k', () => {
  fc.assert(
    fc.property(sizes, seeds, ({ tasks, perTask }, seed) => {
      const classes = tasks * perTask;
      const plan = splitClasses(inputOf(classes, seed), perTask);
      expect(plan.outputs).toBe(classes);
      expect([...plan.order].sort((left, right) => left - right)).toEqual([...Array(classes).keys()]);
      plan.order.forEach((member, position) => {
        const holders = plan.tasks.filter((task) => (task.filter.outputOf[member] ?? -1) >= 0);
        expect(holders).toEqual([plan.tasks[Math.floor(position / perTask)]]);
        expect(holders[0]?.filter.outputOf[member]).toBe(position);
      });
    }),
  );
});

test('rows of class tasks are disjoint and complete', () => {
  fc.assert(
    fc.property(sizes, seeds, fc.array(fc.nat(), { maxLength: 200 }), ({ tasks, perTask }, seed, drawn) => {
      const classes = tasks * perTask;
      const set = setOf(drawn.map((number) => number % classes).slice(0, 200));
      const plan = splitClasses(inputOf(classes, seed), perTask);
      const rows = plan.tasks.flatMap((task) => [...pickRows(set, task.filter).rows]);
      expect(rows.sort((left, right) => left - right)).toEqual([...set.rows]);
    }),
  );
});

test('labels within the task count from 0 in each task', () => {
  const plan = splitClasses(inputOf(6, 5, { labels: 'within-task' }), 2);
  expect(plan.outputs).toBe(2);
  for (const task of plan.tasks) {
    expect([...task.filter.outputOf].filter((output) => output >= 0).sort()).toEqual([0, 1]);
  }
});

test('natural order is the same for every seed, seeded order is not', () => {
  const natural = [1, 2, 3].map(
    (seed) => splitClasses(inputOf(10, seed, { classOrder: 'natural' }), 2).order,
  );
  expect(natural).toEqual(Array(3).fill([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  const seeded = new Set([1, 2, 3, 4].map((seed) => splitClasses(inputOf(10, seed), 2).order.join()));
  expect(seeded.size).toBe(4);
});

test('classes that do not divide are refused', () => {
  expect(() => splitClasses(inputOf(10, 0), 4)).toThrow(
    'Scenario "split-mnist-class": $.tasks.classesPerTask is 4, which does not divide the dataset\'s 10 classes; it must be one of 1, 2, 5, 10. Tasks of unequal size are cut by "class-groups", which the dataset names.',
  );
});

test('permutations are bijections, differ between tasks and seeds, and come back for the same seed', () => {
  fc.assert(
    fc.property(seeds, fc.boolean(), (seed, firstIsIdentity) => {
      const rule = { count: 4, firstIsIdentity };
      const plan = splitPermutations(inputOf(3, seed), rule);
      for (const { sources } of plan.tasks.slice(firstIsIdentity ? 1 : 0)) {
        expect([...(sources ?? [])].sort((left, right) => left - right)).toEqual([...Array(16).keys()]);
      }
      expect(plan.tasks[0]?.sources === null).toBe(firstIsIdentity);
      expect(new Set(plan.tasks.map((task) => task.sources?.join())).size).toBe(4);
      expect(splitPermutations(inputOf(3, seed), rule)).toEqual(plan);
      const natural = inputOf(3, seed, { classOrder: 'natural' });
      const other = inputOf(3, seed + 1, { classOrder: 'natural' });
      expect(splitPermutations(natural, rule)).toEqual(splitPermutations(other, rule));
    }),
    { numRuns: 30 },
  );
});

function rotate(
  degrees: number,
  image: readonly number[],
  channels: number,
  height: number,
  width: number,
): number[] {
  return [...rotationSources(degrees, channels, height, width)].map((source) => image[source] ?? 0);
}

test('rotations by 0° and 360° change nothing, four quarter turns bring an image back', () => {
  const shapes = fc.record({ channels: fc.constantFrom(1, 3), side: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(shapes, ({ channels, side }) => {
      const image = Array.from({ length: channels * side * side }, (_, index) => index + 1);
      expect(rotate(0, image, channels, side, side)).toEqual(image);
      expect(rotate(360, image, channels, side, side)).toEqual(image);
      let turned = image;
      for (let quarter = 1; quarter <= 4; quarter++) {
        turned = rotate(90, turned, channels, side, side);
        expect(rotate(90 * quarter, image, channels, side, side)).toEqual(turned);
      }
      expect(turned).toEqual(image);
    }),
  );
});

test('a quarter turn is counter-clockwise', () => {
  expect(rotate(90, [1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 3, 3)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
});

test('corners that were outside the image are 0', () => {
  const turned = rotate(45, Array(25).fill(9), 1, 5, 5);
  expect([turned[0], turned[4], turned[20], turned[24]]).toEqual([0, 0, 0, 0]);
  expect(turned[12]).toBe(9);
});

test('the order tells the permutations of one seed from those of another', () => {
  const orderOf = (seed: number) =>
    splitPermutations(inputOf(3, seed), { count: 3, firstIsIdentity: true }).order;
  expect(orderOf(1)).toEqual(orderOf(1));
  expect(orderOf(1)[0]).toBe(0);
  expect(new Set([...orderOf(1), ...orderOf(2)]).size).toBe(5);
});

test('rotations need images, and come in the given or a seeded order', () => {
  const vectors = { ...inputOf(2, 0), shape: [16] };
  expect(() => splitRotations(vectors, [0])).toThrow(
    /rotations need images, but inputs have the shape \[16\]/,
  );
  const natural = splitRotations(inputOf(2, 0, { classOrder: 'natural' }), [0, 10, 20]);
  expect(natural.tasks.map((task) => task.name)).toEqual(['rotation 0°', 'rotation 10°', 'rotation 20°']);
  const seeded = splitRotations(inputOf(2, 1), [0, 10, 20, 30]);
  expect(seeded.tasks.map((task) => task.name)).toEqual(
    seeded.order.map((index) => `rotation ${index * 10}°`),
  );
});

test('drawn angles lie in the range, differ between seeds, and come back for the same seed', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(90, 180, 360), (seed, below) => {
      const rule = { count: 20, below };
      const plan = splitDrawnRotations(inputOf(3, seed), rule);
      const angles = plan.tasks.map(({ name }) => Number(/ (.*)°/.exec(name)?.[1]));
      expect(plan.order.map((hundredths) => hundredths / 100)).toEqual(angles);
      for (const [index, angle] of angles.entries()) {
        expect(angle >= 0 && angle < below).toBe(true);
        expect(plan.tasks[index]?.sources).toEqual(rotationSources(angle, 1, 4, 4));
      }
      expect(splitDrawnRotations(inputOf(3, seed), rule).order).toEqual(plan.order);
      expect(splitDrawnRotations(inputOf(3, seed + 1), rule).order).not.toEqual(plan.order);
      const natural = (other: number) =>
        splitDrawnRotations(inputOf(3, other, { classOrder: 'natural' }), rule).order;
      expect(natural(seed)).toEqual(natural(seed + 1));
    }),
    { numRuns: 30 },
  );
});

test('drawn angles are spread evenly over the range', () => {
  const { order } = splitDrawnRotations(inputOf(2, 1), { count: 1000, below: 180 });
  const mean = order.reduce((sum, hundredths) => sum + hundredths / 100, 0) / order.length;
  // The mean of 1000 uniform values has a standard deviation of 180 / √12000.
  expect(Math.abs(mean - 90)).toBeLessThan((4 * 180) / Math.sqrt(12_000));
});

test('a class has its own output in each task with labels of the task, and one for all tasks without', () => {
  const rule = { count: 3, firstIsIdentity: true };
  const own = inputOf(4, 1, { labels: 'class-of-task' });
  for (const plan of [splitPermutations(own, rule), splitRotations(own, [0, 5, 10])]) {
    expect(plan.outputs).toBe(12);
    expect(plan.tasks.map(({ filter }) => [...filter.outputOf])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
  }
  const shared = splitPermutations(inputOf(4, 1), rule);
  expect(shared.outputs).toBe(4);
  expect(new Set(shared.tasks.map(({ filter }) => filter)).size).toBe(1);
});

test('domain tasks partition the rows by domain', () => {
  const set = setOf([0, 1, 0, 1, 1, 0], [0, 1, 2, 0, 1, 2]);
  const plan = splitDomains(inputOf(2, 0, { classOrder: 'natural' }), {});
  expect(plan.tasks.map((task) => [task.name, [...pickRows(set, task.filter).rows]])).toEqual([
    ['north', [0, 3]],
    ['south', [1, 4]],
    ['west', [2, 5]],
  ]);
});

test('domains that are listed are taken alone: in their order, or shuffled by the seed', () => {
  const rule = { domains: ['west', 'north'] };
  const namesOf = (seed: number, classOrder: 'natural' | 'seeded') =>
    splitDomains(inputOf(2, seed, { classOrder }), rule).tasks.map(({ name }) => name);
  expect(namesOf(1, 'natural')).toEqual(['west', 'north']);
  expect(splitDomains(inputOf(2, 1, { classOrder: 'natural' }), rule).order).toEqual([2, 0]);
  const drawn = Array.from({ length: 20 }, (_, seed) => namesOf(seed, 'seeded').join(' '));
  expect(new Set(drawn)).toEqual(new Set(['west north', 'north west']));
  expect(() => splitDomains(inputOf(2, 1), { domains: ['west', 'nrth'] })).toThrow(
    '$.tasks.domains[1] is "nrth"; it must be a domain of the dataset: north, south, west. Did you mean "north"?',
  );
});

test('a stratified cut is disjoint, complete, proportional, and leaves something of every class', () => {
  const rows = fc.array(fc.record({ label: fc.nat({ max: 3 }), domain: fc.nat({ max: 2 }) }), {
    maxLength: 150,
  });
  const names = { classes: ['a', 'b', 'c', 'd'], domains: ['x', 'y', 'z'] };
  fc.assert(
    fc.property(
      rows,
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.boolean(),
      (drawn, fraction, withDomains) => {
        const domains = withDomains ? drawn.map((row) => row.domain) : null;
        const set = setOf(
          drawn.map((row) => row.label),
          domains,
        );
        const { kept, cut } = cutStratified(set, names, { fraction, atLeast: 0 }, 0, 'label');
        expect([...kept.rows, ...cut.rows].sort((left, right) => left - right)).toEqual([...set.rows]);
        for (let label = 0; label < 4; label++) {
          for (const domain of withDomains ? [0, 1, 2] : [null]) {
            const inStratum = (row: number) =>
              drawn[row]?.label === label && (domain === null || drawn[row]?.domain === domain);
            const total = set.rows.filter(inStratum).length;
            const expected = Math.max(0, Math.min(Math.round(total * fraction), total - 1));
            expect(cut.rows.filter(inStratum)).toHaveLength(expected);
          }
        }
      },
    ),
  );
});

test('what is cut from one class does not depend on the others', () => {
  const names = { classes: ['a', 'b'], domains: [] };
  const share = { fraction: 0.3, atLeast: 0 };
  const alone = cutStratified(setOf(Array(20).fill(0)), names, share, 0, 'x').cut.rows;
  const mixed = cutStratified(setOf([...Array(20).fill(0), ...Array(9).fill(1)]), names, share, 0, 'x').cut
    .rows;
  expect(mixed.filter((row) => row < 20)).toEqual(alone);
});

test('classes that share a name are cut and limited each for itself, the first as if it were alone', () => {
  const share = { fraction: 0.3, atLeast: 0 };
  const [alone, both] = [setOf(Array(20).fill(0)), setOf([...Array(20).fill(0), ...Array(20).fill(1)])];
  const [one, two] = [
    { classes: ['a'], domains: [] },
    { classes: ['a', 'a'], domains: [] },
  ];
  const draws = [
    [cutStratified(alone, one, share, 0, 'x').cut, cutStratified(both, two, share, 0, 'x').cut],
    [limitPerClass(alone, one, 6, 0, 'x'), limitPerClass(both, two, 6, 0, 'x')],
  ].map((sets) => sets.map(({ rows }) => [...rows]));
  for (const [first = [], drawn = []] of draws) {
    const second = drawn.filter((row) => row >= 20).map((row) => row - 20);
    expect(drawn.filter((row) => row < 20)).toEqual(first);
    expect(second).toHaveLength(6);
    expect(second).not.toEqual(first);
  }
});

test('which rows are drawn stays what it was in recorded runs', () => {
  const set = setOf([...Array(10).fill(0), ...Array(10).fill(1)], Array(20).fill(0));
  const names = { classes: ['a', 'b'], domains: ['x'] };
  const { cut } = cutStratified(set, names, { fraction: 0.2, atLeast: 0 }, 0, 'validation', 'toy');
  expect([...cut.rows]).toEqual([0, 6, 14, 19]);
  const plain = { ...set, table: { ...set.table, domains: null } };
  expect([...limitPerClass(plain, names, 2, 0, 'limit', 'train').rows]).toEqual([1, 9, 10, 19]);
});
