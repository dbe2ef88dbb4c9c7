import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { ExampleMemory, type ExampleReference } from '../../harness/train/example-memory.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { offer } from '../../methods/gss.ts';
import { expectClose } from '../support/closeness.ts';
import { heldExamples } from '../support/held-examples.ts';
import { descend, type LinearModel, linearModel, probabilities } from '../support/linear-model.ts';
import { ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { learn, openLearner } from '../support/tiny-learner.ts';

function rowsOf(examples: ListedExamples): ExampleReference[] {
  return Array.from({ length: examples.count }, (_, row) => ({ examples, row, task: 1 }));
}

/** A memory of three examples with these scores, all labelled 0, after a batch of the given scores was offered. */
function offered(scores: readonly number[], rowScores: readonly number[], batchScore: number, seed: number) {
  const old = new ListedExamples([[1], [2], [3]], [0, 0, 0], [1]);
  const memory = new ExampleMemory(3, old);
  rowsOf(old).forEach((example, place) => {
    memory.put(place, example);
  });
  const fresh = new ListedExamples(
    rowScores.map((_, row) => [4 + row]),
    rowScores.map(() => 1),
    [1],
  );
  const held = Float32Array.from(scores);
  const cosines = [...rowScores, batchScore].map((score) => score - 1);
  offer(memory, held, rowsOf(fresh), cosines, new Random(seed, 'for a test'));
  return { labels: [...memory.labels], scores: [...held] };
}

describe('what the memory takes', () => {
  it('is everything while there is room, with the score of the batch', () => {
    const examples = new ListedExamples([[1], [2], [3], [4]], [0, 1, 0, 1], [1]);
    const memory = new ExampleMemory(4, examples);
    const scores = new Float32Array(4);
    const [a, b, c, d] = rowsOf(examples) as [
      ExampleReference,
      ExampleReference,
      ExampleReference,
      ExampleReference,
    ];
    const random = new Random(1, 'for a test');
    offer(memory, scores, [a, b], [-1, -1, -1], random);
    expectClose(scores, [0.1, 0.1, 0, 0], 1e-6);
    offer(memory, scores, [c, d], [0.9, 0.9, 0.5], random);
    expectClose(scores, [0.1, 0.1, 1.5, 1.5], 1e-6);
    expect([...memory.labels]).toEqual([0, 1, 0, 1]);
  });

  it('is nothing of a batch whose gradient is like a stored one', () => {
    expect(offered([1, 1, 1], [0.1, 0.1, 0.1], 1, 1)).toEqual({ labels: [0, 0, 0], scores: [1, 1, 1] });
  });

  it('replaces by the share of the stored score, at places drawn in proportion to it', () => {
    const replaced = [0, 0, 0];
    const tries = 4000;
    for (let seed = 0; seed < tries; seed++) {
      const { labels, scores } = offered([0.5, 1.5, 0], [0.5], 0.5, seed);
      labels.forEach((label, place) => {
        if (label === 0) return;
        replaced[place] = (replaced[place] ?? 0) + 1;
        expect(scores[place]).toBe(0.5);
      });
    }
    // ¼ · ½ and ¾ · ¾; five deviations of a share are 0.04 at most.
    const [first = 0, second = 0, third = 0] = replaced.map((count) => count / tries);
    expect(Math.abs(first - 0.125)).toBeLessThan(0.04);
    expect(Math.abs(second - 0.5625)).toBeLessThan(0.04);
    expect(third).toBe(0);
  });
});

/** The gradient of an example's cross-entropy by weights and biases. */
function gradientOf(model: LinearModel, input: readonly number[], label: number): number[] {
  const errors = probabilities(model, input).map((share, output) => share - (output === label ? 1 : 0));
  return errors.flatMap((error) => [error, ...input.map((value) => error * value)]);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));
}

describe('gss', () => {
  it('scores a batch by its gradient’s largest cosine with those of stored examples', async () => {
    const { method } = await loadMethod('gss');
    const opened = await openLearner({
      method,
      backbone: { name: 'mlp', hidden: [] },
      tasks: twoTasks({ count: 10 }),
      settings: { memory: 20 },
      training: { epochs: 1, batchSize: 5, learningRate: 0.3 },
    });
    const { learner } = opened;
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await learn(opened, 1);
    const { inputs, labels } = heldExamples(opened);
    const first = new ListedExamples(inputs.slice(0, 5), [...labels.slice(0, 5)], [5]);
    const then = descend(model, first, 0.3);
    const gradients = inputs.map((input, row) => gradientOf(then, input, labels[row] ?? 0));
    const mean = (gradients[0] ?? []).map(
      (_, at) => gradients.slice(5).reduce((sum, gradient) => sum + (gradient[at] ?? 0), 0) / 5,
    );
    const score = 1 + Math.max(...gradients.slice(0, 5).map((gradient) => cosine(gradient, mean)));
    const right = [...Array(5).fill(0.1), ...Array(5).fill(score)];
    expectClose([...(learner.kept.scores?.data ?? [])].slice(0, 10), right, 1e-5);
  });
});
