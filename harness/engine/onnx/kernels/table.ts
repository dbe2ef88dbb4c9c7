import type { Handle, Recorder } from '../recorder.ts';

/** One call of a TF.js kernel while a program is recorded. */
export interface KernelCall {
  readonly recorder: Recorder;
  /** The tensors by TF.js's argument names, or by position for kernels that take a list. */
  readonly inputs: Readonly<Record<string, Handle>>;
  // TF.js types each kernel's attributes apart; a row reads those of its own kernel.
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** How a TF.js kernel is written in ONNX. */
export type KernelRow = (call: KernelCall) => Handle | Handle[];

/** TF.js kernel name to ONNX. */
export type KernelTable = Readonly<Record<string, KernelRow>>;

/** The named input. TF.js has checked that it is there. */
export function input(call: KernelCall, name: string): Handle {
  return call.inputs[name] as Handle;
}

/** The named attribute, typed by the row that reads it. */
export function attribute<Value>(call: KernelCall, name: string): Value {
  return call.attributes[name] as Value;
}

/** The inputs of a kernel that takes a list, in order. */
export function inputList(call: KernelCall): Handle[] {
  return Object.values(call.inputs);
}
