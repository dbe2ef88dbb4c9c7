import { describe, expect, it } from 'vitest';
import type { Candidates } from '../../harness/stream/scenario.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { type LearnerOptions, learn, openLearner, valuesOf } from '../support/tiny-learner.ts';

describe('joint training', () => {
  it('gives the same weights whatever was trained before, when it restarts', async () => {
    const { method } = await loadMethod('joint');
    const training = { optimiser: 'adam', learningRate: 0.01 } as const;
    const inOrder = await openLearner({ method, tasks: twoTasks(), training });
    await learn(inOrder, 1);
    await learn(inOrder, 2);
    const atOnce = await openLearner({ method, tasks: twoTasks(), training });
    await learn(atOnce, 2);
    expect(valuesOf(inOrder.learner.parameters)).toEqual(valuesOf(atOnce.learner.parameters));
  });

  it('goes on from the weights it has, when it does not restart', async () => {
    const { method } = await loadMethod('joint');
    const settings = { restart: false };
    const inOrder = await openLearner({ method, tasks: twoTasks(), settings });
    await learn(inOrder, 1);
    await learn(inOrder, 2);
    const atOnce = await openLearner({ method, tasks: twoTasks(), settings });
    await learn(atOnce, 2);
    expect(valuesOf(inOrder.learner.parameters)).not.toEqual(valuesOf(atOnce.learner.parameters));
  });

  it('trains on every example of all tasks so far in each epoch', async () => {
    const { method } = await loadMethod('joint');
    const tasks = twoTasks({ count: 20 });
    const opened = await openLearner({ method, tasks, training: { epochs: 3 } });
    await learn(opened, 1);
    expect(tasks.map(({ train }) => train.rowsRead)).toEqual([60, 0]);
    await learn(opened, 2);
    expect(tasks.map(({ train }) => train.rowsRead)).toEqual([120, 60]);
  });

  it('takes the sum of the budgets of the tasks it trains on, where they are in updates', async () => {
    const { method } = await loadMethod('joint');
    const opened = await openLearner({ method, tasks: twoTasks(), training: { updates: 5 } });
    await learn(opened, 1);
    expect(opened.learner.step).toBe(5);
    await learn(opened, 2);
    expect(opened.learner.step).toBe(10);
  });

  it('takes the budget of one task, where it is told to', async () => {
    const { method } = await loadMethod('joint');
    const settings = { restart: false, updates: 'task' };
    const opened = await openLearner({ method, tasks: twoTasks(), settings, training: { updates: 5 } });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(opened.learner.step).toBe(10);
  });

  it('trains once after the last task, where it is told to, and ends where it ends otherwise', async () => {
    const { method } = await loadMethod('joint');
    const run = async (when: string) => {
      const tasks = twoTasks({ count: 20 });
      const opened = await openLearner({ method, tasks, settings: { when }, training: { epochs: 3 } });
      await learn(opened, 1);
      const before = tasks.map(({ train }) => train.rowsRead);
      await learn(opened, 2);
      return { before, after: valuesOf(opened.learner.parameters) };
    };
    const [once, always] = [await run('last-task'), await run('every-task')];
    expect(once.before).toEqual([0, 0]);
    expect(always.before).toEqual([60, 0]);
    expect(once.after).toEqual(always.after);
  });

  it('draws as many examples of each task into every batch, where it is told to', async () => {
    const { method } = await loadMethod('joint');
    const run = async (batches: string) => {
      const shares: string[] = [];
      const watched: typeof method = {
        ...method,
        composeBatch: ({ rows }) => {
          shares.push([1, 2].map((task) => rows.filter((row) => row.task === task).length).join(' '));
        },
      };
      const opened = await openLearner({
        method: watched,
        tasks: twoTasks({ count: 22 }),
        settings: { batches },
        training: { updates: 6, batchSize: 7 },
      });
      await learn(opened, 2);
      return shares;
    };
    expect(await run('each')).toEqual(Array(12).fill('4 4'));
    expect(new Set(await run('one')).size).toBeGreaterThan(1);
  });

  it.each<[Candidates, outputs: number[]]>([
    ['current', [0, 1]],
    ['seen', [0, 1, 2, 3]],
  ])('trains an example on the outputs that it is tested on, where these are %s', async (test, outputs) => {
    const { method } = await loadMethod('joint');
    const told = test === 'current';
    const scenario: LearnerOptions['scenario'] = {
      kind: told ? 'task-incremental' : 'class-incremental',
      candidates: { train: 'current', test },
      taskIdentity: { train: true, test: told },
    };
    const { learner } = await openLearner({ method, tasks: twoTasks(), scenario });
    expect(indicesOf(learner.protocol.candidates('train', 1, 2))).toEqual(outputs);
  });
});

/** Where a mask is 1. */
function indicesOf(mask: Float32Array): number[] {
  return [...mask.keys()].filter((output) => mask[output] === 1);
}
