import { backend_util } from '@tensorflow/tfjs-core';
import type { Handle } from '../recorder.ts';
import { attribute, input, type KernelCall, type KernelTable } from './table.ts';

/** Products of matrices and the layers that ONNX Runtime has as one operation. */
export const network: KernelTable = {
  BatchMatMul: (call) => product(call),
  Affine: (call) => {
    const [x, weight, bias] = ['x', 'weight', 'bias'].map((name) => input(call, name)) as [
      Handle,
      Handle,
      Handle,
    ];
    const names = [x, weight, bias].map((handle) => call.recorder.nameOf(handle));
    const shape = [x.shape[0] as number, weight.shape[0] as number];
    return call.recorder.node('Gemm', names, shape, x.dtype, { transB: 1 });
  },
  Softmax: (call) => {
    const logits = input(call, 'logits');
    const axis = attribute<number>(call, 'dim');
    return call.recorder.node('Softmax', [call.recorder.nameOf(logits)], logits.shape, logits.dtype, {
      axis,
    });
  },
  Gelu: (call) => {
    const x = input(call, 'x');
    return call.recorder.node('Gelu', [call.recorder.nameOf(x)], x.shape, x.dtype, {}, 'com.microsoft');
  },
  LayerNormalization: (call) => {
    const { recorder } = call;
    const x = input(call, 'x');
    const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: x.dtype };
    const names = ['x', 'scale', 'shift'].map((name) => recorder.nameOf(input(call, name)));
    return recorder.nodeWithOutputs(
      'LayerNormalization',
      names,
      [{ shape: x.shape, dtype: x.dtype }, statistics, statistics],
      { axis: -1, epsilon: { float: attribute<number>(call, 'epsilon') } },
    );
  },
};

/**
 * `a · b`. Two matrices go to Gemm, whose constant operand ONNX Runtime packs once;
 * batches of matrices go to its MatMul that transposes on the fly.
 */
function product(call: KernelCall): Handle {
  const { recorder } = call;
  const a = input(call, 'a');
  const b = input(call, 'b');
  const transA = attribute<boolean>(call, 'transposeA') ? 1 : 0;
  const transB = attribute<boolean>(call, 'transposeB') ? 1 : 0;
  const rows = a.shape.at(transA ? -1 : -2) as number;
  const columns = b.shape.at(transB ? -2 : -1) as number;
  const names = [recorder.nameOf(a), recorder.nameOf(b)];
  if (a.shape.length === 2 && b.shape.length === 2) {
    return recorder.node('Gemm', names, [rows, columns], a.dtype, { transA, transB });
  }
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  return recorder.node('FusedMatMul', names, shape, a.dtype, { transA, transB }, 'com.microsoft');
}
