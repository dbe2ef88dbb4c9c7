import { grads, sum, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor } from '../../harness/engine/tensor.ts';
import {
  densityOfMixture,
  densityOfMode,
  logDensities,
  sampledDivergence,
} from '../../harness/nn/mixture-prior.ts';
import { Random } from '../../harness/random.ts';
import { expectClose } from '../support/closeness.ts';
import { runOnce } from './run.ts';

const [rows, modes, latent] = [3, 4, 2];

function normals(count: number, width: number, label: string): HostTensor {
  const random = new Random(1, label);
  return float32(
    Float32Array.from({ length: count * width }, () => random.normal()),
    [count, width],
  );
}

const inputs = {
  z: normals(rows, latent, 'z'),
  mean: normals(modes, latent, 'mean'),
  logVariance: normals(modes, latent, 'log-variance'),
  weights: float32([0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0, 0, 0.5, 0.5, 0], [rows, modes]),
  ofPosterior: normals(rows, latent, 'posterior mean'),
  spread: normals(rows, latent, 'posterior log-variance'),
};

type Values = Record<keyof typeof inputs, ArrayLike<number>>;

const start: Values = Object.fromEntries(
  Object.entries(inputs).map(([name, { data }]) => [name, Array.from(data)]),
) as unknown as Values;

const at = (values: ArrayLike<number>, row: number, column: number, width: number): number =>
  values[row * width + column] ?? 0;

/** log N without its constant, in float64. */
function logNormal(z: number, centre: number, logVariance: number): number {
  return -0.5 * (logVariance + (z - centre) ** 2 / Math.exp(logVariance));
}

function density({ z, mean, logVariance }: Values, row: number, mode: number): number {
  return Array.from({ length: latent }, (_, k) =>
    logNormal(at(z, row, k, latent), at(mean, mode, k, latent), at(logVariance, mode, k, latent)),
  ).reduce((total, term) => total + term, 0);
}

/** Σ over rows of log q(z|x) − log Σ_m w_m N_m(z), in float64. */
function divergence(values: Values): number {
  return Array.from({ length: rows }, (_, row) => {
    const { z, ofPosterior, spread, weights } = values;
    const q = Array.from({ length: latent }, (_, k) =>
      logNormal(at(z, row, k, latent), at(ofPosterior, row, k, latent), at(spread, row, k, latent)),
    ).reduce((total, term) => total + term, 0);
    const p = Array.from(
      { length: modes },
      (_, mode) => at(weights, row, mode, modes) * Math.exp(density(values, row, mode)),
    ).reduce((total, term) => total + term, 0);
    return q - Math.log(p);
  }).reduce((total, term) => total + term, 0);
}

describe('a mixture as prior', () => {
  it('has the density of each mode', async () => {
    const { found, chosen } = await runOnce('onnx', inputs, (given) => {
      const densities = logDensities(given('z'), {
        mean: given('mean'),
        logVariance: given('logVariance'),
      });
      return { found: densities, chosen: densityOfMode(densities, given('weights')) };
    });
    const right = [0, 1, 2].map((row) => [0, 1, 2, 3].map((mode) => density(start, row, mode)));
    expectClose([...(found?.data ?? [])], right.flat(), 1e-5);
    // The second row belongs to the first mode alone.
    expect(chosen?.data[1]).toBeCloseTo(density(start, 1, 0), 5);
  });

  it('gives the divergence of one sample, and its gradient that of finite differences', async () => {
    const names = ['z', 'mean', 'logVariance', 'ofPosterior', 'spread'] as const;
    const found = await runOnce('onnx', inputs, (given) => {
      const loss = (...values: Tensor[]): Tensor => {
        const [z, mean, logVariance, ofPosterior, spread] = values as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const logPrior = densityOfMixture(logDensities(z, { mean, logVariance }), given('weights'));
        return sum(sampledDivergence(z, { mean: ofPosterior, logVariance: spread }, logPrior));
      };
      const values = names.map((name) => given(name));
      const gradients = grads(loss)(values);
      return {
        loss: loss(...values),
        ...Object.fromEntries(names.map((name, index) => [name, gradients[index] as Tensor])),
      };
    });
    expectClose([...(found.loss?.data ?? [])], [divergence(start)], 1e-5);
    for (const name of names) {
      const values = Array.from(start[name]);
      const slopes = values.map((value, index) => {
        const moved = (by: number) =>
          divergence({ ...start, [name]: values.map((old, other) => (other === index ? value + by : old)) });
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      expectClose([...(found[name]?.data ?? [])], slopes, 1e-3);
    }
  });

  it('does not see a mode of weight 0, however dense it is', async () => {
    const given = {
      densities: float32([-100, 0, -60, 0], [2, 2]),
      weights: float32([1, 0, 1, 0], [2, 2]),
    };
    const { found, slopes } = await runOnce('onnx', given, (named) => {
      const density = (densities: Tensor): Tensor => sum(densityOfMixture(densities, named('weights')));
      const [gradient] = grads(density)([named('densities')]);
      return {
        found: densityOfMixture(named('densities'), named('weights')),
        slopes: gradient as Tensor,
      };
    });
    expect([...(found?.data ?? [])]).toEqual([-100, -60]);
    expect([...(slopes?.data ?? [])]).toEqual([1, 0, 1, 0]);
  });

  it('is no farther than 0 from a posterior that is its mode', async () => {
    const own = float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [rows, rows]);
    const { found } = await runOnce('onnx', { ...inputs, own }, (given) => {
      const same = { mean: given('ofPosterior'), logVariance: given('spread') };
      const z = given('z');
      return { found: sampledDivergence(z, same, densityOfMode(logDensities(z, same), given('own'))) };
    });
    expectClose([...(found?.data ?? [])], [0, 0, 0], 1e-5);
  });
});
