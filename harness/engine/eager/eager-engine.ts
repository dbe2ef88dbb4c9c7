import { setImmediate as nextTurn } from 'node:timers/promises';
import { keep, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { withBackend } from '../backend-lock.ts';
import { checkNames, checkState, checkStateOutputs, withoutRandomness } from '../checks.ts';
import { registerComposedKernels } from '../layer-kernels.ts';
import {
  type CompiledProgram,
  checkFeeds,
  type DeviceName,
  type Engine,
  EngineError,
  type Program,
  type ProgramState,
  type Tensors,
} from '../program.ts';
import { ProgramCache } from '../program-cache.ts';
import type { HostTensor, HostTensors, TensorSpec } from '../tensor.ts';

const composed = new Set<string>();

/** Runs programs op by op on a TF.js backend: the reference that the recorded graph is held to. */
export class EagerEngine implements Engine {
  readonly name: Engine['name'];
  readonly device: DeviceName;
  readonly threads: number;
  readonly version: string;
  readonly #backend: string;
  readonly #cache = new ProgramCache<EagerProgram>((program) => program.release());

  /** @param backend the TF.js backend's name; it must be registered already */
  constructor(identity: Pick<Engine, 'name' | 'device' | 'threads' | 'version'>, backend: string) {
    this.name = identity.name;
    this.device = identity.device;
    this.threads = identity.threads;
    this.version = identity.version;
    this.#backend = backend;
    if (!composed.has(backend)) {
      composed.add(backend);
      registerComposedKernels(backend);
    }
  }

  compile(program: Program): Promise<CompiledProgram> {
    checkNames(program);
    return this.#cache.compile(program, async () => new EagerProgram(program, this.#backend));
  }

  createState(tensors: HostTensors): ProgramState {
    return new EagerState(tensors, this.#backend);
  }

  dispose(): Promise<void> {
    return this.#cache.clear();
  }
}

class EagerState implements ProgramState {
  readonly #backend: string;
  /** Values not yet on the backend, which is only known to be active while a program runs. */
  readonly #pending: Map<string, HostTensor>;
  readonly #tensors = new Map<string, Tensor>();

  constructor(tensors: HostTensors, backend: string) {
    this.#backend = backend;
    this.#pending = new Map();
    this.write(tensors);
  }

  write(tensors: HostTensors): void {
    for (const [name, value] of Object.entries(tensors)) {
      this.#pending.set(name, { ...value, data: value.data.slice() });
    }
  }

  read(
    names: readonly string[] = [...new Set([...this.#tensors.keys(), ...this.#pending.keys()])],
  ): Promise<HostTensors> {
    return withBackend(this.#backend, () =>
      Object.fromEntries(names.map((name) => [name, hostCopy(this.tensor(name))])),
    );
  }

  specOf(name: string): TensorSpec | undefined {
    return this.#pending.get(name) ?? (this.#tensors.get(name) as TensorSpec | undefined);
  }

  /** The tensor on the backend, which must be active. */
  tensor(name: string): Tensor {
    const pending = this.#pending.get(name);
    if (pending) {
      this.#pending.delete(name);
      this.replace(name, onBackend(pending));
    }
    const found = this.#tensors.get(name);
    if (!found) throw new EngineError(`The state has no tensor "${name}".`);
    return found;
  }

  replace(name: string, replacement: Tensor): void {
    this.#tensors.get(name)?.dispose();
    this.#tensors.set(name, keep(replacement));
  }

  dispose(): void {
    for (const held of this.#tensors.values()) held.dispose();
    this.#tensors.clear();
    this.#pending.clear();
  }
}

class EagerProgram implements CompiledProgram {
  readonly #program: Program;
  readonly #backend: string;
  #frozen: Tensors | undefined;

  constructor(program: Program, backend: string) {
    this.#program = program;
    this.#backend = backend;
  }

  async run(
    feeds: HostTensors,
    state: ProgramState = new EagerState({}, this.#backend),
  ): Promise<HostTensors> {
    checkFeeds(this.#program, feeds);
    if (!(state instanceof EagerState)) {
      throw new EngineError(
        'This state was made by another engine; make it with createState of the engine that runs.',
      );
    }
    checkState(this.#program, (name) => state.specOf(name));
    await letOthersRun();
    return withBackend(this.#backend, () => this.#runNow(feeds, state));
  }

  async release(): Promise<void> {
    for (const frozen of Object.values(this.#frozen ?? {})) frozen.dispose();
    this.#frozen = undefined;
  }

  #runNow(feeds: HostTensors, state: EagerState): HostTensors {
    this.#frozen ??= mapValues(this.#program.frozen ?? {}, (value) => keep(onBackend(value)));
    const held = Object.keys(this.#program.state ?? {}).map((name) => [name, state.tensor(name)]);
    const results: HostTensors = {};
    const replacements: [string, Tensor][] = [];
    tidy(() => {
      const given = mapValues(feeds, onBackend);
      const outputs = withoutRandomness(this.#program, {
        ...given,
        ...Object.fromEntries(held),
        ...this.#frozen,
      });
      checkStateOutputs(this.#program, Object.entries(outputs) as [string, TensorSpec][]);
      for (const [name, output] of Object.entries(outputs)) {
        // A clone, because a program may return what it was given.
        if (this.#program.state?.[name]) replacements.push([name, keep(output.clone())]);
        else results[name] = hostCopy(output);
      }
    });
    for (const [name, replacement] of replacements) state.replace(name, replacement);
    return results;
  }
}

let lastTurn = performance.now();

/**
 * These backends compute at once, so awaiting a program never leaves the present turn of the event loop: without
 * this a worker would hear neither Ctrl-C nor the end of its parent before its run is over.
 */
async function letOthersRun(): Promise<void> {
  if (performance.now() - lastTurn < 50) return;
  await nextTurn();
  lastTurn = performance.now();
}

function onBackend({ data, shape, dtype }: HostTensor): Tensor {
  // A copy, because some backends keep the array that they are given, and callers reuse theirs.
  return tensor(data.slice(), [...shape], dtype);
}

function hostCopy(output: Tensor): HostTensor {
  const dtype = output.dtype === 'float32' ? 'float32' : 'int32';
  const values = output.dataSync();
  const data = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return { data, shape: output.shape, dtype };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
