import { grads, mul, reshape, type Scalar, sum as sumOf, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor, type HostTensors } from '../../harness/engine/tensor.ts';
import { type Activation, mixture } from '../../harness/nn/rank-one-cells.ts';
import { Random } from '../../harness/random.ts';
import { engineNames } from '../engine/support.ts';
import { at, distance, finiteDifferences, rowsOf, sum } from './float64.ts';
import * as float64 from './mixture-float64.ts';
import { runOnce } from './run.ts';

const [rows, inputs, outputs, old, fresh] = [6, 5, 4, 7, 3];
const random = new Random(3, 'rank-one cells');

function drawn(...shape: number[]): HostTensor {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return float32(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

const given = {
  x: drawn(rows, inputs),
  bankA: drawn(old, inputs),
  bankB: drawn(outputs, old),
  A: drawn(fresh, inputs),
  B: drawn(outputs, fresh),
  dy: drawn(rows, outputs),
};

function activation(settings: Partial<Activation> = {}): Activation {
  return { activation: 'self', topk: 4, temperature: 0.3, threshold: 0.2, inference: 'dense', ...settings };
}

const settings: readonly (readonly [string, Activation])[] = [
  ['the largest four', activation()],
  ['topk 1, which counts as 2, at a low temperature', activation({ topk: 1, temperature: 0.05 })],
  ['more than there are', activation({ topk: 99, threshold: 0 })],
  ['all of them, unweighted', activation({ activation: 'all' })],
];

/** The mixture in a program, of the given tensors or of others in their place. */
function updateOf(
  of: (name: string) => Tensor,
  how: Activation,
  training: boolean,
  changed: Tensor[] = [],
): Tensor {
  const [x, keys, values] = [0, 1, 2].map((place) => changed[place] ?? of(['x', 'A', 'B'][place] as string));
  const groups = [
    { keys: of('bankA'), values: of('bankB') },
    { keys: keys as Tensor, values: values as Tensor },
  ];
  return mixture(x as Tensor, groups, how, training);
}

/** The mixture by loops, of the given lists or of others in their place. */
function reference(
  how: Activation,
  training: boolean,
  changed: Partial<Record<'x' | 'A' | 'B', readonly number[]>> = {},
): number[] {
  const list = (name: 'x' | 'A' | 'B'): readonly number[] => changed[name] ?? [...given[name].data];
  const newValues = rowsOf(list('B'), fresh);
  const cells = {
    keys: [...rowsOf(given.bankA.data, inputs), ...rowsOf(list('A'), inputs)],
    values: rowsOf(given.bankB.data, old).map((row, output) => [...row, ...(newValues[output] ?? [])]),
  };
  return rowsOf(list('x'), inputs).flatMap((row) => float64.mixture(row, cells, how, training));
}

describe.each(settings)('a mixture of %s', (_, how) => {
  it.each(engineNames)('is that of the formula on %s', async (engineName) => {
    const found = await runOnce(engineName, given, (of) => ({
      training: updateOf(of, how, true),
      predicting: updateOf(of, how, false),
      sparse: updateOf(of, { ...how, inference: 'sparse' }, false),
    }));
    expect(distance(found.training?.data ?? [], reference(how, true))).toBeLessThan(1e-5);
    expect(distance(found.predicting?.data ?? [], reference(how, false))).toBeLessThan(1e-5);
    expect(distance(found.sparse?.data ?? [], reference(how, false))).toBeLessThan(1e-5);
  });

  it('has the gradients of finite differences', async () => {
    const found: HostTensors = await runOnce('onnx', given, (of) => {
      const loss = (...changed: Tensor[]): Scalar => sumOf(mul(updateOf(of, how, true, changed), of('dy')));
      const [x, A, B] = grads(loss)([of('x'), of('A'), of('B')]) as [Tensor, Tensor, Tensor];
      return { x, A, B };
    });
    for (const name of ['x', 'A', 'B'] as const) {
      const loss = (values: readonly number[]): number =>
        sum(reference(how, true, { [name]: values }).map((value, index) => value * at(given.dy.data, index)));
      const expected = finiteDifferences(loss, [...given[name].data], 1e-6);
      expect(Math.max(...expected.map(Math.abs)), name).toBeGreaterThan(0.1);
      expect(distance(found[name]?.data ?? [], expected), name).toBeLessThan(2e-4);
    }
  });
});

describe('a mixture', () => {
  it('does not see the other rows, and keeps the axes before the last', async () => {
    const found = await runOnce('onnx', given, (of) => ({
      together: updateOf(of, activation(), false, [reshape(of('x'), [2, rows / 2, inputs])]),
    }));
    expect(found.together?.shape).toEqual([2, rows / 2, outputs]);
    for (const [index, row] of rowsOf(given.x.data, inputs).entries()) {
      const alone = await runOnce('onnx', { ...given, x: float32(row, [1, inputs]) }, (of) => ({
        row: updateOf(of, activation(), false),
      }));
      const part = rowsOf(found.together?.data ?? [], outputs)[index] ?? [];
      expect(distance(alone.row?.data ?? [], part)).toBeLessThan(1e-6);
    }
  });

  it.each(['dense', 'sparse'] as const)(
    'of a row of zeros is exactly 0, and so is its gradient: %s',
    async (inference) => {
      const zeros = { ...given, x: float32(new Float32Array(rows * inputs), [rows, inputs]) };
      const found = await runOnce('onnx', zeros, (of) => {
        const how = activation({ inference, temperature: 0.01 });
        const loss = (...changed: Tensor[]): Scalar => sumOf(mul(updateOf(of, how, true, changed), of('dy')));
        const [, A, B] = grads(loss)([of('x'), of('A'), of('B')]) as [Tensor, Tensor, Tensor];
        return { y: updateOf(of, how, false), A, B };
      });
      for (const { data } of Object.values(found)) expect(new Set(data.map(Math.abs))).toEqual(new Set([0]));
    },
  );

  it('lets no cell act when predicting whose normalised response is below the threshold', async () => {
    // Eleven normalised responses of one row cannot reach 0.999 where more than one cell responds.
    const found = await runOnce('onnx', given, (of) => ({
      dense: updateOf(of, activation({ threshold: 0.999 }), false),
      sparse: updateOf(of, activation({ threshold: 0.999, inference: 'sparse' }), false),
      training: updateOf(of, activation({ threshold: 0.999 }), true),
    }));
    expect(new Set(found.dense?.data)).toEqual(new Set([0]));
    expect(new Set(found.sparse?.data)).toEqual(new Set([0]));
    expect(Math.max(...(found.training?.data ?? []).map(Math.abs))).toBeGreaterThan(0.1);
  });
});
