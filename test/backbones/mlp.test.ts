import { grads, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { mlp } from '../../harness/backbones/mlp.ts';
import { int32 } from '../../harness/engine/tensor.ts';
import { crossEntropyPerExample } from '../../harness/nn/losses.ts';
import { Random } from '../../harness/random.ts';
import { engineNames, listOf } from '../engine/support.ts';
import { at, crossEntropy, distance, finiteDifferences, linear, rowsOf, sum } from '../nn/float64.ts';
import { runOnce } from '../nn/run.ts';
import { drawn, forward, listsOf, strongParameters } from './support.ts';

const backbone = mlp({ hidden: [5, 4] }, [2, 3], 3);
const parameters = strongParameters(backbone);
const names = Object.keys(parameters);
const x = drawn([4, 2, 3], 'inputs');
const rows = rowsOf(x.data, 6);

/** Features and logits of one input in float64. */
function reference(
  row: readonly number[],
  lists: Record<string, readonly number[]>,
): { features: number[]; logits: number[] } {
  const dense = (name: string, input: readonly number[]): number[] =>
    linear(input, lists[`${name}.weight`] ?? [], lists[`${name}.bias`] ?? []);
  const relu = (values: readonly number[]): number[] => values.map((value) => Math.max(0, value));
  const features = relu(dense('layers.1', relu(dense('layers.0', row))));
  return { features, logits: dense('head', features) };
}

describe('the parameters', () => {
  const fresh = backbone.initialise(new Random(1));

  it('are a weight and a bias for each layer', () => {
    expect(Object.fromEntries(Object.entries(fresh).map(([name, { shape }]) => [name, shape]))).toEqual({
      'layers.0.weight': [5, 6],
      'layers.0.bias': [5],
      'layers.1.weight': [4, 5],
      'layers.1.bias': [4],
      'head.weight': [3, 4],
      'head.bias': [3],
    });
  });

  it("start uniform in ±1/√inputs, as PyTorch's nn.Linear", () => {
    const large = mlp({ hidden: [400] }, [784], 10).initialise(new Random(1));
    const limits = {
      'layers.0.weight': 1 / 28,
      'layers.0.bias': 1 / 28,
      'head.weight': 1 / 20,
      'head.bias': 1 / 20,
    };
    for (const [name, limit] of Object.entries(limits)) {
      const values = listOf(large[name]);
      expect(Math.max(...values.map(Math.abs).slice(0, 10_000)), name).toBeLessThanOrEqual(limit);
      const variance = sum(values.map((value) => value ** 2)) / values.length;
      const error = Math.sqrt(4 / 45 / values.length) * limit ** 2;
      expect(Math.abs(variance - limit ** 2 / 3), name).toBeLessThan(5 * error);
    }
  });

  it('start with Xavier-uniform weights and biases of 0 where that is asked for', () => {
    const large = mlp({ hidden: [100], initialisation: 'xavier-uniform' }, [784], 10).initialise(
      new Random(1),
    );
    for (const [name, inputs, outputs] of [
      ['layers.0', 784, 100],
      ['head', 100, 10],
    ] as const) {
      const limit = Math.sqrt(6 / (inputs + outputs));
      const values = listOf(large[`${name}.weight`]);
      expect(large[`${name}.weight`]?.shape, name).toEqual([outputs, inputs]);
      expect(Math.max(...values.map(Math.abs).slice(0, 10_000)), name).toBeLessThanOrEqual(limit);
      const variance = sum(values.map((value) => value ** 2)) / values.length;
      const error = Math.sqrt(4 / 45 / values.length) * limit ** 2;
      expect(Math.abs(variance - limit ** 2 / 3), name).toBeLessThan(5 * error);
      expect(new Set(listOf(large[`${name}.bias`])), name).toEqual(new Set([0]));
    }
  });

  it('match the layers, the head last', () => {
    expect(backbone.layers).toEqual([
      { name: 'layers.0', inputs: 6, outputs: 5 },
      { name: 'layers.1', inputs: 5, outputs: 4 },
      { name: 'head', inputs: 4, outputs: 3 },
    ]);
  });

  it('without hidden layers are those of a linear classifier', () => {
    expect(mlp({ hidden: [] }, [2, 3], 4).layers).toEqual([{ name: 'head', inputs: 6, outputs: 4 }]);
  });
});

it('every linear layer is computed once, in order, through the one function', async () => {
  const seen: string[] = [];
  await runOnce('cpu', { x, ...parameters }, (given) => {
    const { logits } = backbone.forward(given('x'), {}, (layer, input) => {
      seen.push(layer.name);
      return input.matMul(given(`${layer.name}.weight`), false, true);
    });
    return { logits };
  });
  expect(seen).toEqual(['layers.0', 'layers.1', 'head']);
});

describe.each(engineNames)('on %s', (engineName) => {
  it('features and logits are those of the float64 reference', async () => {
    const { features, logits } = await runOnce(engineName, { x, ...parameters }, (given) =>
      forward(backbone, given('x'), Object.fromEntries(names.map((name) => [name, given(name)]))),
    );
    const expected = rows.map((row) => reference(row, listsOf(parameters)));
    expect(
      distance(
        listOf(features),
        expected.flatMap((one) => one.features),
      ),
    ).toBeLessThan(1e-6);
    expect(
      distance(
        listOf(logits),
        expected.flatMap((one) => one.logits),
      ),
    ).toBeLessThan(1e-6);
  });

  it('the gradient of the loss is that of finite differences, for every parameter', async () => {
    const labels = int32([2, 0, 1, 1], [4]);
    const gradients = await runOnce(engineName, { x, labels, ...parameters }, (given) => {
      const loss = (...values: Tensor[]): Tensor => {
        const tensors = Object.fromEntries(names.map((name, index) => [name, values[index] as Tensor]));
        return crossEntropyPerExample(forward(backbone, given('x'), tensors).logits, given('labels')).mean();
      };
      const slopes = grads(loss)(names.map(given));
      return Object.fromEntries(names.map((name, index) => [name, slopes[index] as Tensor]));
    });
    const lists = listsOf(parameters);
    for (const name of names) {
      const loss = (values: readonly number[]): number => {
        const moved = { ...lists, [name]: [...values] };
        return (
          sum(rows.map((row, index) => crossEntropy(reference(row, moved).logits, at(labels.data, index)))) /
          4
        );
      };
      expect(
        distance(listOf(gradients[name]), finiteDifferences(loss, lists[name] ?? [])),
        name,
      ).toBeLessThan(1e-6);
    }
  });
});
