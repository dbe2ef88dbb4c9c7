import { add, grads, mul, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Tensors } from '../../harness/engine/program.ts';
import { float32, type HostTensors } from '../../harness/engine/tensor.ts';
import { initialiseVae, logLikelihood, type VaeShape, vaeLoss } from '../../harness/nn/vae.ts';
import { Random } from '../../harness/random.ts';
import { expectClose } from '../support/closeness.ts';
import { runOnce } from './run.ts';

const shapes: VaeShape[] = (['bernoulli', 'gaussian'] as const).map((values) => ({
  inputs: 4,
  hidden: [5, 3],
  latent: 2,
  values,
}));

function normals(shape: readonly [number, number], label: string) {
  const random = new Random(1, label);
  return float32(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
    shape,
  );
}

function shares(shape: readonly [number, number]) {
  const random = new Random(2, 'shares');
  return float32(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform()),
    shape,
  );
}

/** The loss of all rows, in float64 and by nothing but arithmetic. */
function lossOf(
  shape: VaeShape,
  x: HostTensors[string],
  noise: HostTensors[string],
  parameters: HostTensors,
): number {
  const at = (name: string, input: readonly number[]): number[] => {
    const weight = parameters[`${name}.weight`]?.data ?? [];
    const bias = parameters[`${name}.bias`]?.data;
    return Array.from({ length: weight.length / input.length }, (_, row) =>
      input.reduce(
        (total, value, column) => total + value * (weight[row * input.length + column] ?? 0),
        bias?.[row] ?? 0,
      ),
    );
  };
  const through = (part: string, input: readonly number[]): number[] =>
    shape.hidden.reduce<number[]>(
      (state, _, layer) => at(`${part}.${layer}`, state).map((value) => Math.max(0, value)),
      [...input],
    );
  let total = 0;
  for (let row = 0; row < (x?.shape[0] ?? 0); row++) {
    const input = Array.from(x?.data ?? []).slice(row * shape.inputs, (row + 1) * shape.inputs);
    const read = through('encoder', input);
    const [centre, logVariance] = [at('mean', read), at('logVariance', read)];
    const z = centre.map(
      (value, k) => value + Math.exp((logVariance[k] ?? 0) / 2) * (noise?.data[row * shape.latent + k] ?? 0),
    );
    const output = at('output', through('decoder', z));
    const given = output.reduce((sofar, value, k) => {
      const target = input[k] ?? 0;
      if (shape.values === 'gaussian') return sofar + (target - value) ** 2 / 2 + Math.log(2 * Math.PI) / 2;
      const share = 1 / (1 + Math.exp(-value));
      return sofar - target * Math.log(share) - (1 - target) * Math.log(1 - share);
    }, 0);
    const divergence = centre.reduce((sofar, value, k) => {
      const variance = logVariance[k] ?? 0;
      return sofar + (value ** 2 + Math.exp(variance) - variance - 1) / 2;
    }, 0);
    total += (given + divergence) / shape.inputs;
  }
  return total;
}

