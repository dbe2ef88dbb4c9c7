import { describe, expect, it } from 'vitest';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { Program } from '../../harness/engine/program.ts';
import { float32, scalar } from '../../harness/engine/tensor.ts';
import {
  adagrad,
  adam,
  initialMoments,
  type Optimiser,
  optimiserOf,
  sgd,
} from '../../harness/nn/optimisers.ts';
import { distance } from './float64.ts';

const start = [1, -2, 0.5];
/** The gradient of each step, for each parameter. */
const gradients = [
  [0.1, -3, 0],
  [-0.2, 2, 1e-3],
  [0.4, 1, 0],
];
const rates = [0.1, 0.05, 0.1];

/** The parameters after each step of the optimiser, run on an engine. */
async function stepsOf(optimiser: Optimiser): Promise<number[][]> {
  const parameters = { theta: float32(start, [3]) };
  const moments = initialMoments(optimiser, parameters);
  const vector = { shape: [3], dtype: 'float32' } as const;
  const numbers = Object.keys(optimiser.numbers(1, 1)).map(
    (name) => [name, { shape: [], dtype: 'float32' }] as const,
  );
  const program: Program = {
    name: 'step',
    inputs: { gradient: vector, ...Object.fromEntries(numbers) },
    state: { theta: vector, ...Object.fromEntries(Object.keys(moments).map((name) => [name, vector])) },
    run: ({ theta, gradient, ...others }) => {
      if (!theta || !gradient) throw new Error('unreachable');
      const own = Object.fromEntries(
        optimiser.moments.flatMap((name) => {
          const moment = others[`${name}.theta`];
          return moment ? [[name, moment]] : [];
        }),
      );
      const update = optimiser.update(theta, gradient, own, others);
      const renamed = Object.entries(update.moments).map(
        ([name, value]) => [`${name}.theta`, value] as const,
      );
      return { theta: update.parameter, ...Object.fromEntries(renamed) };
    },
  };
  const engine = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  const compiled = await engine.compile(program);
  const state = engine.createState({ ...parameters, ...moments });
  const visited: number[][] = [];
  for (const [index, gradient] of gradients.entries()) {
    const fed = Object.entries(optimiser.numbers(index + 1, rates[index] ?? 0));
    const scalars = Object.fromEntries(fed.map(([name, value]) => [name, scalar(value)]));
    await compiled.run({ gradient: float32(gradient, [3]), ...scalars }, state);
    visited.push([...((await state.read(['theta'])).theta?.data ?? [])]);
  }
  await engine.dispose();
  return visited;
}

/** What the optimiser remembers of one parameter, and how a step changes it, in float64. */
type Textbook = () => (theta: number, gradient: number, rate: number, step: number) => number;

function expected(textbook: Textbook): number[][] {
  const rules = start.map(() => textbook());
  let thetas = start;
  return gradients.map((row, index) => {
    thetas = thetas.map(
      (theta, at) => rules[at]?.(theta, row[at] ?? 0, rates[index] ?? 0, index + 1) ?? Number.NaN,
    );
    return thetas;
  });
}

/** Kingma & Ba 2015, Algorithm 1, with m̂ and v̂ as they stand there. */
const textbookAdam =
  (
    change: (theta: number, gradient: number, rate: number) => { theta: number; gradient: number },
  ): Textbook =>
  () => {
    let m = 0;
    let v = 0;
    return (given, slope, rate, step) => {
      const { theta, gradient } = change(given, slope, rate);
      m = 0.9 * m + 0.1 * gradient;
      v = 0.999 * v + 0.001 * gradient ** 2;
      const mHat = m / (1 - 0.9 ** step);
      const vHat = v / (1 - 0.999 ** step);
      return theta - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
    };
  };

