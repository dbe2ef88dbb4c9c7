import { grads as gradientsOf, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../harness/engine/tensor.ts';
import type { Scope } from '../../harness/train/method.ts';
import { quadraticPenalty, quadraticPenaltyGradients } from '../../harness/train/quadratic-penalty.ts';
import { runOnce } from '../nn/run.ts';
import { expectClose } from '../support/closeness.ts';

const values = [0.5, -1.25, 2, 0];
const anchors = [0.25, 1, 2, -0.5];
const importances = [2, 0.5, -3, 0];

/** The scope of a learner with two parameters, of which one is held. */
function scopeOf(theta: Tensor, anchor: Tensor, importance: Tensor): Scope<unknown> {
  const forward = () => {
    throw new Error('A penalty does not run the model.');
  };
  return {
    settings: {},
    protocol: {} as Scope<unknown>['protocol'],
    parameters: { held: theta, free: theta },
    kept: { 'anchor.held': anchor, 'importance.held': importance },
    temporary: {},
    numbers: {},
    extra: {},
    training: true,
    forward,
  };
}

function run(engine: 'onnx' | 'cpu', weighted: boolean) {
  const inputs = {
    theta: float32(values, [4]),
    anchor: float32(anchors, [4]),
    importance: float32(importances, [4]),
  };
  return runOnce(engine, inputs, (given) => {
    const importanceIn = (scope: Scope<unknown>) => (name: string) => scope.kept[`importance.${name}`];
    const of = (theta: Tensor): Scalar => {
      const scope = scopeOf(theta, given('anchor'), given('importance'));
      return quadraticPenalty(scope, weighted ? importanceIn(scope) : undefined);
    };
    const scope = scopeOf(given('theta'), given('anchor'), given('importance'));
    const [tripled] = gradientsOf((theta: Tensor) => mul(of(theta), 3))([given('theta')]);
    return {
      value: of(given('theta')),
      tripled: tripled as Tensor,
      written: quadraticPenaltyGradients(scope, importanceIn(scope)).held as Tensor,
    };
  });
}

describe.each(['onnx', 'cpu'] as const)('the quadratic penalty on %s', (engine) => {
  it.each([true, false])(
    'has the value and the derivative of its formula (importance: %s)',
    async (weighted) => {
      const omegas = weighted ? importances : [1, 1, 1, 1];
      const formula = (at: readonly number[]): number =>
        at.reduce((sum, value, i) => sum + (omegas[i] ?? 0) * (value - (anchors[i] ?? 0)) ** 2, 0);
      const { value, tripled, written } = await run(engine, weighted);
      expectClose(value?.data ?? [], [formula(values)], 1e-6);
      const step = 1e-4;
      const slopes = values.map((_, i) => {
        const moved = (by: number) => formula(values.map((other, j) => (i === j ? other + by : other)));
        return (moved(step) - moved(-step)) / (2 * step);
      });
      expectClose(
        tripled?.data ?? [],
        slopes.map((slope) => 3 * slope),
        1e-6,
      );
      if (weighted) expectClose(written?.data ?? [], slopes, 1e-6);
    },
  );
});

describe('the quadratic penalty', () => {
  it('is 0 where nothing is held yet', async () => {
    const { value } = await runOnce('onnx', { theta: float32(values, [4]) }, (given) => {
      const scope = scopeOf(given('theta'), given('theta'), given('theta'));
      return { value: quadraticPenalty({ ...scope, kept: {} }), theta: mul(given('theta'), 1) };
    });
    expect([...(value?.data ?? [])]).toEqual([0]);
  });
});
