import { expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { ListedExamples } from '../support/tiny-data.ts';
import { openLearner, trainOn } from '../support/tiny-learner.ts';

const examples = new ListedExamples(
  [
    [1, -2],
    [0.5, 3],
    [-1, 0.25],
    [2, 2],
  ],
  [0, 1, 2, 1],
  [2],
);
const task = {
  index: 1,
  name: 'by hand',
  outputs: [0, 1, 2],
  train: examples,
  validation: examples,
  test: examples,
};

it('is plain gradient descent, as worked out by hand over two steps', async () => {
  const { method } = await loadMethod('finetune');
  const opened = await openLearner({
    method,
    tasks: [task],
    backbone: { name: 'mlp', hidden: [] },
    training: { updates: 2, batchSize: 4, learningRate: 0.3 },
  });
  const { learner } = opened;
  let model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
  await trainOn(opened, 1);
  for (let step = 0; step < 2; step++) model = descend(model, examples, 0.3);
  expectClose(learner.parameter('head.weight').data, model.weight.flat(), 1e-6);
  expectClose(learner.parameter('head.bias').data, model.bias, 1e-6);
  expect(learner.keptBytes).toBe(0);
});
