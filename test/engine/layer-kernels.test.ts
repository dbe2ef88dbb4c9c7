import { grads, mul, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { affine, gelu, layerNormalization } from '../../harness/engine/layer-kernels.ts';
import { float32, type HostTensor } from '../../harness/engine/tensor.ts';
import { Random } from '../../harness/random.ts';
import * as float64 from '../nn/float64.ts';
import { runOnce } from '../nn/run.ts';
import { engineNames, listOf } from './support.ts';

const random = new Random(8, 'layer kernels');

function drawn(shape: readonly number[], scale = 1, offset = 0): HostTensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return float32(
    Array.from({ length: size }, () => offset + scale * random.normal()),
    shape,
  );
}

interface Layer {
  readonly name: string;
  readonly inputs: readonly HostTensor[];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly reference: (...inputs: (readonly number[])[]) => number[];
}

const none: readonly number[] = [];
const geluInputs = float32([-30, -6, -3, -1.5, -0.5, -1e-3, 0, 1e-3, 0.5, 1.5, 3, 6, 30], [13]);

const layers: readonly Layer[] = [
  {
    name: 'affine',
    inputs: [drawn([4, 3]), drawn([5, 3]), drawn([5])],
    run: affine,
    reference: (x = none, weight = none, bias = none) =>
      float64.rowsOf(x, 3).flatMap((row) => float64.linear(row, weight, bias)),
  },
  { name: 'gelu', inputs: [geluInputs], run: gelu, reference: (x = none) => x.map(float64.gelu) },
  {
    name: 'layerNormalization',
    inputs: [drawn([4, 6]), drawn([6], 0.5, 1), drawn([6])],
    run: (x, scale, shift) => layerNormalization(x as Tensor, scale as Tensor, shift as Tensor, 1e-6),
    reference: (x = none, scale = none, shift = none) =>
      float64.rowsOf(x, 6).flatMap((row) => float64.layerNorm(row, scale, shift, 1e-6)),
  },
  {
    name: 'layerNormalization of values far from 0 with little spread',
    inputs: [drawn([3, 8], 0.05, 4), drawn([8], 0.5, 1), drawn([8])],
    run: (x, scale, shift) => layerNormalization(x as Tensor, scale as Tensor, shift as Tensor, 1e-5),
    reference: (x = none, scale = none, shift = none) =>
      float64.rowsOf(x, 8).flatMap((row) => float64.layerNorm(row, scale, shift, 1e-5)),
  },
];

describe.each(engineNames)('on %s', (engineName) => {
  it.each(layers.map((layer) => [layer.name, layer] as const))(
    '%s and its gradients are those of float64',
    async (_, { inputs, run, reference }) => {
      const lists = inputs.map(({ data }) => [...data]);
      const expected = reference(...lists);
      const weights = drawn([expected.length]);
      const named = Object.fromEntries(inputs.map((input, index) => [`input${index}`, input]));
      const results = await runOnce(engineName, { ...named, weights }, (given) => {
        const tensors = inputs.map((_input, index) => given(`input${index}`));
        const loss = (...xs: Tensor[]): Tensor => sum(mul(run(...xs).reshape([-1]), given('weights')));
        const gradients = grads(loss)(tensors).map(
          (gradient, index) => [`gradient${index}`, gradient] as const,
        );
        return { output: run(...tensors), ...Object.fromEntries(gradients) };
      });
      expect(float64.distance(listOf(results.output), expected)).toBeLessThan(5e-6);
      for (const [index, values] of lists.entries()) {
        const loss = (moved: readonly number[]): number =>
          float64.sum(
            reference(...lists.with(index, [...moved])).map((value, at) => value * (weights.data[at] ?? 0)),
          );
        const differences = float64.finiteDifferences(loss, values);
        expect(float64.distance(listOf(results[`gradient${index}`]), differences)).toBeLessThan(1e-4);
      }
    },
  );
});

it('the reference for the error function is right', () => {
  // Abramowitz & Stegun, table 7.1.
  expect(float64.erf(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(float64.erf(-1)).toBeCloseTo(-0.8427007929, 10);
  expect(float64.erf(2)).toBeCloseTo(0.995322265, 9);
  expect(1 - float64.erf(3.5)).toBeCloseTo(7.43098e-7, 12);
});
