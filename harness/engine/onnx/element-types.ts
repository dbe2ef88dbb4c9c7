import type { DataType } from '@tensorflow/tfjs-core';
import { EngineError } from '../program.ts';
import type { ElementType } from './model-format.ts';

/** The ONNX element type of a TF.js type. @throws EngineError for types that programs do not have */
export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new EngineError(
    `Tensors of type "${dtype}" cannot be part of a program; use float32, int32 or bool.`,
  );
}

/** The bytes of a constant, as an ONNX graph stores them; a view of the values where they have the type already. */
export function bytesOfValues(values: ArrayLike<number>, type: ElementType): Uint8Array {
  const typed =
    type === 'bool'
      ? Uint8Array.from(values)
      : type === 'int32'
        ? values instanceof Int32Array
          ? values
          : Int32Array.from(values)
        : values instanceof Float32Array
          ? values
          : Float32Array.from(values);
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}
