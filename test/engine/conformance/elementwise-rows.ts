import * as tf from '@tensorflow/tfjs-core';
import { float32, int32 } from '../../../harness/engine/tensor.ts';
import { filled, forwardOnly, type Row, smooth, values, whole } from './row.ts';

const shapes = [[], [1], [5], [2, 3], [2, 1, 3, 2, 2]];
const broadcasts: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[2, 3], []],
  [[], [3]],
  [[1], [4]],
  [[2, 3], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[4], [2, 3, 4]],
  [
    [2, 1, 3, 1, 2],
    [2, 1, 2, 2],
  ],
];
const edges = float32([-1e9, -100, -20, -1, -0.5, 0, 0.5, 1, 1.5, 2.5, 20, 80, 1e9], [13]);
const special = float32([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1], [5]);

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** A row for each shape. */
function unary(name: string, run: (x: tf.Tensor) => tf.Tensor, from = -2, to = 2): Row[] {
  return shapes.map((shape) => smooth(`${name} of [${shape}]`, run, [values(shape, from, to)]));
}

/** A row for each broadcast. */
function binary(name: string, run: Binary, from = -2, to = 2): Row[] {
  return broadcasts.map(([a, b]) =>
    smooth(`${name} of [${a}] and [${b}]`, run, [values(a, from, to), values(b, from + 0.1, to + 0.1)]),
  );
}

/** As {@link binary}, for functions whose gradient TF.js has for equal shapes only. */
function binaryWithoutBroadcastGradient(name: string, run: Binary): Row[] {
  return broadcasts.map(([a, b]) => {
    const make = `${a}` === `${b}` ? smooth : forwardOnly;
    return make(`${name} of [${a}] and [${b}]`, run, [values(a), values(b, -1.9, 2.1)]);
  });
}

/** A row for each broadcast, on whole numbers so that some are equal. */
function comparison(name: string, run: Binary): Row[] {
  const types = (a: readonly number[], b: readonly number[]): Row[] => [
    forwardOnly(`${name} of int32 [${a}] and [${b}]`, run, [whole(a, 0, 3), whole(b, 0, 3)]),
    forwardOnly(
      `${name} of float32 [${a}] and [${b}]`,
      (x, y) => run(tf.cast(x, 'float32'), tf.cast(y, 'float32')),
      [whole(a, 0, 3), whole(b, 0, 3)],
    ),
  ];
  return broadcasts.flatMap(([a, b]) => types(a, b));
}

function logical(name: string, run: Binary): Row[] {
  return broadcasts.map(([a, b]) =>
    forwardOnly(`${name} of [${a}] and [${b}]`, (x, y) => run(tf.cast(x, 'bool'), tf.cast(y, 'bool')), [
      whole(a, 0, 2),
      whole(b, 0, 2),
    ]),
  );
}

