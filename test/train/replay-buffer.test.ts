import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { randomSelection } from '../../harness/train/replay-buffer.ts';
import { madeUpTask, twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner } from '../support/tiny-learner.ts';

const form = { shape: [5], count: 24 };

/** Counts of held examples by task and label after each of three tasks of two classes each. */
async function held(settings: Record<string, unknown>, shared: boolean): Promise<Record<string, number>[]> {
  const { method } = await loadMethod('er');
  const outputs = (task: number): number[] => (shared ? [0, 1] : [2 * task - 2, 2 * task - 1]);
  const tasks = [1, 2, 3].map((index) => madeUpTask(index, outputs(index), form));
  const opened = await openLearner({ method, tasks, settings });
  const counts: Record<string, number>[] = [];
  for (const { index } of tasks) {
    await learn(opened, index);
    counts.push(countsOf(opened));
  }
  return counts;
}

function countsOf({ learner: { memory } }: Opened): Record<string, number> {
  const counts: Record<string, number> = {};
  memory?.labels.forEach((label, place) => {
    const key = `${memory.tasks[place]}:${label}`;
    counts[key] = (counts[key] ?? 0) + 1;
  });
  return counts;
}

describe('what a memory holds after each task', () => {
  it('per class: as many of each, from its tasks alike', async () => {
    expect((await held({ buffer: 'per-class', memory: 6 }, false)).at(-1)).toEqual({
      '1:0': 6,
      '1:1': 6,
      '2:2': 6,
      '2:3': 6,
      '3:4': 6,
      '3:5': 6,
    });
    const shared = await held({ buffer: 'per-class', memory: 6 }, true);
    expect(shared[1]).toEqual({ '1:0': 3, '1:1': 3, '2:0': 3, '2:1': 3 });
    expect(shared[2]).toEqual({ '1:0': 2, '1:1': 2, '2:0': 2, '2:1': 2, '3:0': 2, '3:1': 2 });
  });

  it('per class and task: as many of each class in each task', async () => {
    expect((await held({ buffer: 'per-class-and-task', memory: 4 }, true))[2]).toEqual({
      '1:0': 4,
      '1:1': 4,
      '2:0': 4,
      '2:1': 4,
      '3:0': 4,
      '3:1': 4,
    });
  });

  it('shared: a budget in all, in equal parts', async () => {
    const byClass = await held({ buffer: 'shared-by-classes', memory: 13 }, false);
    expect(byClass[0]).toEqual({ '1:0': 6, '1:1': 6 });
    expect(byClass[2]).toEqual({ '1:0': 2, '1:1': 2, '2:2': 2, '2:3': 2, '3:4': 2, '3:5': 2 });
    for (const [at, counts] of (await held({ buffer: 'shared-by-tasks', memory: 20 }, false)).entries()) {
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      expect(total).toBe([20, 20, 18][at]);
    }
    const perTask = await held({ buffer: 'per-task', memory: 5 }, false);
    expect(Object.values(perTask[2] ?? {}).reduce((sum, count) => sum + count, 0)).toBe(15);
  });

  it.each([
    ['shared-by-tasks', 2, false],
    ['shared-by-classes', 3, false],
    ['per-class', 1, true],
  ])('smaller than its groups: %s of %i stays full', async (buffer, memory, shared) => {
    const total = buffer === 'per-class' ? 2 * memory : memory;
    for (const counts of (await held({ buffer, memory }, shared)).slice(1)) {
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(total);
    }
  });

  it('is a uniform draw of a class', () => {
    const counts = new Array<number>(10).fill(0);
    const rows = counts.map((_, row) => row + 100);
    for (let seed = 0; seed < 2000; seed++) {
      for (const row of randomSelection(new Random(seed))(rows, 3, 0))
        counts[row - 100] = (counts[row - 100] ?? 0) + 1;
    }
    // Each 600 in expectation, with a standard deviation of 20.5.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(4.5 * 20.5);
  });
});

