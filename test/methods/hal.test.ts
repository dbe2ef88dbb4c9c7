import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { descend, type LinearModel, linearModel, probabilities } from '../support/linear-model.ts';
import { ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn } from '../support/tiny-learner.ts';

const plain = { backbone: { name: 'mlp', hidden: [] } };

function modelOf({ learner }: Opened): LinearModel {
  return linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
}

function anchorsOf({ learner }: Opened): number[][] {
  const { shape = [], data = [] } = learner.kept.anchors ?? {};
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => [...data.slice(5 * row, 5 * row + 5)]);
}

function scores({ weight, bias }: LinearModel, input: readonly number[]): number[] {
  return weight.map(
    (row, output) => (bias[output] ?? 0) + row.reduce((sum, value, at) => sum + value * (input[at] ?? 0), 0),
  );
}

describe('hindsight anchors', () => {
  it('are one for each class of each task, where the model would forget more than at the start', async () => {
    const { method } = await loadMethod('hal');
    const settings = { memory: 12, replayBatch: 12, anchorRate: 0.5, meanStrength: 0.01 };
    const gains = [];
    for (const anchorSteps of [0, 40]) {
      const opened = await openLearner({
        ...plain,
        method,
        tasks: twoTasks({ count: 12 }),
        settings: { ...settings, anchorSteps },
        training: { updates: 30, learningRate: 0.3 },
      });
      await learn(opened, 1);
      const anchors = anchorsOf(opened);
      expect(anchors).toHaveLength(2);
      const present = modelOf(opened);
      // The whole memory is in the draw.
      const tuned = descend(present, heldExamples(opened), 0.5);
      const mean = [...(opened.learner.kept.meanFeatures?.data ?? [])];
      gains.push(
        anchors.map((anchor, label) => {
          const forgotten =
            Math.log(probabilities(present, anchor)[label] ?? 0) -
            Math.log(probabilities(tuned, anchor)[label] ?? 0);
          return (
            forgotten - 0.01 * anchor.reduce((sum, value, at) => sum + (value - (mean[at] ?? 0)) ** 2, 0)
          );
        }),
      );
      await learn(opened, 2);
      expect(anchorsOf(opened)).toHaveLength(4);
      expect(anchorsOf(opened).slice(0, 2)).toEqual(anchors);
    }
    const [before, after] = gains;
    after?.forEach((gain, label) => {
      expect(gain).toBeGreaterThan(before?.[label] ?? 0);
    });
  });

  it('are held where they are while batch and replay are learned', async () => {
    const { method } = await loadMethod('hal');
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 6 }),
      settings: { memory: 6, replayBatch: 6, strength: 3 },
      training: { updates: 1, batchSize: 6, learningRate: 0.3 },
    });
    const { stream } = opened;
    await learn(opened, 1);
    const before = modelOf(opened);
    const anchors = anchorsOf(opened);
    const held = heldExamples(opened);
    const second = stream.tasks[1]?.train as ListedExamples;
    const both = new ListedExamples(
      [...second.inputs, ...held.inputs],
      [...second.labels, ...held.labels],
      [5],
    );
    const ahead = descend(before, both, 0.3);
    // The slope of 3 · mean (h_θ(e) − h_θ̃(e))² by a bias, at θ.
    const right = ahead.bias.map((value, output) => {
      const slope = anchors.reduce((sum, anchor) => {
        const moved = (scores(before, anchor)[output] ?? 0) - (scores(ahead, anchor)[output] ?? 0);
        return sum + (3 * 2 * moved) / (4 * anchors.length);
      }, 0);
      return value - 0.3 * slope;
    });
    await trainOn(opened, 2);
    expectClose(modelOf(opened).bias, right, 1e-5);
    expect(Math.max(...right.map((value, at) => Math.abs(value - (ahead.bias[at] ?? 0))))).toBeGreaterThan(
      1e-3,
    );
  });

  it('are made near the running mean of the task’s own features', async () => {
    const { method } = await loadMethod('hal');
    const opened = await openLearner({
      ...plain,
      method,
      tasks: twoTasks({ count: 6 }),
      settings: { decay: 0.75 },
      training: { updates: 2, batchSize: 6 },
    });
    const { learner, stream } = opened;
    await learn(opened, 1);
    await learn(opened, 2);
    // Two whole batches from 0: 0.25 · mean, then 0.75 · 0.25 · mean + 0.25 ·
    // mean. Without a hidden layer, features are inputs.
    const second = stream.tasks[1]?.train as ListedExamples;
    const right = [0, 1, 2, 3, 4].map(
      (at) => 0.4375 * (second.inputs.reduce((sum, input) => sum + (input[at] ?? 0), 0) / 6),
    );
    expectClose(learner.kept.meanFeatures?.data ?? [], right, 1e-5);
  });
});