const unaries: readonly Row[] = [
  ...unary('abs', tf.abs),
  ...unary('ceil', tf.ceil),
  ...unary('cos', tf.cos),
  ...unary('erf', tf.erf),
  ...unary('exp', tf.exp),
  ...unary('floor', tf.floor),
  ...unary('log', tf.log, 0.1, 5),
  ...unary('neg', tf.neg),
  ...unary('reciprocal', tf.reciprocal, 0.5, 3),
  ...unary('relu', tf.relu),
  ...unary('round', tf.round),
  ...unary('sigmoid', tf.sigmoid),
  ...unary('sign', tf.sign),
  ...unary('sin', tf.sin),
  ...unary('softplus', tf.softplus),
  ...unary('sqrt', tf.sqrt, 0.1, 5),
  ...unary('tanh', tf.tanh),
  ...unary('elu', tf.elu),
  ...unary('square', tf.square),
  ...unary('rsqrt', tf.rsqrt, 0.1, 5),
  ...unary('log1p', tf.log1p, -0.5, 5),
  ...unary('expm1', tf.expm1),
  ...unary('step', (x) => tf.step(x)),
  ...unary('step with a slope', (x) => tf.step(x, 0.25)),
  ...unary('leakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  ...unary('clipByValue', (x) => tf.clipByValue(x, -1, 0.5)),
  ...unary('clone', tf.clone),
  smooth('sigmoid where it saturates', tf.sigmoid, [edges]),
  smooth('tanh where it saturates', tf.tanh, [edges]),
  smooth('softplus where it is linear', tf.softplus, [edges]),
  smooth('elu where it saturates', tf.elu, [float32([-1e9, -100, -20, 0, 100], [5])]),
  smooth('erf where it saturates', tf.erf, [edges]),
  forwardOnly('round of halves goes to the even side', tf.round, [
    float32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 1e9], [7]),
  ]),
  forwardOnly('exp of extremes', tf.exp, [float32([-1e9, -104, 0, 89, 1e9], [5])]),
  forwardOnly('log at and below 0', tf.log, [float32([0, -1, 1], [3])]),
  forwardOnly(
    'log1p of tiny values keeps their digits',
    tf.log1p,
    [float32([1e-10, -1e-10, 1e-5], [3])],
    1e-12,
  ),
  forwardOnly(
    'expm1 of tiny values keeps their digits',
    tf.expm1,
    [float32([1e-10, -1e-10, 1e-5], [3])],
    1e-12,
  ),
  forwardOnly('isNaN', tf.isNaN, [special]),
  smooth('isNaN as a mask', (x) => tf.mul(x, tf.cast(tf.isNaN(x), 'float32')), [values([2, 3])]),
  forwardOnly('logicalNot', (x) => tf.logicalNot(tf.cast(x, 'bool')), [whole([2, 3], 0, 2)]),
  forwardOnly('abs of int32', tf.abs, [whole([6])]),
  forwardOnly('neg of int32', tf.neg, [whole([6])]),
  forwardOnly('relu of int32', tf.relu, [whole([6])]),
  forwardOnly('square of int32', tf.square, [whole([6])]),
  forwardOnly('clipByValue of int32', (x) => tf.clipByValue(x, -2, 3), [whole([9])]),
];

const casts: readonly Row[] = [
  smooth('float32 to float32', (x) => tf.mul(tf.cast(x, 'float32'), 2), [values([3])]),
  forwardOnly('float32 to int32 cuts towards 0', (x) => tf.cast(x, 'int32'), [
    float32([-1.7, -0.2, 0, 0.9, 2.5], [5]),
  ]),
  forwardOnly('float32 to bool', (x) => tf.cast(x, 'bool'), [float32([-1.5, 0, 0.2], [3])]),
  forwardOnly('int32 to float32', (x) => tf.cast(x, 'float32'), [whole([2, 3])]),
  forwardOnly('int32 to bool', (x) => tf.cast(x, 'bool'), [whole([5], -1, 2)]),
  forwardOnly('bool to float32', (x) => tf.cast(tf.greater(x, 0), 'float32'), [values([5])]),
  forwardOnly('bool to int32', (x) => tf.cast(tf.greater(x, 0), 'int32'), [values([5])]),
  forwardOnly('a constant of halves to int32', (x) => tf.add(x, tf.cast(tf.fill([3], 2.5), 'int32')), [
    whole([3]),
  ]),
  forwardOnly(
    'a constant 2 to bool and back',
    (x) => tf.add(x, tf.cast(tf.cast(tf.fill([3], 2), 'bool'), 'float32')),
    [values([3])],
  ),
];

