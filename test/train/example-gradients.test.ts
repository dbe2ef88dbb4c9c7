import { grads, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Program, Tensors } from '../../harness/engine/program.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import { emptyFeeds, writeBatch } from '../../harness/train/batch-rows.ts';
import { gradientProducts } from '../../harness/train/example-gradients.ts';
import type { Batch } from '../../harness/train/method.ts';
import { batchInputs, modelState, pick, scopeOf, specsOf } from '../../harness/train/model-programs.ts';
import { expectClose } from '../support/closeness.ts';
import { fakeMethod } from '../support/fake-method.ts';
import { madeUpTask } from '../support/tiny-data.ts';
import { type Opened, openLearner } from '../support/tiny-learner.ts';

const backbones = [
  ['a multilayer perceptron', { name: 'mlp', hidden: [16, 8] }, [4]],
  ['a transformer', { name: 'vit', patch: 2, width: 8, depth: 1, heads: 2 }, [1, 4, 4]],
] as const;

/** Runs a function of a batch of the task's first rows. */
async function run(
  { learner, stream }: Opened,
  rows: readonly number[],
  compute: (batch: Batch, tensors: Tensors) => Tensors,
): Promise<Record<string, number[]>> {
  const program: Program = {
    name: `for a test ${rows.length}`,
    inputs: batchInputs(learner.protocol, rows.length, true),
    state: specsOf(modelState(learner)),
    run: (tensors) => compute(tensors as unknown as Batch, tensors),
  };
  const feeds = emptyFeeds(program.inputs);
  const examples = stream.tasks[0]?.train;
  if (!examples) throw new Error('There is no task.');
  writeBatch(
    rows.map((row) => ({ examples, row, task: 1 })),
    () => new Float32Array(learner.protocol.outputs).fill(1),
    feeds,
  );
  const state = learner.createState(modelState(learner));
  const found = await (await learner.compile(program)).run(feeds, state);
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, [...data]]));
}

describe.each(backbones)('products of the gradients of examples with %s', (_title, backbone, shape) => {
  it('are those of the gradients themselves', async () => {
    const tasks = [madeUpTask(1, [0, 1, 2], { shape, count: 9 })];
    const opened = await openLearner({ method: fakeMethod(), tasks, backbone });
    const { learner } = opened;
    const rows = [0, 1, 2, 3, 4];
    const { products } = await run(opened, rows, (batch, tensors) => ({
      products: gradientProducts(batch, scopeOf(learner, tensors, true)),
    }));
    const names = learner.backbone.layers.flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]);
    const gradients: number[][] = [];
    for (const row of rows) {
      const found = await run(opened, [row], (batch, tensors) => {
        const { forward } = scopeOf(learner, tensors, true);
        const lossAt = (...values: Tensor[]): Tensor => {
          const given = Object.fromEntries(names.map((name, at) => [name, values[at] as Tensor]));
          return sum(crossEntropyPerExample(forward(batch, given).logits, batch.labels));
        };
        const each = grads(lossAt)(Object.values(pick(tensors, names)));
        return Object.fromEntries(each.map((gradient, at) => [`${at}`, gradient]));
      });
      gradients.push(names.flatMap((_, at) => found[`${at}`] ?? []));
    }
    const right = gradients.flatMap((a) =>
      gradients.map((b) => a.reduce((total, value, at) => total + value * (b[at] ?? 0), 0)),
    );
    expect(Math.min(...right)).toBeLessThan(0);
    expectClose(products ?? [], right, 1e-5);
  });
});