describe('an enlarged training set', () => {
  const rows = async (settings: Record<string, unknown>): Promise<number[]> => {
    const { method } = await loadMethod('er');
    const tasks = [1, 2, 3].map((index) => madeUpTask(index, [2 * index - 2, 2 * index - 1], form));
    const opened = await openLearner({ method, tasks, settings: { weighting: 'enlarged-set', ...settings } });
    const added: number[] = [];
    for (const task of opened.stream.tasks) {
      added.push(method.addedExamples?.(opened.learner, task).length ?? 0);
      await learn(opened, task.index);
    }
    return added;
  };

  it('has about as many examples of memory as of the task, whatever the size of the memory counts', async () => {
    expect(await rows({ buffer: 'per-class', memory: 3 })).toEqual([0, 24, 24]);
    expect(await rows({ buffer: 'per-task', memory: 6 })).toEqual([0, 24, 24]);
    expect(await rows({ buffer: 'shared-by-tasks', memory: 6 })).toEqual([0, 24, 24]);
  });

  it('is not made with a reservoir, which changes while the task goes through it', async () => {
    await expect(rows({ buffer: 'reservoir', memory: 6 })).rejects.toThrow(
      'er cannot add a reservoir to the training set',
    );
  });
});

describe('weights of replay in the k-th task', () => {
  it('make 1/k of the current mean and 1 − 1/k of the replayed, each past task alike', async () => {
    const { method } = await loadMethod('er');
    const totals: number[][] = [];
    const tasks = [1, 2, 3].map((index) => madeUpTask(index, [2 * index - 2, 2 * index - 1], form));
    const opened = await openLearner({
      method: {
        ...method,
        composeBatch(rows, context) {
          method.composeBatch?.(rows, context);
          const feeds = {
            inputs: { shape: [20, 5], dtype: 'float32' as const, data: new Float32Array(100) },
            weights: { shape: [20], dtype: 'float32' as const, data: new Float32Array(20) },
          };
          rows.write(() => new Float32Array(6).fill(1), feeds);
          const of = (task: number): number =>
            rows.rows.reduce((sum, { task: its }, at) => {
              const place = at < rows.own.length ? at : 8 + at - rows.own.length;
              return its === task ? sum + (feeds.weights.data[place] ?? 0) : sum;
            }, 0);
          const shares = [1, 2, 3].map(of);
          const total = shares.reduce((sum, share) => sum + share);
          totals.push(shares.map((share) => share / total));
        },
      },
      tasks,
      settings: {
        buffer: 'per-class',
        memory: 4,
        replayBatch: 7,
        draw: 'passes',
        replayFrom: 'each-past-task',
        weighting: 'by-tasks',
      },
      training: { updates: 3 },
      scenario: {
        kind: 'task-incremental',
        candidates: { train: 'current', test: 'current' },
        taskIdentity: { train: true, test: true },
      },
    });
    for (const index of [1, 2, 3]) await learn(opened, index);
    const expected = [
      [1, 0, 0],
      [1 / 2, 1 / 2, 0],
      [1 / 3, 1 / 3, 1 / 3],
    ];
    totals.forEach((found, step) => {
      found.forEach((share, task) => {
        expect(share).toBeCloseTo(expected[Math.floor(step / 3)]?.[task] ?? Number.NaN, 6);
      });
    });
  });
});

describe('passes over the memory', () => {
  it('go through every stored example before one comes again', async () => {
    const { method } = await loadMethod('er');
    const drawn: string[][] = [];
    const opened = await openLearner({
      method: {
        ...method,
        composeBatch(rows, context) {
          method.composeBatch?.(rows, context);
          if (context.task.index === 1) return;
          drawn.push(
            rows.rows.slice(rows.own.length).map(({ examples, row }) => {
              const values = new Float32Array(5);
              examples.readStored([row], values);
              return String(values);
            }),
          );
        },
      },
      tasks: twoTasks(),
      settings: { buffer: 'per-class', memory: 6, replayBatch: 4, draw: 'passes' },
      training: { updates: 6 },
    });
    await learn(opened, 1);
    await learn(opened, 2);
    expect(drawn.map(({ length }) => length)).toEqual([4, 4, 4, 4, 4, 4]);
    for (const first of [0, 3]) expect(new Set(drawn.slice(first, first + 3).flat()).size).toBe(12);
  });
});
