import { backend_util, type DataType } from '@tensorflow/tfjs-core';
import { elementTypes } from '../model-format.ts';
import { elementType, type Handle } from '../recorder.ts';
import { attribute, input, type KernelCall, type KernelRow, type KernelTable } from './table.ts';

/** Kernels that compute each element alone, with broadcasting where there are two. */
export const elementwise: KernelTable = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  LogicalNot: unary('Not'),
  IsNan: unary('IsNaN', 'bool'),
  Elu: (call) => unary('Elu')(call),
  Identity: (call) => call.recorder.alias(input(call, 'x')),
  StopGradient: (call) => call.recorder.alias(input(call, 'x')),
  Square: (call) => apply(call, 'Mul', [input(call, 'x'), input(call, 'x')]),
  Rsqrt: (call) => apply(call, 'Reciprocal', [apply(call, 'Sqrt', [input(call, 'x')])]),
  Log1p: (call) => apply(call, 'Log', [apply(call, 'Add', [input(call, 'x'), constant(call, 1)])]),
  Expm1: (call) => apply(call, 'Sub', [apply(call, 'Exp', [input(call, 'x')]), constant(call, 1)]),
  Step: step,
  LeakyRelu: (call) => {
    const x = input(call, 'x');
    const alpha = { float: attribute<number>(call, 'alpha') };
    return call.recorder.node('LeakyRelu', [call.recorder.nameOf(x)], x.shape, x.dtype, { alpha });
  },
  ClipByValue: (call) => {
    const x = input(call, 'x');
    const limits = [attribute<number>(call, 'clipValueMin'), attribute<number>(call, 'clipValueMax')];
    const names = limits.map((limit) => call.recorder.float(limit));
    return call.recorder.node('Clip', [call.recorder.nameOf(x), ...names], x.shape, x.dtype);
  },
  Cast: (call) => cast(call, input(call, 'x'), attribute<DataType>(call, 'dtype')),

  Add: binary('Add', { right: 0, left: 0 }),
  Sub: binary('Sub', { right: 0 }),
  Multiply: binary('Mul', { right: 1, left: 1 }),
  RealDiv: binary('Div', { right: 1 }),
  Pow: binary('Pow', { right: 1 }),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Mod: binary('Mod', {}, undefined, { fmod: 1 }),
  Equal: binary('Equal', {}, 'bool'),
  NotEqual: (call) => apply(call, 'Not', [binary('Equal', {}, 'bool')(call) as Handle], 'bool'),
  Greater: binary('Greater', {}, 'bool'),
  GreaterEqual: binary('GreaterOrEqual', {}, 'bool'),
  Less: binary('Less', {}, 'bool'),
  LessEqual: binary('LessOrEqual', {}, 'bool'),
  LogicalAnd: binary('And', {}, 'bool'),
  LogicalOr: binary('Or', {}, 'bool'),
  SquaredDifference: (call) => {
    const difference = binary('Sub')(call) as Handle;
    return apply(call, 'Mul', [difference, difference]);
  },
  AddN: (call) =>
    Object.values(call.inputs).reduce((total, term) => apply(call, 'Add', [total, term])),
  Select: select,
};

/** A tensor of another element type. */
export function cast(call: KernelCall, x: Handle, dtype: DataType): Handle {
  if (x.dtype === dtype) return call.recorder.alias(x);
  const value = call.recorder.splatValue(x);
  if (value !== undefined) return call.recorder.splat(dtype === 'int32' ? Math.trunc(value) : value, x.shape, dtype);
  const to = elementTypes[elementType(dtype)];
  return call.recorder.node('Cast', [call.recorder.nameOf(x)], x.shape, dtype, { to });
}

/** One node over operands that have the result's shape or are scalars. */
function apply(call: KernelCall, op: string, operands: readonly Handle[], dtype?: DataType): Handle {
  const [first] = operands as [Handle];
  const names = operands.map((operand) => call.recorder.nameOf(operand, true));
  return call.recorder.node(op, names, first.shape, dtype ?? first.dtype);
}

function constant(call: KernelCall, value: number): Handle {
  return call.recorder.splat(value, [], 'float32');
}

function unary(op: string, dtype?: DataType): KernelRow {
  return (call) => apply(call, op, [Object.values(call.inputs)[0] as Handle], dtype);
}

/**
 * A node with two broadcast operands.
 * @param neutral the values that leave the other operand as it is, so that no node is needed
 */
function binary(
  op: string,
  neutral: { readonly left?: number; readonly right?: number } = {},
  dtype?: DataType,
  attributes: Readonly<Record<string, number>> = {},
): KernelRow {
  return (call) => {
    const a = input(call, 'a');
    const b = input(call, 'b');
    const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const neutralTo = (operand: Handle, other: Handle, value: number | undefined): boolean =>
      value !== undefined && call.recorder.splatValue(operand) === value && sameShape(other.shape, shape);
    if (neutralTo(b, a, neutral.right)) return call.recorder.alias(a);
    if (neutralTo(a, b, neutral.left)) return call.recorder.alias(b);
    const names = [
      call.recorder.nameOf(a, sameShape(b.shape, shape)),
      call.recorder.nameOf(b, sameShape(a.shape, shape)),
    ];
    return call.recorder.node(op, names, shape, dtype ?? a.dtype, attributes);
  };
}

/** 1 where x > 0, `alpha` elsewhere: the derivative of relu. */
function step(call: KernelCall): Handle {
  const x = input(call, 'x');
  const { recorder } = call;
  const alpha = attribute<number | undefined>(call, 'alpha') ?? 0;
  const positive = recorder.node('Greater', [recorder.nameOf(x), recorder.float(0)], x.shape, 'bool');
  if (alpha === 0) return cast(call, positive, x.dtype);
  const choices = [recorder.float(1), recorder.float(alpha)];
  return recorder.node('Where', [recorder.nameOf(positive), ...choices], x.shape, x.dtype);
}

/** `tf.where`; TF.js lets a condition of rank 1 choose whole rows. */
function select(call: KernelCall): Handle {
  const condition = input(call, 'condition');
  const yes = input(call, 't');
  const no = input(call, 'e');
  const rows = condition.shape.length === 1 && yes.shape.length > 1;
  const shaped = rows
    ? call.recorder.reshape(condition, [...condition.shape, ...yes.shape.slice(1).map(() => 1)])
    : condition;
  const names = [
    call.recorder.nameOf(shaped, false),
    call.recorder.nameOf(yes, !rows),
    call.recorder.nameOf(no, !rows),
  ];
  return call.recorder.node('Where', names, yes.shape, yes.dtype);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}
