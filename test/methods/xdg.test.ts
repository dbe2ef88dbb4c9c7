import { describe, expect, it } from 'vitest';
import { loadMethod } from '../../harness/train/registry/methods.ts';
import { expectClose } from '../support/closeness.ts';
import { type ListedTask, twoTasks } from '../support/tiny-data.ts';
import { learn, logitsOf, type Opened, openLearner, trainOn, valuesOf } from '../support/tiny-learner.ts';

const hidden = [10, 8];

async function open(settings = {}, seed = 1, name = 'xdg'): Promise<Opened> {
  const { method } = await loadMethod(name);
  return openLearner({
    method,
    tasks: twoTasks(),
    settings,
    scenario: { kind: 'task-incremental', taskIdentity: { train: true, test: true } },
    backbone: { name: 'mlp', hidden },
    seeds: { initialWeights: seed },
  });
}

function silentUnits({ learner }: Opened, layer: number, task: number): number[] {
  const { data, shape } = learner.kept[`silent.layers.${layer}`] ?? { data: [], shape: [0, 0] };
  const [, units = 0] = shape;
  return Array.from({ length: units }, (_, unit) => unit).filter(
    (unit) => data[(task - 1) * units + unit] === 1,
  );
}

/** The logits of task 1, worked out in float64. */
function byHand(opened: Opened, gated: 'weighted-input' | 'unit'): number[] {
  const { learner, stream } = opened;
  const inputs = (stream.tasks[0] as ListedTask).train.inputs;
  const layer = (name: string, x: readonly number[], silent: readonly number[]): number[] => {
    const { data } = learner.parameter(`${name}.weight`);
    return Array.from(learner.parameter(`${name}.bias`).data, (bias, unit) => {
      const weighted = x.reduce((sum, value, index) => sum + value * (data[unit * x.length + index] ?? 0), 0);
      if (!silent.includes(unit)) return weighted + bias;
      return gated === 'unit' ? 0 : bias;
    });
  };
  const relu = (values: readonly number[]): number[] => values.map((value) => Math.max(0, value));
  return inputs.flatMap((input) => {
    const first = relu(layer('layers.0', input, silentUnits(opened, 0, 1)));
    const second = relu(layer('layers.1', first, silentUnits(opened, 1, 1)));
    return layer('head', second, []);
  });
}

describe('context-dependent gating', () => {
  it.each(['weighted-input', 'unit'] as const)('silences units by their %s', async (gated) => {
    const opened = await open({ share: 0.5, gated });
    await learn(opened, 1);
    const found = await logitsOf(opened, (opened.stream.tasks[0] as ListedTask).train);
    expectClose(found, byHand(opened, gated), 1e-5);
    const other = gated === 'unit' ? 'weighted-input' : 'unit';
    const difference = byHand(opened, other).map((value, index) => Math.abs(value - (found[index] ?? 0)));
    expect(Math.max(...difference)).toBeGreaterThan(0.01);
  });

  it('silences the share of each layer, other units for each task, layer and seed', async () => {
    const opened = await open({ share: 0.4 });
    await learn(opened, 1);
    const before = [0, 1].map((layer) => silentUnits(opened, layer, 1));
    await learn(opened, 2);
    expect([0, 1].map((layer) => silentUnits(opened, layer, 1))).toEqual(before);
    expect(before.map(({ length }) => length)).toEqual([4, 3]);
    expect(silentUnits(opened, 0, 2)).toHaveLength(4);
    expect(silentUnits(opened, 0, 2)).not.toEqual(before[0]);
    const again = await open({ share: 0.4 });
    await learn(again, 1);
    expect(silentUnits(again, 0, 1)).toEqual(before[0]);
    const others = [];
    for (const seed of [2, 3, 4]) {
      const other = await open({ share: 0.4 }, seed);
      await learn(other, 1);
      others.push(silentUnits(other, 0, 1));
    }
    expect(others.some((units) => `${units}` !== `${before[0]}`)).toBe(true);
  });

  it('leaves the weights into silent units as they are', async () => {
    const opened = await open({ share: 0.5 });
    const before = valuesOf(opened.learner.parameters)['layers.0.weight'] ?? [];
    await learn(opened, 1);
    const after = valuesOf(opened.learner.parameters)['layers.0.weight'] ?? [];
    const silent = silentUnits(opened, 0, 1);
    const changed = before.map((value, index) => (value === after[index] ? -1 : Math.floor(index / 5)));
    expect(silent.filter((unit) => changed.includes(unit))).toEqual([]);
    expect(changed.some((unit) => unit >= 0)).toBe(true);
  });

  it('with a share of 0 is fine-tuning', async () => {
    const [gated, free] = [await open({ share: 0 }), await open({}, 1, 'finetune')];
    await learn(gated, 1);
    await trainOn(free, 1);
    for (const [name, values] of Object.entries(valuesOf(free.learner.parameters)))
      expectClose(gated.learner.parameter(name).data, values, 1e-5);
  });

  it('keeps a row of gates for each task and layer', async () => {
    const opened = await open();
    for (const index of [1, 2]) {
      await learn(opened, index);
      expect(opened.learner.keptBytes).toBe(4 * index * (10 + 8));
    }
  });
});
