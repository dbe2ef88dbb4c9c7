import './without-telemetry.ts';
import { add } from '@tensorflow/tfjs-core';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../errors.ts';
import { checkNames, checkState, checkStateOutputs } from '../checks.ts';
import {
  type CompiledProgram,
  checkFeeds,
  type DeviceName,
  type Engine,
  EngineError,
  type Program,
  type ProgramState,
} from '../program.ts';
import { ProgramCache } from '../program-cache.ts';
import { copyOf, type HostTensor, type HostTensors, sizeOf, type TensorSpec } from '../tensor.ts';
import { type RecordedProgram, record } from './record.ts';

env.logLevel = 'error';

/**
 * The default engine: a program is recorded once as an ONNX graph, which ONNX Runtime optimises and runs natively.
 * @throws EngineError when the device is not to be had
 */
export class OnnxEngine implements Engine {
  readonly name = 'onnx';
  readonly version = `onnxruntime-node ${env.versions.node ?? env.versions.common}`;
  readonly device: DeviceName;
  readonly threads: number;
  readonly #cache = new ProgramCache<OnnxProgram>((program) => program.release());

  constructor(device: DeviceName, threads: number) {
    this.device = device;
    this.threads = threads;
  }

  /**
   * A session sets how the thread that makes it treats numbers too small to be normal, for good, so that host code computes
   * otherwise behind the first program than before it. Where one is made at once, a run that continues finds what it left.
   * @throws EngineError when the device is not to be had
   */
  async settle(): Promise<void> {
    const spec = { shape: [1], dtype: 'float32' } as const;
    await this.compile({ name: 'settle', inputs: { x: spec }, run: ({ x }) => ({ y: add(x as never, 1) }) });
    await this.#cache.clear();
  }

  compile(program: Program): Promise<CompiledProgram> {
    checkNames(program);
    return this.#cache.compile(program, async () => {
      const recorded = await record(program);
      const outputs = [...recorded.outputs].map(([name, port]): [string, TensorSpec] => [name, specOf(port)]);
      checkStateOutputs(program, outputs);
      return new OnnxProgram(program, recorded, await this.#createSession(program, recorded.model));
    });
  }

  createState(tensors: HostTensors): ProgramState {
    return new OnnxState(tensors);
  }

  dispose(): Promise<void> {
    return this.#cache.clear();
  }

  async #createSession(program: Program, model: Uint8Array): Promise<InferenceSession> {
    try {
      return await InferenceSession.create(model, {
        executionProviders: [this.device],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        intraOpNumThreads: this.threads,
        interOpNumThreads: 1,
        // Moments that decay for long end as denormal numbers, with which a processor computes many times slower.
        extra: { session: { set_denormal_as_zero: '1' } },
      });
    } catch (thrown) {
      // Without the place in ONNX Runtime's own source, which helps nobody here.
      const cause = messageOf(thrown)
        .replace(/^\/onnxruntime_src.* was false\. /s, '')
        .trim();
      if (this.device !== 'cpu') {
        throw new EngineError(
          `The onnx engine cannot use the device "${this.device}" here (${cause}). ` +
            (this.device === 'cuda'
              ? 'Install an NVIDIA driver, CUDA 12 and cuDNN 9, then reinstall with "npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12"; or use --device cpu.'
              : 'WebGPU needs a graphics driver with Vulkan, Metal or Direct3D 12; or use --device cpu.'),
        );
      }
      throw new EngineError(`ONNX Runtime refuses the program "${program.name}": ${cause}`);
    }
  }
}

/** A state tensor twice: the program reads the front and writes the back, then the two are swapped. */
interface Buffers {
  front: Tensor;
  back?: Tensor;
}

class OnnxState implements ProgramState {
  readonly #buffers = new Map<string, Buffers>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(tensors: HostTensors) {
    this.write(tensors);
  }

  write(tensors: HostTensors): void {
    for (const [name, tensor] of Object.entries(tensors)) {
      this.#buffers.set(name, { front: ortTensor(copyOf(tensor)) });
    }
  }

  read(names?: readonly string[]): Promise<HostTensors> {
    return this.inTurn(async () => {
      const wanted = names ?? [...this.#buffers.keys()];
      return Object.fromEntries(wanted.map((name) => [name, copyOf(hostTensor(this.front(name)))]));
    });
  }

  /** Runs the action after those begun before it: two programs cannot write the same back buffers at once. */
  inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }

  specOf(name: string): TensorSpec | undefined {
    const buffers = this.#buffers.get(name);
    return buffers && hostTensor(buffers.front);
  }

  front(name: string): Tensor {
    return this.#find(name).front;
  }

  back(name: string): Tensor {
    const buffers = this.#find(name);
    buffers.back ??= emptyTensor(hostTensor(buffers.front));
    return buffers.back;
  }

  swap(name: string): void {
    const buffers = this.#find(name);
    const { front, back } = buffers;
    if (back) this.#buffers.set(name, { front: back, back: front });
  }

  dispose(): void {
    this.#buffers.clear();
  }

  #find(name: string): Buffers {
    const buffers = this.#buffers.get(name);
    if (!buffers) throw new EngineError(`The state has no tensor "${name}".`);
    return buffers;
  }
}

class OnnxProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #ports: Pick<RecordedProgram, 'inputs' | 'outputs'>;
  readonly #session: InferenceSession;

  constructor(program: Program, { inputs, outputs }: RecordedProgram, session: InferenceSession) {
    this.#program = program;
    // Not the model's bytes, of which the session has its own copy.
    this.#ports = { inputs, outputs };
    this.#session = session;
  }

  async run(feeds: HostTensors, state: ProgramState = new OnnxState({})): Promise<HostTensors> {
    checkFeeds(this.#program, feeds);
    const held = onnxState(state);
    return held.inTurn(() => this.#runNow(feeds, held));
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  async #runNow(feeds: HostTensors, state: OnnxState): Promise<HostTensors> {
    checkState(this.#program, (name) => state.specOf(name));
    const graphFeeds: Record<string, Tensor> = {};
    for (const [name, graphName] of this.#ports.inputs) {
      const feed = feeds[name];
      graphFeeds[graphName] = feed ? ortTensor(feed) : state.front(name);
    }
    const results: HostTensors = {};
    const updated: string[] = [];
    const fetches: Record<string, Tensor> = {};
    for (const [name, port] of this.#ports.outputs) {
      if (this.#program.state?.[name]) {
        fetches[port.name] = state.back(name);
        updated.push(name);
      } else {
        const result = emptyTensor(specOf(port));
        fetches[port.name] = result;
        results[name] = hostTensor(result);
      }
    }
    await this.#session.run(graphFeeds, fetches);
    for (const name of updated) state.swap(name);
    return results;
  }
}

function onnxState(state: ProgramState): OnnxState {
  if (state instanceof OnnxState) return state;
  throw new EngineError(
    'This state was made by another engine; make it with createState of the engine that runs.',
  );
}

function specOf(port: { readonly shape: readonly number[]; readonly type: string }): TensorSpec {
  return { shape: port.shape, dtype: port.type === 'float32' ? 'float32' : 'int32' };
}

function ortTensor(tensor: HostTensor): Tensor {
  return new Tensor(tensor.dtype, tensor.data, tensor.shape);
}

function emptyTensor({ shape, dtype }: TensorSpec): Tensor {
  const data = dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape));
  return new Tensor(dtype, data, shape);
}

function hostTensor(tensor: Tensor): HostTensor {
  return { data: tensor.data as Float32Array, shape: tensor.dims, dtype: tensor.type as 'float32' | 'int32' };
}
