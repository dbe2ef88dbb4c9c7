import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

async function open(settings = {}, name = 'lora'): Promise<Opened> {
  const { method } = await loadMethod(name);
  const backbone = { name: 'mlp', hidden: [8, 7] };
  const training = { epochs: 4, optimiser: 'adam', learningRate: 0.02 } as const;
  return openLearner({ method, tasks: twoTasks(), settings, backbone, training });
}

function testLogits(opened: Opened): Promise<number[]> {
  return logitsOf(opened, twoTasks()[0].test);
}

describe('LoRA', () => {
  it('changes no prediction at the start', async () => {
    const [adapted, plain] = [await open(), await open({}, 'finetune')];
    expectClose(await testLogits(adapted), await testLogits(plain), 1e-6);
  });

  it('computes the same merged as unmerged, and starts anew from there', async () => {
    const opened = await open({ rank: 2, merge: 'after-task' });
    const { learner, stream } = opened;
    await trainOn(opened, 1);
    const [before, weights] = [await testLogits(opened), valuesOf(learner.parameters)];
    const [task] = stream.tasks;
    if (task) await learner.method.endTask?.(learner, task);
    const after = valuesOf(learner.parameters);
    expectClose(await testLogits(opened), before, 1e-5);
    expect(after['layers.0.weight']).not.toEqual(weights['layers.0.weight']);
    expect(new Set(after['layers.0.lora_B'])).toEqual(new Set([0]));
    expect(after['layers.0.lora_A']).not.toEqual(weights['layers.0.lora_A']);
  });

  it('trains the adapters and the head and leaves every other weight as it was', async () => {
    const opened = await open();
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    await learn(opened, 2);
    const after = valuesOf(opened.learner.parameters);
    const changed = Object.keys(after).filter((name) => String(after[name]) !== String(before[name]));
    expect(changed.sort()).toEqual([
      'head.bias',
      'head.weight',
      'layers.0.lora_A',
      'layers.0.lora_B',
      'layers.1.lora_A',
      'layers.1.lora_B',
    ]);
  });

  it.each([1, 2])('changes a weight by a matrix of rank %i at most', async (rank) => {
    const opened = await open({ rank, merge: 'after-task' });
    const before = opened.learner.parameter('layers.0.weight');
    await learn(opened, 1);
    const after = opened.learner.parameter('layers.0.weight');
    const change = Array.from(after.data, (value, index) => value - (before.data[index] ?? 0));
    const values = new SingularValueDecomposition(Matrix.from1DArray(8, 5, change)).diagonal;
    expect(values[rank - 1]).toBeGreaterThan(1e-3);
    expect(values[rank]).toBeLessThan(1e-6);
  });

  it('adapts the layers that its targets name', async () => {
    const { learner } = await open({ targets: ['1'] });
    const adapters = Object.keys(learner.parameters).filter((name) => name.includes('lora'));
    expect(adapters).toEqual(['layers.1.lora_A', 'layers.1.lora_B']);
  });

  it('refuses targets that name no layer, and shows the names there are', async () => {
    await expect(open({ targets: ['qkv'] })).rejects.toThrow(/qkv .* layers\.0, layers\.1\. Set targets/);
  });
});