describe.each(shapes)('the loss of an autoencoder of $values values', (shape) => {
  it('is the negative evidence bound, and its gradient that of finite differences', async () => {
    const parameters = initialiseVae(shape, new Random(3));
    const [x, noise] = [shares([3, 4]), normals([3, 2], 'noise')];
    const names = Object.keys(parameters);
    const { loss, ...gradients } = await runOnce('onnx', { x, noise, ...parameters }, (given) => {
      const of = (...values: Tensor[]) =>
        sum(
          vaeLoss(
            shape,
            given('x'),
            given('noise'),
            Object.fromEntries(names.map((name, at) => [name, values[at]])) as Tensors,
          ),
        );
      const values = names.map(given);
      return {
        loss: of(...values),
        ...Object.fromEntries(grads(of)(values).map((gradient, at) => [`of ${names[at]}`, gradient])),
      };
    });
    expect(loss?.data[0]).toBeCloseTo(lossOf(shape, x, noise, parameters), 5);
    for (const name of names) {
      const tensor = parameters[name];
      if (!tensor) throw new Error('unreachable');
      const slopes = Array.from(tensor.data, (value, at) => {
        const moved = (step: number): number => {
          const data = Float64Array.from(tensor.data) as unknown as Float32Array;
          data[at] = value + step;
          return lossOf(shape, x, noise, { ...parameters, [name]: { ...tensor, data } });
        };
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      expectClose(gradients[`of ${name}`]?.data ?? [], slopes, 2e-4);
    }
  });
});

describe('the log-likelihood', () => {
  it('of a linear-Gaussian model is the closed form: x ~ N(b, W Wᵀ + I)', async () => {
    const shape: VaeShape = { inputs: 2, hidden: [], latent: 1, values: 'gaussian' };
    // W = (1, 0.5), so log p(x) is that of a normal with covariance [[2, 0.5], [0.5, 1.25]].
    const [w0, w1, b0, b1] = [1, 0.5, 0.2, -0.1];
    const precision = 1 + w0 ** 2 + w1 ** 2;
    const parameters = {
      'output.weight': float32([w0, w1], [2, 1]),
      'output.bias': float32([b0, b1], [2]),
      // Wider than the posterior N(Wᵀ(x − b) / precision, 1 / precision), so that samples matter.
      'mean.weight': float32([w0 / precision, w1 / precision], [1, 2]),
      'mean.bias': float32([-(w0 * b0 + w1 * b1) / precision], [1]),
      'logVariance.weight': float32([0, 0], [1, 2]),
      'logVariance.bias': float32([Math.log(1.5 / precision)], [1]),
    };
    const points = [
      [0, 0],
      [1.5, -0.5],
      [-2, 1],
    ] as const;
    const x = float32(points.flat(), [3, 2]);
    const { found } = await runOnce(
      'onnx',
      { x, noise: normals([4000, 1], 'samples'), ...parameters },
      (given) => ({
        found: logLikelihood(
          shape,
          given('x'),
          given('noise'),
          Object.fromEntries(Object.keys(parameters).map((name) => [name, given(name)])),
        ),
      }),
    );
    const determinant = 2 * 1.25 - 0.25;
    points.forEach(([first, second], row) => {
      const [p, q] = [first - b0, second - b1];
      const square = (1.25 * p * p - p * q + 2 * q * q) / determinant;
      expect(found?.data[row]).toBeCloseTo(
        -Math.log(2 * Math.PI) - Math.log(determinant) / 2 - square / 2,
        2,
      );
    });
  });

  it('of shares is the integral over z of p(x|z) p(z)', async () => {
    const shape: VaeShape = { inputs: 3, hidden: [4], latent: 1, values: 'bernoulli' };
    const parameters = initialiseVae(shape, new Random(5));
    // Logits large enough that z matters.
    for (const name of ['output.weight', 'decoder.0.weight']) {
      const { data, shape: of } = parameters[name] as HostTensors[string];
      parameters[name] = float32(
        Float32Array.from(data, (value) => 6 * value),
        of,
      );
    }
    const x = shares([2, 3]);
    const { found } = await runOnce(
      'onnx',
      { x, noise: normals([20_000, 1], 'many'), ...parameters },
      (given) => ({
        found: logLikelihood(
          shape,
          given('x'),
          given('noise'),
          Object.fromEntries(Object.keys(parameters).map((name) => [name, given(name)])),
        ),
      }),
    );
    const values = (name: string): number[] => Array.from(parameters[name]?.data ?? []);
    for (const row of [0, 1]) {
      const step = 0.01;
      let total = 0;
      for (let z = -8; z <= 8; z += step) {
        const hidden = values('decoder.0.bias').map((bias, at) =>
          Math.max(0, bias + (values('decoder.0.weight')[at] ?? 0) * z),
        );
        const given = values('output.bias').reduce((sofar, bias, input) => {
          const logit = hidden.reduce(
            (sum, value, at) => sum + value * (values('output.weight')[4 * input + at] ?? 0),
            bias,
          );
          return sofar + (x.data[3 * row + input] ?? 0) * logit - Math.log(1 + Math.exp(logit));
        }, 0);
        total += (step * Math.exp(given - z ** 2 / 2)) / Math.sqrt(2 * Math.PI);
      }
      expect(found?.data[row]).toBeCloseTo(Math.log(total), 1.5);
    }
  });

  it('does not depend on what else is in the batch', async () => {
    const [shape] = shapes as [VaeShape];
    const parameters = initialiseVae(shape, new Random(3));
    const x = shares([3, 4]);
    const noise = normals([7, 2], 'samples');
    const run = async (rows: typeof x) =>
      (
        await runOnce('onnx', { x: rows, noise, ...parameters }, (given) => ({
          found: add(
            0,
            mul(
              1,
              logLikelihood(
                shape,
                given('x'),
                given('noise'),
                Object.fromEntries(Object.keys(parameters).map((name) => [name, given(name)])),
              ),
            ),
          ),
        }))
      ).found?.data;
    const together = await run(x);
    const alone = await run(float32(x.data.slice(4, 8) as Float32Array, [1, 4]));
    expect(alone?.[0]).toBeCloseTo(together?.[1] ?? Number.NaN, 5);
  });
});