const cases: readonly (readonly [string, Optimiser, Textbook])[] = [
  ['sgd', sgd({ momentum: 0, weightDecay: 0 }), () => (theta, gradient, rate) => theta - rate * gradient],
  [
    'sgd with weight decay',
    sgd({ momentum: 0, weightDecay: 0.01 }),
    () => (theta, gradient, rate) => theta - rate * (gradient + 0.01 * theta),
  ],
  [
    "sgd with momentum, as PyTorch's",
    sgd({ momentum: 0.9, weightDecay: 0.01 }),
    () => {
      let velocity = 0;
      return (theta, gradient, rate) => {
        velocity = 0.9 * velocity + gradient + 0.01 * theta;
        return theta - rate * velocity;
      };
    },
  ],
  ['adam', adam({ momentum: 0, weightDecay: 0 }), textbookAdam((theta, gradient) => ({ theta, gradient }))],
  [
    'adam with weight decay in the gradient',
    adam({ momentum: 0, weightDecay: 0.01 }),
    textbookAdam((theta, gradient) => ({ theta, gradient: gradient + 0.01 * theta })),
  ],
  [
    'adamw with weight decay beside the gradient',
    adam({ momentum: 0, weightDecay: 0.01 }, { decoupled: true }),
    textbookAdam((theta, gradient, rate) => ({ theta: theta * (1 - 0.01 * rate), gradient })),
  ],
  ...[0, 0.01].map((weightDecay): readonly [string, Optimiser, Textbook] => [
    `adagrad with weight decay ${weightDecay}, as PyTorch's`,
    adagrad({ momentum: 0, weightDecay }),
    () => {
      let squares = 0;
      return (theta, slope, rate) => {
        const gradient = slope + weightDecay * theta;
        squares += gradient ** 2;
        return theta - (rate * gradient) / (Math.sqrt(squares) + 1e-10);
      };
    },
  ]),
];

it.each(cases)('%s takes the steps of the textbook', async (_, optimiser, textbook) => {
  const taken = await stepsOf(optimiser);
  for (const [step, thetas] of expected(textbook).entries()) {
    expect(distance(taken[step] ?? [], thetas), `step ${step + 1}`).toBeLessThan(3e-7);
  }
});

it('the first step of adam has the length of the learning rate, by hand', async () => {
  const [first] = await stepsOf(adam({ momentum: 0, weightDecay: 0 }));
  // m̂ = g and v̂ = g², so the step is 0.1 against the sign of g, and nothing where g is 0.
  expect(distance(first ?? [], [0.9, -1.9, 0.5])).toBeLessThan(2e-7);
});

it('two steps of adagrad by hand', async () => {
  const taken = await stepsOf(adagrad({ momentum: 0, weightDecay: 0 }));
  // The first step is the rate against the sign of g, and nothing where g is 0; then 0.9 + 0.05·0.2 / √(0.01 + 0.04).
  expect(distance(taken[0] ?? [], [0.9, -1.9, 0.5])).toBeLessThan(2e-7);
  expect(taken[1]?.[0]).toBeCloseTo(0.9 + 0.01 / Math.sqrt(0.05), 6);
});

it('two steps of momentum by hand', async () => {
  const taken = await stepsOf(sgd({ momentum: 0.9, weightDecay: 0 }));
  // 1 − 0.1·0.1 = 0.99; velocity 0.9·0.1 − 0.2 = −0.11; 0.99 + 0.05·0.11 = 0.9955.
  expect(taken[1]?.[0]).toBeCloseTo(0.9955, 6);
});

describe('adam stays exact where float32 is coarse', () => {
  it.each([1, 2, 10, 1000, 100_000])('at step %i', (step) => {
    const { stepSize = Number.NaN, epsilon = Number.NaN } = adam({ momentum: 0, weightDecay: 0 }).numbers(
      step,
      0.01,
    );
    const [m, v] = [0.3, 0.04];
    const folded = (stepSize * m) / (Math.sqrt(v) + epsilon);
    const textbook = (0.01 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
    expect(folded / textbook).toBeCloseTo(1, 12);
  });
});

describe('what an optimiser remembers', () => {
  const parameters = { w: float32([1, 2], [2]), b: float32([3], []) };

  it.each([
    ['sgd', 0, []],
    ['sgd', 0.9, ['momentum.w', 'momentum.b']],
    ['adam', 0, ['firstMoment.w', 'secondMoment.w', 'firstMoment.b', 'secondMoment.b']],
    ['adagrad', 0, ['squareSum.w', 'squareSum.b']],
    ['adamw', 0, ['firstMoment.w', 'secondMoment.w', 'firstMoment.b', 'secondMoment.b']],
  ] as const)('of %s with momentum %d', (name, momentum, names) => {
    const moments = initialMoments(optimiserOf(name, { momentum, weightDecay: 0 }), parameters);
    expect(Object.keys(moments)).toEqual(names);
    for (const [key, { shape, data }] of Object.entries(moments)) {
      expect(shape).toEqual(key.endsWith('w') ? [2] : []);
      expect([...data].every((value) => value === 0)).toBe(true);
    }
  });

  it('is told apart by name: adamw does not touch the gradient, adam does not touch the parameter', () => {
    const settings = { momentum: 0, weightDecay: 0.1 };
    expect(optimiserOf('adam', settings).numbers(1, 0.5).decay).toBe(0);
    expect(optimiserOf('adamw', settings).numbers(1, 0.5).decay).toBe(0.05);
  });
});
