import { util } from '@tensorflow/tfjs-core';
import { elementTypes } from '../model-format.ts';
import type { Handle } from '../recorder.ts';
import { cast } from './elementwise.ts';
import { attribute, input, type KernelCall, type KernelRow, type KernelTable } from './table.ts';

/** Kernels that combine the elements along axes. */
export const reductions: KernelTable = {
  Sum: reduction('ReduceSum'),
  Mean: (call) => reduce(call, cast(call, input(call, 'x'), 'float32'), 'ReduceMean'),
  // TF.js calls the axes of this one reduction differently.
  Max: reduction('ReduceMax', 'reductionIndices'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  Any: (call) => logical(call, 'ReduceMax'),
  All: (call) => logical(call, 'ReduceMin'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Cumsum: (call) => {
    const x = input(call, 'x');
    const flags = {
      exclusive: attribute<boolean>(call, 'exclusive') ? 1 : 0,
      reverse: attribute<boolean>(call, 'reverse') ? 1 : 0,
    };
    const axis = call.recorder.integers([attribute<number>(call, 'axis')]);
    return call.recorder.node('CumSum', [call.recorder.nameOf(x), axis], x.shape, x.dtype, flags);
  },
  TopK: (call) => {
    const { recorder } = call;
    const x = input(call, 'x');
    const k = attribute<number>(call, 'k');
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = recorder.nodeWithOutputs(
      'TopK',
      [recorder.nameOf(x), recorder.integers([k])],
      [
        { shape, dtype: x.dtype },
        { shape, dtype: 'int32' },
      ],
      { axis: -1, largest: 1, sorted: 1 },
    ) as [Handle, Handle];
    return [values, narrowed(call, indices)];
  },
};

function reduction(op: string, axes?: string): KernelRow {
  return (call) => reduce(call, input(call, 'x'), op, axes);
}

/** ONNX takes the axes of a sum as an input, those of the other reductions as an attribute (opset 17). */
function reduce(call: KernelCall, x: Handle, op: string, attributeOfAxes = 'axis'): Handle {
  const { recorder } = call;
  const axes = util.parseAxisParam(attribute<number | number[]>(call, attributeOfAxes), x.shape);
  if (axes.length === 0) return recorder.alias(x);
  const keepDims = attribute<boolean | undefined>(call, 'keepDims') ?? false;
  const shape = x.shape
    .map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
    .filter((_, axis) => keepDims || !axes.includes(axis));
  const operand = x.dtype === 'bool' ? cast(call, x, 'int32') : x;
  const keepdims = keepDims ? 1 : 0;
  const name = recorder.nameOf(operand);
  return op === 'ReduceSum'
    ? recorder.node(op, [name, recorder.integers(axes)], shape, operand.dtype, { keepdims })
    : recorder.node(op, [name], shape, operand.dtype, { axes, keepdims });
}

function logical(call: KernelCall, op: string): Handle {
  return cast(call, reduce(call, input(call, 'x'), op), 'bool');
}

function position(op: string): KernelRow {
  return (call) => {
    const x = input(call, 'x');
    const [axis] = util.parseAxisParam(attribute<number | number[]>(call, 'axis'), x.shape) as [number];
    const shape = x.shape.filter((_, dimension) => dimension !== axis);
    const wide = call.recorder.node(op, [call.recorder.nameOf(x)], shape, 'int32', { axis, keepdims: 0 });
    return narrowed(call, wide);
  };
}

/** ONNX answers with int64 positions; TF.js knows int32 only. */
function narrowed(call: KernelCall, positions: Handle): Handle {
  const to = elementTypes.int32;
  return call.recorder.node('Cast', [call.recorder.nameOf(positions)], positions.shape, 'int32', { to });
}
