import { backend_util, type DataType } from '@tensorflow/tfjs-core';
import { elementType } from '../element-types.ts';
import { elementTypes } from '../model-format.ts';
import type { Handle } from '../recorder.ts';
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
  Elu: unary('Elu'),
  EluGrad: eluGradient,
  Identity: (call) => call.recorder.alias(input(call, 'x')),
  Square: (call) => apply(call, 'Mul', [input(call, 'x'), input(call, 'x')]),
  Rsqrt: (call) => apply(call, 'Reciprocal', [apply(call, 'Sqrt', [input(call, 'x')])]),
  Log1p: logOfOnePlus,
  Expm1: expMinusOne,
  Step: step,
  LeakyRelu: (call) => {
    const x = input(call, 'x');
    const alpha = { float: attribute<number>(call, 'alpha') };
    return call.recorder.node('LeakyRelu', [call.recorder.nameOf(x)], x.shape, x.dtype, { alpha });
  },
  ClipByValue: (call) => {
    const x = input(call, 'x');
    const limits = [attribute<number>(call, 'clipValueMin'), attribute<number>(call, 'clipValueMax')];
    const names = limits.map((limit) => call.recorder.nameOf(call.recorder.splat(limit, [], x.dtype)));
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
  Mod: remainder,
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
  AddN: (call) => {
    const [first, ...others] = Object.values(call.inputs) as [Handle, ...Handle[]];
    // Never the input itself: TF.js would see a kernel whose result is its own input, and count its gradient twice.
    return others.reduce((total, term) => apply(call, 'Add', [total, term]), call.recorder.alias(first));
  },
  Select: select,
};

/** A tensor of another element type. */
export function cast(call: KernelCall, x: Handle, dtype: DataType): Handle {
  if (x.dtype === dtype) return call.recorder.alias(x);
  const value = call.recorder.splatValue(x);
  if (value !== undefined) return call.recorder.splat(castValue(value, dtype), x.shape, dtype);
  const to = elementTypes[elementType(dtype)];
  return call.recorder.node('Cast', [call.recorder.nameOf(x)], x.shape, dtype, { to });
}

function castValue(value: number, dtype: DataType): number {
  if (dtype === 'bool') return value === 0 ? 0 : 1;
  return dtype === 'int32' ? Math.trunc(value) : value;
}

/** One node over operands that have the result's shape or are scalars. */
function apply(call: KernelCall, op: string, operands: readonly Handle[], dtype?: DataType): Handle {
  const [first] = operands as [Handle];
  return call.recorder.node(op, namesOf(call, operands, first.shape), first.shape, dtype ?? first.dtype);
}

/**
 * The graph's names of operands that are broadcast to `shape`. A uniform constant is stored as one element
 * where another operand gives the result its shape.
 */
function namesOf(call: KernelCall, operands: readonly Handle[], shape: readonly number[]): string[] {
  const shaped = operands.some(
    (operand) => call.recorder.splatValue(operand) === undefined && sameShape(operand.shape, shape),
  );
  return operands.map((operand) => call.recorder.nameOf(operand, shaped));
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
    return call.recorder.node(op, namesOf(call, [a, b], shape), shape, dtype ?? a.dtype, attributes);
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

/** `tf.where`, which has already given condition and choices the same shape. */
function select(call: KernelCall): Handle {
  const operands = ['condition', 't', 'e'].map((name) => input(call, name)) as [Handle, Handle, Handle];
  const [, yes] = operands;
  return call.recorder.node('Where', namesOf(call, operands, yes.shape), yes.shape, yes.dtype);
}

/** `log(1 + x)`; near 0, where 1 + x drops the digits of x, by `2 artanh(x / (2 + x))`. */
function logOfOnePlus(call: KernelCall): Handle {
  const x = input(call, 'x');
  const near = apply(call, 'Less', [apply(call, 'Abs', [x]), constant(call, 0.5)], 'bool');
  const ratio = apply(call, 'Div', [x, apply(call, 'Add', [x, constant(call, 2)])]);
  const precise = apply(call, 'Mul', [apply(call, 'Atanh', [ratio]), constant(call, 2)]);
  const plain = apply(call, 'Log', [apply(call, 'Add', [x, constant(call, 1)])]);
  return apply(call, 'Where', [near, precise, plain], x.dtype);
}

/** `eˣ − 1` as `tanh(x / 2) · (eˣ + 1)`, which keeps the digits of an x near 0. */
function expMinusOne(call: KernelCall): Handle {
  const x = input(call, 'x');
  const half = apply(call, 'Tanh', [apply(call, 'Mul', [x, constant(call, 0.5)])]);
  return apply(call, 'Mul', [half, apply(call, 'Add', [apply(call, 'Exp', [x]), constant(call, 1)])]);
}

/** `dy` where the result y of elu is not negative, `dy · (y + 1)` elsewhere. */
function eluGradient(call: KernelCall): Handle {
  const dy = input(call, 'dy');
  const y = input(call, 'y');
  const slope = apply(call, 'Add', [apply(call, 'Min', [y, constant(call, 0)]), constant(call, 1)]);
  return apply(call, 'Mul', [slope, dy]);
}

/** The remainder with the sign of the divisor, as TF.js has it. ONNX has that for integers; for floats it is C's `fmod`. */
function remainder(call: KernelCall): Handle {
  if (input(call, 'a').dtype !== 'float32') return binary('Mod')(call) as Handle;
  const divisor = input(call, 'b');
  const rest = binary('Mod', {}, undefined, { fmod: 1 })(call) as Handle;
  const opposite = binary(
    'Less',
    {},
    'bool',
  )({
    ...call,
    inputs: {
      a: binary('Mul')({ ...call, inputs: { a: rest, b: divisor } }) as Handle,
      b: constant(call, 0),
    },
  }) as Handle;
  const moved = binary('Add')({ ...call, inputs: { a: rest, b: divisor } }) as Handle;
  return apply(call, 'Where', [opposite, moved, rest], rest.dtype);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}
