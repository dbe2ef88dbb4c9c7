import { backend_util, type DataType, slice_util, util } from '@tensorflow/tfjs-core';
import { EngineError } from '../../program.ts';
import { elementTypes } from '../model-format.ts';
import type { Handle } from '../recorder.ts';
import { cast } from './elementwise.ts';
import { attribute, input, inputList, type KernelCall, type KernelTable } from './table.ts';

/** Kernels that make constants, and that move, repeat, cut and choose elements. */
export const shaping: KernelTable = {
  Fill: (call) =>
    call.recorder.splat(
      Number(attribute(call, 'value')),
      attribute<number[]>(call, 'shape'),
      attribute<DataType | undefined>(call, 'dtype') ?? 'float32',
    ),
  ZerosLike: (call) => call.recorder.splat(0, input(call, 'x').shape, input(call, 'x').dtype),
  OnesLike: (call) => call.recorder.splat(1, input(call, 'x').shape, input(call, 'x').dtype),
  Range: (call) => {
    const [start, stop, step] = ['start', 'stop', 'step'].map((name) => attribute<number>(call, name));
    const [from, to] = [start ?? 0, stop ?? 0];
    // As TF.js does: its step of 1, which is its default, turns round where the range goes down.
    const values = range(from, to, to < from && (step ?? 1) === 1 ? -1 : (step ?? 1));
    const dtype = attribute<DataType>(call, 'dtype');
    const array = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return call.recorder.constant(array, [values.length], dtype);
  },

  Reshape: (call) => {
    const x = input(call, 'x');
    const size = util.sizeFromShape(x.shape);
    return call.recorder.reshape(x, util.inferFromImplicitShape(attribute<number[]>(call, 'shape'), size));
  },
  ExpandDims: (call) => {
    const x = input(call, 'input');
    const shape = [...x.shape];
    const axis = attribute<number>(call, 'dim');
    shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, 1);
    return call.recorder.reshape(x, shape);
  },
  Transpose: (call) => {
    const x = input(call, 'x');
    const perm = attribute<number[]>(call, 'perm');
    const shape = perm.map((axis) => x.shape[axis] as number);
    return call.recorder.node('Transpose', [call.recorder.nameOf(x)], shape, x.dtype, { perm });
  },
  Reverse: (call) => {
    const x = input(call, 'x');
    const axes = util.parseAxisParam(attribute<number | number[]>(call, 'dims'), x.shape);
    const lowest = -(2 ** 31);
    return slice(call, x, x.shape, {
      starts: axes.map(() => -1),
      ends: axes.map(() => lowest),
      axes,
      steps: axes.map(() => -1),
    });
  },
  Tile: (call) => {
    const x = input(call, 'x');
    const repeats = attribute<number[]>(call, 'reps');
    const shape = x.shape.map((dimension, axis) => dimension * (repeats[axis] as number));
    const value = call.recorder.splatValue(x);
    if (value !== undefined) return call.recorder.splat(value, shape, x.dtype);
    const names = [call.recorder.nameOf(x), call.recorder.integers(repeats)];
    return call.recorder.node('Tile', names, shape, x.dtype);
  },
  PadV2: (call) => {
    const x = input(call, 'x');
    const paddings = attribute<[number, number][]>(call, 'paddings');
    const shape = x.shape.map((dimension, axis) => {
      const [before, after] = paddings[axis] as [number, number];
      return before + dimension + after;
    });
    const value = call.recorder.splat(attribute<number>(call, 'constantValue'), [], x.dtype);
    const amounts = call.recorder.integers([
      ...paddings.map(([before]) => before),
      ...paddings.map(([, after]) => after),
    ]);
    const names = [call.recorder.nameOf(x), amounts, call.recorder.nameOf(value)];
    return call.recorder.node('Pad', names, shape, x.dtype);
  },

  Slice: (call) => {
    const x = input(call, 'x');
    const [starts, size] = slice_util.parseSliceParams(
      x,
      attribute<number[]>(call, 'begin'),
      attribute<number[]>(call, 'size'),
    ) as [number[], number[]];
    if (size.every((length, axis) => length === x.shape[axis])) return call.recorder.alias(x);
    return slice(call, x, size, {
      starts,
      ends: starts.map((start, axis) => start + (size[axis] as number)),
    });
  },
  StridedSlice: (call) => {
    const x = input(call, 'x');
    const number = (name: string): number => attribute<number>(call, name);
    const cut = slice_util.sliceInfo(
      x.shape,
      attribute<number[]>(call, 'begin'),
      attribute<number[]>(call, 'end'),
      attribute<number[]>(call, 'strides'),
      number('beginMask'),
      number('endMask'),
      number('ellipsisMask'),
      number('newAxisMask'),
      number('shrinkAxisMask'),
    );
    const { begin: starts, strides: steps, finalShapeSparse, finalShape } = cut;
    const ends = cut.end.map((end, axis) => ((steps[axis] as number) < 0 && end < 0 ? -(2 ** 31) : end));
    const axes = starts.map((_, axis) => axis);
    return call.recorder.reshape(slice(call, x, finalShapeSparse, { starts, ends, axes, steps }), finalShape);
  },
  SplitV: (call) => {
    const x = input(call, 'x');
    const [axis] = util.parseAxisParam(attribute<number>(call, 'axis'), x.shape) as [number];
    return split(
      call,
      x,
      axis,
      backend_util.prepareSplitSize({ shape: x.shape } as never, attribute(call, 'numOrSizeSplits'), axis),
    );
  },
  Unpack: (call) => {
    const x = input(call, 'value');
    const axis = attribute<number>(call, 'axis');
    const positive = axis < 0 ? axis + x.shape.length : axis;
    const parts = split(
      call,
      x,
      positive,
      Array.from({ length: x.shape[positive] as number }, () => 1),
    );
    const shape = x.shape.filter((_, dimension) => dimension !== positive);
    return parts.map((part) => call.recorder.reshape(part, shape));
  },
  Concat: (call) => {
    const parts = inputList(call);
    const [axis] = util.parseAxisParam(attribute<number>(call, 'axis'), (parts[0] as Handle).shape) as [
      number,
    ];
    return concatenate(call, parts, axis);
  },
  Pack: (call) => {
    const parts = inputList(call);
    const axis = attribute<number>(call, 'axis');
    const shape = [...(parts[0] as Handle).shape];
    const positive = axis < 0 ? axis + shape.length + 1 : axis;
    shape.splice(positive, 0, 1);
    return concatenate(
      call,
      parts.map((part) => call.recorder.reshape(part, shape)),
      positive,
    );
  },

  GatherV2: gather,
  // The gradient of a gather: rows are summed into their segment by a product with the one-hot matrix.
  UnsortedSegmentSum: (call) => {
    const { recorder } = call;
    const x = input(call, 'x');
    const segments = attribute<number>(call, 'numSegments');
    const [rows] = x.shape as [number, ...number[]];
    const rest = x.shape.slice(1);
    const width = util.sizeFromShape(rest);
    const members = cast(call, oneHot(call, input(call, 'segmentIds'), segments), 'float32');
    const addends = cast(call, recorder.reshape(x, [rows, width]), 'float32');
    const names = [recorder.nameOf(members), recorder.nameOf(addends)];
    const sums = recorder.node('Gemm', names, [segments, width], 'float32', { transA: 1 });
    return recorder.reshape(sums, [segments, ...rest]);
  },
  OneHot: (call) => {
    const hot = oneHot(call, input(call, 'indices'), attribute<number>(call, 'depth'));
    const { recorder } = call;
    const dtype = attribute<DataType>(call, 'dtype');
    const choices = ['onValue', 'offValue'].map((name) =>
      recorder.nameOf(recorder.splat(attribute<number>(call, name), [], dtype)),
    );
    return recorder.node('Where', [recorder.nameOf(hot), ...choices], hot.shape, dtype);
  },
};

