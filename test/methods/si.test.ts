import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { twoTasks } from '../support/tiny-data.ts';
import { learn, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const oneStep = { updates: 1, batchSize: 24, learningRate: 0.1 } as const;

async function open(name: string, settings = {}, training = {}): Promise<Opened> {
  const { method } = await loadMethod(name);
  return openLearner({ method, tasks: twoTasks(), settings, training });
}

/** The hook that runs before a task's training. */
async function begin({ learner, stream }: Opened, index: number): Promise<void> {
  const task = stream.tasks[index - 1];
  if (!task) throw new Error(`There is no task ${index}.`);
  await learner.method.beginTask?.(learner, task);
}

/** Made-up importances, some of them negative, and anchors away from the weights. */
function keepImportances({ learner }: Opened): void {
  for (const [name, { data, shape }] of Object.entries(learner.parameters)) {
    learner.kept[`importance.${name}`] = float32(
      Float32Array.from(data, (_, index) => ((index % 5) - 1) / 2),
      shape,
    );
    learner.kept[`anchor.${name}`] = float32(
      Float32Array.from(data, (value, index) => value + Math.cos(index)),
      shape,
    );
  }
}

function change(before: Record<string, number[]>, { learner }: Opened, name: string): number[] {
  const now = learner.parameter(name).data;
  return (before[name] ?? []).map((value, index) => (now[index] ?? 0) - value);
}

function kept({ learner }: Opened, kind: string, name: string): number[] {
  return [...(learner.kept[`${kind}.${name}`]?.data ?? [])];
}

/** `2 c min(Ω, limit) (θ − θ̃)` of the made-up importances. */
function pulls(opened: Opened, name: string, before: readonly number[], strength: number, limit = Infinity) {
  const [importance, anchor] = [kept(opened, 'importance', name), kept(opened, 'anchor', name)];
  return before.map(
    (value, i) => 2 * strength * Math.min(limit, importance[i] ?? 0) * (value - (anchor[i] ?? 0)),
  );
}

describe('synaptic intelligence', () => {
  it.each([
    [0, Infinity],
    [0.25, 0.25],
  ])('adds 2 c Ω (θ − θ̃) to the gradient, with importanceLimit %s', async (importanceLimit, limit) => {
    const strength = 3;
    const plain = await open('finetune', {}, oneStep);
    const bound = await open('si', { strength, importanceLimit }, oneStep);
    keepImportances(bound);
    const before = valuesOf(bound.learner.parameters);
    await begin(bound, 2);
    await trainOn(plain, 2);
    await trainOn(bound, 2);
    for (const [name, start] of Object.entries(before)) {
      const [free, held] = [change(before, plain, name), change(before, bound, name)];
      const found = free.map((value, i) => (value - (held[i] ?? 0)) / oneStep.learningRate);
      expectClose(found, pulls(bound, name, start, strength, limit), 1e-5);
    }
  });

  it.each(['total', 'unregularised'] as const)('adds −g Δθ to ω, g the %s gradient', async (pathGradient) => {
    const plain = await open('finetune', {}, oneStep);
    const bound = await open('si', { strength: 3, pathGradient }, oneStep);
    keepImportances(bound);
    const before = valuesOf(bound.learner.parameters);
    await begin(bound, 2);
    await trainOn(plain, 2);
    await trainOn(bound, 2);
    for (const name of Object.keys(before)) {
      const step = change(before, bound, name);
      const descended = pathGradient === 'total' ? step : change(before, plain, name);
      const right = step.map((moved, i) => ((descended[i] ?? 0) / oneStep.learningRate) * moved);
      expectClose(kept(bound, 'path', name), right, 1e-4);
    }
  });

  it('turns ω into Ω by the way that a weight went', async () => {
    const opened = await open('si', { damping: 0.2 });
    const before = valuesOf(opened.learner.parameters);
    await begin(opened, 1);
    await trainOn(opened, 1);
    const paths = Object.fromEntries(
      Object.keys(before).map((name) => [name, kept(opened, 'path', name)] as const),
    );
    await opened.learner.method.endTask?.(opened.learner, opened.stream.tasks[0] as never);
    for (const name of Object.keys(before)) {
      const moved = change(before, opened, name);
      const right = moved.map((by, i) => (paths[name]?.[i] ?? 0) / (by ** 2 + 0.2));
      expectClose(kept(opened, 'importance', name), right, 1e-6);
      expect(kept(opened, 'anchor', name)).toEqual([...opened.learner.parameter(name).data]);
    }
  });

  it('adds the importances of tasks up', async () => {
    const opened = await open('si', { strength: 0 });
    await learn(opened, 1);
    const first = valuesOf(opened.learner.kept);
    const before = valuesOf(opened.learner.parameters);
    await begin(opened, 2);
    await trainOn(opened, 2);
    const path = kept(opened, 'path', 'head.bias');
    await opened.learner.method.endTask?.(opened.learner, opened.stream.tasks[1] as never);
    const right = change(before, opened, 'head.bias').map(
      (by, i) => (first['importance.head.bias']?.[i] ?? 0) + (path[i] ?? 0) / (by ** 2 + 0.1),
    );
    expectClose(kept(opened, 'importance', 'head.bias'), right, 1e-6);
  });

  it('shares out the fall of the loss: all ω together are what the loss fell by', async () => {
    const training = { updates: 100, batchSize: 24, learningRate: 0.01 };
    const opened = await open('si', {}, training);
    await begin(opened, 1);
    await trainOn(opened, 1);
    // One update an epoch on all examples: an epoch's loss is the loss before its update.
    const losses = opened.events.map(({ loss }) => loss as number);
    const fallen = (losses[0] ?? 0) - (losses.at(-1) ?? 0);
    const shares = Object.keys(opened.learner.parameters).flatMap((name) => kept(opened, 'path', name));
    const total = shares.reduce((sum, share) => sum + share, 0);
    expect(fallen).toBeGreaterThan(0.1);
    expect(Math.abs(total - fallen)).toBeLessThan(0.05 * fallen);
  });

  it('gives the same ω from squared gradients where a step is −η g', async () => {
    const [path, squares] = [
      await open('si', { gradientLimit: 1 }),
      await open('si', { gradientLimit: 1, contribution: 'squared-gradients' }),
    ];
    await learn(path, 1);
    await learn(squares, 1);
    for (const name of Object.keys(path.learner.parameters)) {
      expect(Math.max(...kept(path, 'importance', name))).toBeGreaterThan(0);
      expectClose(kept(squares, 'importance', name), kept(path, 'importance', name), 1e-3);
    }
  });

  it('steps no further than the limit of the gradient allows', async () => {
    const opened = await open('si', { gradientLimit: 0.01 }, { ...oneStep, learningRate: 1 });
    const before = valuesOf(opened.learner.parameters);
    await learn(opened, 1);
    const steps = Object.keys(before).flatMap((name) => change(before, opened, name).map(Math.abs));
    expect(Math.max(...steps)).toBeCloseTo(0.01, 6);
  });

  it('is fine-tuning in the first task', async () => {
    const [plain, bound] = [await open('finetune'), await open('si')];
    await learn(plain, 1);
    await learn(bound, 1);
    expect(valuesOf(bound.learner.parameters)).toEqual(valuesOf(plain.learner.parameters));
  });

  it('keeps two tensors for each parameter between tasks', async () => {
    const opened = await open('si');
    for (const index of [1, 2]) {
      await learn(opened, index);
      expect(opened.learner.keptBytes).toBe(2 * 4 * opened.learner.totalParameters);
    }
  });

  it('refuses to clip a gradient that it must take apart', async () => {
    const failure = open('si', { gradientLimit: 1, pathGradient: 'unregularised' });
    await expect(failure).rejects.toThrow('Set gradientLimit=0 or pathGradient=total');
  });
});