const binaries: readonly Row[] = [
  ...binary('add', tf.add),
  ...binary('sub', tf.sub),
  ...binary('mul', tf.mul),
  ...binary('div', tf.div, 0.5, 3),
  ...binary('pow', tf.pow, 0.5, 2),
  ...binaryWithoutBroadcastGradient('maximum', tf.maximum),
  smooth('maximum of matrices', tf.maximum, [values([2, 3]), values([2, 3], -1.9, 2.1)]),
  ...binaryWithoutBroadcastGradient('minimum', tf.minimum),
  smooth('minimum of matrices', tf.minimum, [values([2, 3]), values([2, 3], -1.9, 2.1)]),
  ...binary('mod', tf.mod, 0.5, 7),
  ...binaryWithoutBroadcastGradient('squaredDifference', tf.squaredDifference),
  smooth('squaredDifference of matrices', tf.squaredDifference, [values([2, 3]), values([2, 3], -1.9, 2.1)]),
  ...comparison('equal', tf.equal),
  ...comparison('notEqual', tf.notEqual),
  ...comparison('greater', tf.greater),
  ...comparison('greaterEqual', tf.greaterEqual),
  ...comparison('less', tf.less),
  ...comparison('lessEqual', tf.lessEqual),
  smooth(
    'a mask has no gradient of its own',
    (a, b) => tf.mul(a, tf.cast(tf.greaterEqual(a, b), 'float32')),
    [values([2, 3]), values([2, 3], -1.9, 2.1)],
  ),
  ...logical('logicalAnd', tf.logicalAnd),
  ...logical('logicalOr', tf.logicalOr),
  forwardOnly('mod takes the sign of the divisor', tf.mod, [
    float32([7, -7, 7, -7, 6, -6, 0, 1e-7], [8]),
    float32([3, 3, -3, -3, 3, 3, 3, 5], [8]),
  ]),
  forwardOnly('mod of int32 takes the sign of the divisor', tf.mod, [
    int32([7, -7, 7, -7], [4]),
    int32([3, 3, -3, -3], [4]),
  ]),
  forwardOnly('pow of negatives', tf.pow, [float32([-2, -3, -0.5], [3]), float32([2, 3, 1], [3])]),
  forwardOnly('add of int32', tf.add, [whole([2, 3]), whole([3])]),
  forwardOnly('sub of int32', tf.sub, [whole([2, 3]), whole([3])]),
  forwardOnly('mul of int32', tf.mul, [whole([2, 3]), whole([3])]),
  forwardOnly('maximum of int32', tf.maximum, [whole([2, 3]), whole([3])]),
  forwardOnly('minimum of int32', tf.minimum, [whole([2, 3]), whole([3])]),
  forwardOnly('squaredDifference of int32', tf.squaredDifference, [whole([2, 3]), whole([3])]),
  forwardOnly(
    'int32 and a constant that float32 cannot hold',
    (x) => tf.add(x, tf.fill([3], 16_777_217, 'int32')),
    [whole([3])],
  ),
  forwardOnly('add of int32 and float32', tf.add, [whole([2, 3]), values([3])]),
  smooth('addN of three', (a, b, c) => tf.addN([a, b, c].filter((x) => x !== undefined)), [
    values([2, 3]),
    values([2, 3], 0, 1),
    values([2, 3], 5, 6),
  ]),
  smooth('addN of one', (a) => tf.addN([a]), [values([2, 3])]),
  forwardOnly('addN of int32', (a, b) => tf.addN([a, b]), [whole([3]), whole([3], 0, 9)]),
];

const choose = (condition: tf.Tensor, yes: tf.Tensor, no: tf.Tensor): tf.Tensor =>
  tf.where(tf.cast(condition, 'bool'), yes, no);

const selections: readonly Row[] = [
  smooth('where of equal shapes', choose, [whole([2, 3], 0, 2), values([2, 3]), values([2, 3], 5, 6)]),
  smooth('where of scalars', choose, [whole([], 0, 2), values([]), values([], 5, 6)]),
  smooth('where whose condition broadcasts', choose, [
    whole([2, 1], 0, 2),
    values([2, 3]),
    values([2, 3], 5, 6),
  ]),
  smooth('where whose choices broadcast', choose, [whole([2, 3], 0, 2), values([3]), values([])]),
  smooth('where with constant choices', (c, x) => tf.where(tf.cast(c, 'bool'), x, tf.zerosLike(x)), [
    whole([2, 3], 0, 2),
    values([2, 3]),
  ]),
  forwardOnly('where with two constant choices', (c) => choose(c, tf.ones([2, 3]), tf.fill([2, 3], -1e9)), [
    whole([2, 3], 0, 2),
  ]),
  forwardOnly(
    'where of constants only',
    (x) => tf.add(x, choose(tf.ones([2, 3]), tf.ones([3]), tf.zeros([2, 1]))),
    [values([2, 3])],
  ),
  forwardOnly('where of int32', choose, [whole([2, 3], 0, 2), whole([2, 3]), whole([2, 3], 7, 9)]),
  smooth('where whose condition of rank 1 broadcasts', choose, [
    int32([1, 0, 1], [3]),
    values([2, 3]),
    values([3], 5, 6),
  ]),
];

