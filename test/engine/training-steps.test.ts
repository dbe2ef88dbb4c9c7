import { describe, expect, it } from 'vitest';
import { mlp } from '../../harness/backbones/mlp.ts';
import { vit } from '../../harness/backbones/vit.ts';
import type { EngineName } from '../../harness/engine/program.ts';
import type { HostTensors } from '../../harness/engine/tensor.ts';
import { unroll } from '../../harness/engine/unroll.ts';
import { optimiserOf } from '../../harness/nn/optimisers.ts';
import { distance } from '../nn/float64.ts';
import { engineFor, engineNames, listOf } from './support.ts';
import { initialState, stackedFeeds, stepProgram, type Training, train } from './training-steps.ts';

/**
 * How far engines may drift apart in 20 steps, relative to the larger of 1 and the value: they add in different
 * orders, and Adam divides by the root of squared gradients, which makes small differences of tiny gradients visible.
 */
const tolerance = 2e-5;
const steps = 20;

const backbones = {
  mlp: { backbone: mlp({ hidden: [12, 8] }, [3, 4], 5), inputShape: [3, 4] },
  vit: { backbone: vit({ patch: 4, width: 12, depth: 2, heads: 3 }, [2, 8, 8], 5), inputShape: [2, 8, 8] },
};
const optimisers = {
  sgd: optimiserOf('sgd', { momentum: 0.9, weightDecay: 1e-3 }),
  adam: optimiserOf('adam', { momentum: 0, weightDecay: 1e-3 }),
  adamw: optimiserOf('adamw', { momentum: 0, weightDecay: 0.05 }),
};

const trainings = Object.entries(backbones).flatMap(([network, settings]) =>
  Object.entries(optimisers).map(([name, optimiser]): [string, Training] => [
    `${network} with ${name}`,
    { ...settings, optimiser, rows: 6, classes: 5 },
  ]),
);

/** The names of tensors that differ by more than the tolerance. */
function differing(expected: HostTensors, actual: HostTensors, allowed = tolerance): string[] {
  const compared = (name: string, tensors: HostTensors): number[] =>
    name.endsWith('attn.qkv.bias') ? withoutKeys(listOf(tensors[name])) : listOf(tensors[name]);
  return Object.keys({ ...expected, ...actual }).filter(
    (name) => !(distance(compared(name, actual), compared(name, expected)) <= allowed),
  );
}

/**
 * The soft-max does not see what is added to all its inputs, so the keys' bias has the gradient 0: what stands there
 * is rounding, and Adam makes steps of full length of it.
 */
function withoutKeys(bias: readonly number[]): number[] {
  const width = bias.length / 3;
  return [...bias.slice(0, width), ...bias.slice(2 * width)];
}

async function trainOn(
  name: EngineName,
  training: Training,
): Promise<{ state: HostTensors; losses: number[] }> {
  return train(await engineFor(name), training, steps);
}

describe.each(trainings)('20 steps of %s', (_, training) => {
  it('move parameters and moments alike on onnx, wasm and cpu', async () => {
    const reference = await trainOn('cpu', training);
    for (const name of ['onnx', 'wasm'] as const) {
      const { state, losses } = await trainOn(name, training);
      expect(differing(reference.state, state), name).toEqual([]);
      expect(distance(losses, reference.losses), name).toBeLessThan(tolerance);
    }
  });

  it('move every parameter', async () => {
    const start = initialState(training);
    const { state } = await trainOn('onnx', training);
    const still = Object.keys(start).filter((name) => `${listOf(start[name])}` === `${listOf(state[name])}`);
    expect(still).toEqual([]);
  });

  it('do the same in five calls of four steps as one by one', async () => {
    const engine = await engineFor('onnx');
    const single = await train(engine, training, steps);
    const compiled = await engine.compile(unroll(stepProgram(training), 4));
    const state = engine.createState(initialState(training));
    const losses: number[] = [];
    for (let first = 1; first <= steps; first += 4) {
      losses.push(...listOf((await compiled.run(stackedFeeds(training, first, 4), state)).loss));
    }
    expect(differing(single.state, await state.read(), 1e-6)).toEqual([]);
    expect(distance(losses, single.losses)).toBeLessThan(1e-6);
  });
});

describe.each(engineNames)('on %s', (name) => {
  const training: Training = {
    ...backbones.vit,
    optimiser: optimisers.adamw,
    rows: 6,
    classes: 5,
    frozen: (parameter) => !parameter.startsWith('head.') && !parameter.includes('fc1'),
  };

  it('frozen constants give what the same values as inputs give', async () => {
    const engine = await engineFor(name);
    const constants = await train(engine, training, 5, 'constants');
    const inputs = await train(engine, training, 5, 'inputs');
    expect(differing(inputs.state, constants.state, 2e-6)).toEqual([]);
    expect(
      Object.keys(constants.state).filter((key) => !/^(\w+Moment\.)?(head|blocks\.\d\.mlp\.fc1)\./.test(key)),
    ).toEqual([]);
  });

  it('the same steps give the same bytes', async () => {
    const first = await train(await engineFor(name), training, 5);
    const second = await train(await engineFor(name), training, 5);
    expect(second).toEqual(first);
  });
});
