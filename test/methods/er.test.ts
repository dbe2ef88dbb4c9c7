import { describe, expect, it } from 'vitest';
import type { ExampleReference } from '../../harness/train/example-memory.ts';
import type { Method } from '../../harness/train/method.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { descend, linearModel } from '../support/linear-model.ts';
import { ListedExamples, twoTasks } from '../support/tiny-data.ts';
import { answers, learn, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

/** The rows of one batch, as they were when the batch was complete. */
interface Composed {
  readonly current: ExampleReference[];
  readonly replayed: number[][];
}

/** Experience replay that notes every batch. */
async function observed(batches: Composed[]): Promise<Method> {
  const { method } = await loadMethod('er');
  return {
    ...method,
    composeBatch(rows, context) {
      const current = [...rows.rows];
      method.composeBatch?.(rows, context);
      const replayed = rows.rows.slice(current.length).map(inputOf);
      batches.push({ current, replayed });
    },
  };
}

function inputOf({ examples, row }: ExampleReference): number[] {
  const input = new Float32Array(5);
  examples.readStored([row], input);
  return [...input];
}

describe('experience replay', () => {
  it('replays only what was offered in earlier steps, no example twice in a batch', async () => {
    const batches: Composed[] = [];
    const opened = await openLearner({
      method: await observed(batches),
      tasks: twoTasks({ count: 40 }),
      settings: { memory: 6, replayBatch: 5 },
      training: { batchSize: 7 },
    });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(batches).toHaveLength(12);
    const offered = new Set<string>();
    for (const { current, replayed } of batches) {
      const drawn = replayed.map(String);
      expect(new Set(drawn).size).toBe(drawn.length);
      for (const input of drawn) expect(offered).toContain(input);
      for (const example of current) offered.add(String(inputOf(example)));
    }
    expect(batches.at(-1)?.replayed).toHaveLength(5);
  });

  it('offers each example once, however many epochs there are', async () => {
    const { method } = await loadMethod('er');
    const opened = await openLearner({
      method,
      tasks: twoTasks({ count: 20 }),
      settings: { memory: 100 },
      training: { epochs: 3 },
    });
    await learn(opened, 1);
    expect(opened.learner.memory?.count).toBe(20);
    await learn(opened, 2);
    expect(opened.learner.memory?.count).toBe(40);
    const tasks = [...(opened.learner.memory?.tasks ?? [])];
    expect(tasks.filter((task) => task === 1)).toHaveLength(20);
    expect(opened.learner.keptBytes).toBe(40 * (5 * 4 + 8));
  });

  it('teaches to tell tasks apart where each is trained among its own outputs', async () => {
    const { method } = await loadMethod('er');
    const tasks = twoTasks({ count: 100 });
    const opened = await openLearner({
      method,
      tasks,
      settings: { memory: 100, replayBatch: 50 },
      training: { epochs: 30, learningRate: 0.02 },
      scenario: { candidates: { train: 'current', test: 'seen' } },
    });
    for (const task of [1, 2]) await learn(opened, task);
    for (const { index, test } of tasks) {
      const given = await answers(opened, test, index, 2);
      const right = given.filter((answer, row) => answer === test.labels[row]).length;
      expect(right / given.length, `task ${index}`).toBeGreaterThan(0.6);
    }
  });

  it('never holds more than its memory', async () => {
    const { method } = await loadMethod('er');
    const opened = await openLearner({ method, tasks: twoTasks(), settings: { memory: 9 } });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(opened.learner.memory?.count).toBe(9);
  });

  it('descends the mean over current and replayed rows together', async () => {
    const { method } = await loadMethod('er');
    const [first, second] = twoTasks({ count: 3 });
    const opened = await openLearner({
      method,
      tasks: [first, second],
      settings: { memory: 10, replayBatch: 10 },
      backbone: { name: 'mlp', hidden: [] },
      training: { updates: 1, batchSize: 3, learningRate: 0.2 },
    });
    await trainOn(opened, 1);
    const { learner } = opened;
    const model = linearModel(learner.parameter('head.weight').data, learner.parameter('head.bias').data);
    await trainOn(opened, 2);
    const union = new ListedExamples(
      [...first.train.inputs, ...second.train.inputs],
      [...first.train.labels, ...second.train.labels],
      [5],
    );
    const right = descend(model, union, 0.2);
    expectClose(learner.parameter('head.weight').data, right.weight.flat(), 1e-6);
    expectClose(learner.parameter('head.bias').data, right.bias, 1e-6);
  });

  it('is fine-tuning while its memory is empty: rows of padding change nothing', async () => {
    const options = { tasks: twoTasks(), training: { updates: 1 } };
    const plain = await openLearner({ ...options, method: (await loadMethod('finetune')).method });
    const padded = await openLearner({
      ...options,
      method: (await loadMethod('er')).method,
      settings: { replayBatch: 37 },
    });
    await trainOn(plain, 1);
    await trainOn(padded, 1);
    const right = valuesOf(plain.learner.parameters);
    for (const [name, values] of Object.entries(valuesOf(padded.learner.parameters))) {
      expectClose(values, right[name] ?? [], 1e-6);
    }
  });
});