/** A constant that leaves the other operand as it is needs no node; where it broadcasts it does. */
const peepholes: readonly Row[] = [
  smooth('x + 0', (x) => tf.add(x, 0), [values([2, 3])]),
  smooth('0 + x', (x) => tf.add(0, x), [values([2, 3])]),
  smooth('x − 0', (x) => tf.sub(x, 0), [values([2, 3])]),
  smooth('0 − x', (x) => tf.sub(0, x), [values([2, 3])]),
  smooth('x · 1', (x) => tf.mul(x, 1), [values([2, 3])]),
  smooth('1 · x', (x) => tf.mul(1, x), [values([2, 3])]),
  smooth('x / 1', (x) => tf.div(x, 1), [values([2, 3])]),
  smooth('1 / x', (x) => tf.div(1, x), [values([2, 3], 1, 2)]),
  smooth('x to the power 1', (x) => tf.pow(x, 1), [values([2, 3], 0.5, 2)]),
  smooth('ones enlarge a row', (x) => tf.mul(x, tf.ones([4, 3])), [values([3])]),
  smooth('zeros enlarge a row', (x) => tf.add(tf.zeros([4, 3]), x), [values([3])]),
  smooth('ones enlarge a scalar', (x) => tf.mul(tf.ones([4, 3]), x), [values([])]),
  smooth('ones of a higher rank keep their rank', (x) => tf.mul(x, tf.ones([1, 1, 3])), [values([3])]),
  smooth('dividing by ones enlarges', (x) => tf.div(x, tf.ones([2, 3])), [values([1, 3])]),
  smooth('neg of a uniform constant', (x) => tf.mul(x, tf.reshape(tf.neg(tf.ones([6])), [2, 3])), [
    values([3]),
  ]),
  smooth('square of a uniform constant', (x) => tf.mul(x, tf.reshape(tf.square(tf.fill([6], 3)), [2, 3])), [
    values([3]),
  ]),
  smooth(
    'two uniform constants of one shape',
    (x) => tf.mul(x, tf.reshape(tf.add(tf.fill([6], 2), tf.fill([6], 3)), [2, 3])),
    [values([3])],
  ),
  smooth(
    'where between uniform constants',
    (x) => tf.mul(x, tf.reshape(choose(tf.ones([6]), tf.fill([6], 2), tf.zeros([6])), [2, 3])),
    [values([3])],
  ),
  smooth(
    'clip of a uniform constant',
    (x) => tf.mul(x, tf.reshape(tf.clipByValue(tf.fill([6], 3), 0, 2), [2, 3])),
    [values([3])],
  ),
  smooth('a gradient that starts uniform', (x) => tf.neg(tf.sum(x, -1)), [values([2, 3])]),
  smooth('two constants', (x) => tf.mul(x, tf.add(tf.fill([2, 1], 2), tf.fill([3], 3))), [values([2, 3])]),
  smooth('a frozen scalar of shape [1]', (x, one) => tf.mul(x, one), [values([2, 3]), filled([1], 1)]),
  smooth('frozen ones', (x, ones) => tf.mul(x, ones), [values([3]), filled([2, 3], 1)]),
  forwardOnly('int32 times a constant 1', (x) => tf.mul(x, tf.scalar(1, 'int32')), [whole([3])]),
  forwardOnly('int32 times a float 1 becomes float32', (x) => tf.mul(x, tf.scalar(1)), [whole([3])]),
  forwardOnly('a product with 0 still hands on NaN', (x) => tf.mul(x, 0), [special]),
];

export const elementwiseRows: readonly Row[] = [
  ...unaries,
  ...casts,
  ...binaries,
  ...selections,
  ...peepholes,
];