interface SliceArguments {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes?: readonly number[];
  readonly steps?: readonly number[];
}

function slice(call: KernelCall, x: Handle, shape: readonly number[], cut: SliceArguments): Handle {
  const { recorder } = call;
  const lists = [cut.starts, cut.ends, cut.axes ?? cut.starts.map((_, axis) => axis), cut.steps].filter(
    (list) => list !== undefined,
  );
  const names = [recorder.nameOf(x), ...lists.map((list) => recorder.integers(list))];
  return recorder.node('Slice', names, shape, x.dtype);
}

function split(call: KernelCall, x: Handle, axis: number, sizes: readonly number[]): Handle[] {
  if (sizes.length === 1) return [call.recorder.alias(x)];
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((dimension, other) => (other === axis ? size : dimension)),
    dtype: x.dtype,
  }));
  const names = [call.recorder.nameOf(x), call.recorder.integers(sizes)];
  return call.recorder.nodeWithOutputs('Split', names, outputs, { axis });
}

function concatenate(call: KernelCall, parts: readonly Handle[], axis: number): Handle {
  const [first] = parts as [Handle];
  const shape = [...first.shape];
  shape[axis] = parts.reduce((total, part) => total + (part.shape[axis] as number), 0);
  const filled = parts.filter((part) => part.shape[axis] !== 0);
  const names = filled.map((part) => call.recorder.nameOf(part));
  return call.recorder.node('Concat', names, shape, first.dtype, { axis });
}

/** `tf.gather`, which can also choose within each row of a batch. */
function gather(call: KernelCall): Handle {
  const { recorder } = call;
  const x = input(call, 'x');
  const indices = input(call, 'indices');
  const batchDims = attribute<number>(call, 'batchDims');
  const [axis] = util.parseAxisParam(attribute<number>(call, 'axis'), x.shape) as [number];
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  if (batchDims === 0) {
    return recorder.node('Gather', [recorder.nameOf(x), recorder.nameOf(indices)], shape, x.dtype, { axis });
  }
  if (axis !== batchDims) {
    throw new EngineError(
      `tf.gather with batchDims ${batchDims} along axis ${axis} cannot be recorded; transpose so that the axis is ${batchDims}.`,
    );
  }
  const column = recorder.reshape(indices, [...indices.shape, 1]);
  const wide = recorder.node('Cast', [recorder.nameOf(column)], column.shape, 'int32', {
    to: elementTypes.int64,
  });
  const names = [recorder.nameOf(x), recorder.nameOf(wide)];
  return recorder.node('GatherND', names, shape, x.dtype, { batch_dims: batchDims });
}

/** `indices == 0 … depth − 1` as bool `[…indices, depth]`; unlike ONNX's OneHot, −1 is no class at all. */
function oneHot(call: KernelCall, indices: Handle, depth: number): Handle {
  const { recorder } = call;
  const column = recorder.reshape(indices, [...indices.shape, 1]);
  const classes = recorder.constant(Int32Array.from(range(0, depth, 1)), [depth], 'int32');
  const names = [recorder.nameOf(column), recorder.nameOf(classes)];
  return recorder.node('Equal', names, [...indices.shape, depth], 'bool');
}

function range(start: number, stop: number, step: number): number[] {
  return Array.from(
    { length: Math.max(0, Math.ceil((stop - start) / step)) },
    (_, index) => start + index * step,
  );
}
