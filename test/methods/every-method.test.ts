import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { measureRow } from '../../harness/train/loop/measure.ts';
import type { Method } from '../../harness/train/method.ts';
import { loadMethod, methodNames } from '../../harness/train/registry/methods.ts';
import { madeUpTask } from '../support/tiny-data.ts';
import { answers, learn, type Opened, openLearner, valuesOf } from '../support/tiny-learner.ts';

/** Two tasks with more test examples than a prediction batch has rows. */
function tasks() {
  const form = { shape: [5], count: 600 };
  return [madeUpTask(1, [0, 1], form), madeUpTask(2, [2, 3], form)] as const;
}

function open(method: Method, over = tasks()): Promise<Opened> {
  const test = method.needs?.taskIdentityAtTest === true;
  const kind = method.kinds?.[0] ?? (test ? 'task-incremental' : 'class-incremental');
  return openLearner({
    method,
    tasks: over,
    scenario: { kind, taskIdentity: { train: true, test } },
    // Methods that are told the task may learn it with a part of the units, and from fresh weights.
    backbone: { name: 'mlp', hidden: [test ? 20 : 6] },
    training: { batchSize: 50, optimiser: 'adam', learningRate: test ? 0.02 : 0.005 },
  });
}

describe.each(methodNames())('the method %s', (name) => {
  it('bears the name of its file and describes its settings', async () => {
    const { method } = await loadMethod(name);
    expect(method.name).toBe(name);
    expect(method.summary).toMatch(/\.$/);
    for (const { default: byDefault, description } of Object.values(method.settings)) {
      expect(byDefault).toBeDefined();
      expect(description).toMatch(/\.$/);
    }
  });

  it('answers for an example whatever others are in its batch', async () => {
    const over = tasks();
    const opened = await open((await loadMethod(name)).method, over);
    await learn(opened, 1);
    await learn(opened, 2);
    const { test } = over[1];
    const inOrder = await answers(opened, test, 2, 2);
    expect(new Set(inOrder).size).toBeGreaterThan(1);
    const shuffled = [...new Random(1).permutation(test.count)];
    const inDisorder = await answers(opened, test.picked(shuffled), 2, 2);
    expect(inDisorder).toEqual(shuffled.map((row) => inOrder[row]));
    for (const row of [0, 17, 299]) {
      expect(await answers(opened, test.picked([row]), 2, 2)).toEqual([inOrder[row]]);
    }
  });

  it('never reads the test or the validation set while it trains', async () => {
    const over = tasks();
    const opened = await open((await loadMethod(name)).method, over);
    await learn(opened, 1);
    await learn(opened, 2);
    expect(over.map(({ test, validation }) => [test.rowsRead, validation.rowsRead])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('comes to the same weights and the same memory from the same seeds', async () => {
    const { method } = await loadMethod(name);
    const results = [];
    for (const opened of [await open(method), await open(method)]) {
      await learn(opened, 1);
      await learn(opened, 2);
      const { parameters, kept, memory } = opened.learner;
      results.push([valuesOf(parameters), valuesOf(kept), memory?.toTensors()]);
    }
    expect(results[0]).toEqual(results[1]);
  });
});

describe.each(['test', 'validation'] as const)('accuracy measured on %s data', (part) => {
  it('reads that set alone', async () => {
    const over = tasks();
    const { learner, engine } = await open((await loadMethod('finetune')).method, over);
    const row = await measureRow(learner, engine, over, 0, part);
    expect(row.map(({ total }) => total)).toEqual(over.map((task) => task[part].count));
    const read = over.flatMap(({ train, validation, test }) =>
      [train, validation, test].map((set) => set.rowsRead),
    );
    expect(read.filter((rows) => rows > 0)).toEqual(over.map((task) => task[part].count));
    for (const task of over) expect(task[part].rowsRead).toBe(task[part].count);
  });
});
