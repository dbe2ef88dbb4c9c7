import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { multipliersOf } from '../../methods/gem.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner, trainOn } from '../support/tiny-learner.ts';

const vector = fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 });

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

describe('the multipliers', () => {
  it('leave no past task with a product below what the ridge allows, and are at least the margin', () => {
    fc.assert(
      fc.property(
        fc.array(vector, { minLength: 1, maxLength: 4 }),
        vector,
        fc.constantFrom(0, 0.5),
        (past, own, margin) => {
          const all = [...past, own];
          const products = float32(
            all.flatMap((a) => all.map((b) => product(a, b))),
            [all.length, all.length],
          );
          const multipliers = [...multipliersOf(products, margin).data];
          // What the method sees are products in float32, where one far below 1e-38 is 0.
          if (past.every((gradient) => Math.fround(product(gradient, own)) >= 0)) {
            expect(multipliers.every((value) => value === 0)).toBe(true);
            return;
          }
          const turned = own.map((value, at) =>
            past.reduce((sum, gradient, task) => sum + (multipliers[task] ?? 0) * (gradient[at] ?? 0), value),
          );
          past.forEach((gradient, task) => {
            const multiplier = multipliers[task] ?? 0;
            expect(multiplier).toBeGreaterThanOrEqual(margin);
            // The optimum's condition: (G Gᵀ + 0.001 I) v + G g ≥ 0.
            expect(product(gradient, turned) + 0.001 * multiplier).toBeGreaterThan(-1e-3);
          });
        },
      ),
    );
  });
});

describe('gem', () => {
  const plain = { backbone: { name: 'mlp', hidden: [] }, settings: { memory: 4, margin: 0.5 } };

  it('descends the gradient plus multiples of the memory’s, in the numbers of a linear model', async () => {
    const { method } = await loadMethod('gem');
    const tasks = twoTasks({ count: 4 });
    // The same inputs with other labels: the gradients point against each other.
    const opposed = new ListedExamples(tasks[0].train.inputs, [2, 3, 2, 3], [5]);
    const opened = await openLearner({
      ...plain,
      method,
      tasks: [tasks[0], { ...tasks[1], train: opposed }],
      training: { epochs: 1, batchSize: 4, learningRate: 1 },
    });
    const { learner } = opened;
    await method.beginTask?.(learner, tasks[0]);
    await trainOn(opened, 1);
    await method.endTask?.(learner, tasks[0]);
    learner.forgetTask();
    const second = { ...tasks[1], train: opposed };
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    const flat = ({ weight, bias }: typeof model): number[] => [...weight.flat(), ...bias];
    const gradientOn = (examples: ListedExamples): number[] => {
      const after = flat(descend(model, examples, 1));
      return flat(model).map((value, at) => value - (after[at] ?? 0));
    };
    const [own, past] = [gradientOn(opposed), gradientOn(tasks[0].train)];
    expect(product(own, past)).toBeLessThan(0);
    const v = Math.max(0.5, -product(own, past) / (product(past, past) + 0.001));
    await method.beginTask?.(learner, second);
    await trainOn(opened, 2);
    const right = flat(model).map((value, at) => value - (own[at] ?? 0) - v * (past[at] ?? 0));
    const found = [...learner.parameter('head.weight').data, ...learner.parameter('head.bias').data];
    expectClose(found, right, 1e-5);
  });

  it.each([
    [2, 2],
    [3, 1],
  ])(
    'with trainOnMemory joins %i stored examples to a training set of 4, %i times over',
    async (memory, times) => {
      const { method } = await loadMethod('gem');
      const tasks = twoTasks({ count: 4 });
      const opened = await openLearner({
        ...plain,
        method,
        tasks,
        settings: { memory, margin: 0, trainOnMemory: true },
        training: { epochs: 1, batchSize: 8, learningRate: 0.1 },
      });
      const { learner } = opened;
      await learn(opened, 1);
      const held = heldExamples(opened);
      const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
      const parts = [tasks[1].train, ...Array.from({ length: times }, () => held)];
      const joined = new ListedExamples(
        parts.flatMap(({ inputs }) => inputs),
        parts.flatMap(({ labels }) => [...labels]),
        [5],
      );
      await learn(opened, 2);
      const right = descend(model, joined, 0.1);
      const all = [model, descend(model, joined, 1), descend(model, held, 1)].map(({ weight, bias }) => [
        ...weight.flat(),
        ...bias,
      ]);
      const [start = [], own = [], past = []] = all;
      const gradientTo = (after: number[]): number[] => start.map((value, at) => value - (after[at] ?? 0));
      // Nothing is turned: the joined gradient raises no loss of the memory.
      expect(product(gradientTo(own), gradientTo(past))).toBeGreaterThan(0);
      expectClose(learner.parameter('head.weight').data, right.weight.flat(), 1e-5);
      expectClose(learner.parameter('head.bias').data, right.bias, 1e-5);
    },
  );
});
