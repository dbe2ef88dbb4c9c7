import './layer-kernels.ts';
import type { Tensor } from '@tensorflow/tfjs-core';
import { UserError } from '../errors.ts';
import { describe, type HostTensors, sameSpec, type TensorSpec } from './tensor.ts';

/** Named TF.js tensors: what a program receives and returns. */
export type Tensors = Record<string, Tensor>;

/**
 * A pure function from named tensors to named tensors, written with TF.js ops. It never reads a tensor's
 * value and never branches on one; randomness comes in as a tensor. That lets one engine record it once as
 * a graph and another run it eagerly.
 */
export interface Program {
  /** Shown in errors; with `variant`, the signature and `frozen` it is the key under which the compiled form is cached. */
  readonly name: string;
  /**
   * What `run` depends on besides: whatever it closes over that may differ between programs of one name and signature,
   * as text. Two programs of one key are taken for the same.
   */
  readonly variant?: string;
  /** Tensors given at each call. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /**
   * Tensors that the engine holds between calls. An output of the same name replaces the held one,
   * which is how a training step updates the parameters.
   */
  readonly state?: Readonly<Record<string, TensorSpec>>;
  /** Constants. A new tensor object means a new compiled program, so change them rarely. */
  readonly frozen?: HostTensors;
  /** The function itself. Receives inputs, state and frozen tensors under their names. */
  readonly run: (tensors: Tensors) => Tensors;
}

/** A program that is ready to run on one engine. */
export interface CompiledProgram {
  /**
   * Runs once and returns the outputs that are not state. Tensors returned are the caller's own.
   * @throws EngineError when a feed is missing or does not fit the signature.
   */
  run(feeds: HostTensors, state?: ProgramState): Promise<HostTensors>;
}

/** Tensors that stay with the engine between calls, shared by the programs that name them. */
export interface ProgramState {
  /** Copies of the present values; all of them when no names are given. */
  read(names?: readonly string[]): Promise<HostTensors>;
  /** Adds or replaces tensors. */
  write(tensors: HostTensors): void;
  dispose(): void;
}

export type EngineName = 'onnx' | 'tensorflow' | 'wasm' | 'cpu';
export type DeviceName = 'cpu' | 'cuda' | 'webgpu';

/** Something that runs programs. */
export interface Engine {
  readonly name: EngineName;
  readonly device: DeviceName;
  readonly threads: number;
  /** Name and version of the library that computes, for the run record. */
  readonly version: string;
  /** Compiles, or returns what it compiled before for an equal name, variant, signature and frozen tensors. */
  compile(program: Program): Promise<CompiledProgram>;
  createState(tensors: HostTensors): ProgramState;
  dispose(): Promise<void>;
}

/** A program or engine was used in a way that cannot work; the message says how to mend it. */
export class EngineError extends UserError {
  override readonly name = 'EngineError';
}

/** Throws unless the feeds are exactly the program's inputs. */
export function checkFeeds(program: Program, feeds: HostTensors): void {
  for (const [name, spec] of Object.entries(program.inputs)) {
    const feed = feeds[name];
    if (!feed)
      throw new EngineError(`Program "${program.name}" needs the input "${name}" (${describe(spec)}).`);
    if (!sameSpec(spec, feed)) {
      throw new EngineError(
        `Program "${program.name}": input "${name}" must be ${describe(spec)}, but ${describe(feed)} was given.`,
      );
    }
  }
  for (const name of Object.keys(feeds)) {
    if (!Object.hasOwn(program.inputs, name)) {
      throw new EngineError(
        `Program "${program.name}" has no input "${name}"; its inputs are ${Object.keys(program.inputs).join(', ')}.`,
      );
    }
  }
}
