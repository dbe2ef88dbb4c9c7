import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyOf } from '../../../harness/engine/tensor.ts';
import { UserError } from '../../../harness/errors.ts';
import { encodeSafetensors } from '../../../harness/safetensors.ts';
import { ExampleMemory } from '../../../harness/train/example-memory.ts';
import type { Learner } from '../../../harness/train/learner.ts';
import {
  checkpointParameters,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from '../../../harness/train/loop/checkpoint.ts';
import { loadMethod } from '../../../harness/train/registry/methods.ts';
import { fakeMethod } from '../../support/fake-method.ts';
import { madeUpTask, twoTasks } from '../../support/tiny-data.ts';
import { learn, type Opened, openLearner } from '../../support/tiny-learner.ts';
import { temporaryFolder } from '../../support/tiny-run.ts';

const progress: Progress = {
  tasksDone: 1,
  cost: {
    trainingSeconds: 1.5,
    evaluationSeconds: 0.25,
    peakMemory: 1,
    trainableParameters: 2,
    totalParameters: 3,
    keptBytes: 4,
    keptExamples: 5,
  },
};

async function open(name: string, settings = {}): Promise<Opened> {
  const { method } = await loadMethod(name);
  return openLearner({ method, tasks: twoTasks(), settings, training: { optimiser: 'adam' } });
}

/** All that a learner carries from task to task; tensors as pairs, since their order counts. */
function carried(learner: Learner): unknown {
  const { parameters, moments, kept, memory, trainable, step, momentStarts } = learner;
  return {
    tensors: [parameters, moments, kept].map(Object.entries),
    memory: memory?.toTensors(),
    trainable: [...trainable],
    step,
    momentStarts,
  };
}

describe('a checkpoint', () => {
  it.each([
    ['finetune', {}],
    ['ewc', {}],
    ['er', { memory: 7 }],
    ['lora', { merge: 'after-task' }],
  ])('of %s brings back exactly what was saved, and training goes on alike', async (name, settings) => {
    const path = join(temporaryFolder(), 'checkpoint');
    const first = await open(name, settings);
    await learn(first, 1);
    saveCheckpoint(path, first.learner, progress);
    const second = await open(name, settings);
    expect(loadCheckpoint(path, second.learner)).toEqual(progress);
    expect(carried(second.learner)).toEqual(carried(first.learner));
    await learn(first, 2);
    await learn(second, 2);
    expect(carried(second.learner)).toEqual(carried(first.learner));
  });

  it('knows since when a parameter that was set anew has moments', async () => {
    const path = join(temporaryFolder(), 'checkpoint');
    const method = fakeMethod({
      beginTask: (learner, { index }) => {
        if (index === 2) learner.setParameter('head.bias', copyOf(learner.parameter('head.bias')));
      },
    });
    const tasks = [1, 2, 3].map((index) =>
      madeUpTask(index, [2 * index - 2, 2 * index - 1], { shape: [5], count: 24 }),
    );
    const training = { updates: 6, learningRate: 0.05, optimiser: 'adam', optimiserState: 'keep' } as const;
    const first = await openLearner({ method, tasks, training });
    await learn(first, 1);
    await learn(first, 2);
    saveCheckpoint(path, first.learner, progress);
    await learn(first, 3);
    const second = await openLearner({ method, tasks, training });
    loadCheckpoint(path, second.learner);
    await learn(second, 3);
    expect(carried(second.learner)).toEqual(carried(first.learner));
  });

  it('with stored examples is refused by a method that makes its memory later than in prepare', async () => {
    const path = join(temporaryFolder(), 'checkpoint');
    const late = fakeMethod({
      beginTask: (learner, { train }) => {
        learner.memory ??= new ExampleMemory(10, train);
      },
    });
    const opened = await openLearner({ method: late, tasks: twoTasks() });
    await learn(opened, 1);
    saveCheckpoint(path, opened.learner, progress);
    const { learner } = await openLearner({ method: late, tasks: twoTasks() });
    expect(() => loadCheckpoint(path, learner)).toThrow(
      'fake has no memory yet to put them into. Make it in prepare',
    );
  });

  it('that does not exist changes nothing', async () => {
    const { learner } = await open('finetune');
    const before = carried(learner);
    expect(loadCheckpoint(join(temporaryFolder(), 'none'), learner)).toBeUndefined();
    expect(carried(learner)).toEqual(before);
    const path = join(temporaryFolder(), 'none');
    expect(() => checkpointParameters(path)).toThrow(
      new UserError(`There is no checkpoint ${path}. Delete the folder of the run to make it anew.`),
    );
  });

  it.each([0, 5, 100, 1000])('cut short to %i bytes is an error that names file and cure', async (length) => {
    const path = join(temporaryFolder(), 'checkpoint');
    const opened = await open('er');
    saveCheckpoint(path, opened.learner, progress);
    expect(readFileSync(path).length).toBeGreaterThan(1000);
    truncateSync(path, length);
    expect(() => loadCheckpoint(path, opened.learner)).toThrow(UserError);
    expect(() => loadCheckpoint(path, opened.learner)).toThrow(`Delete ${path} to start the run again.`);
  });

  it('of another program is an error that names file and cure', async () => {
    const path = join(temporaryFolder(), 'checkpoint');
    const { learner } = await open('finetune');
    writeFileSync(path, encodeSafetensors({ tensors: {}, metadata: { format: 'pt' } }));
    expect(() => loadCheckpoint(path, learner)).toThrow(
      `${path} is not a checkpoint of this program. Delete ${path} to start the run again.`,
    );
    expect(existsSync(path)).toBe(true);
  });
});
