import {
  type BackendValues,
  type DataType,
  engine,
  KernelBackend,
  type Tensor,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { EngineError } from '../program.ts';
import { bytesOfValues, elementType } from './element-types.ts';
import type { AttributeValue, Initializer, Node, Port } from './model-format.ts';

/** What the recorder knows of a tensor: how the graph calls it, or its value where it is constant. */
type Recorded =
  | { readonly kind: 'value'; readonly name: string; readonly op: string }
  | { readonly kind: 'constant'; readonly values: ArrayLike<number>; name?: string }
  /** A constant with one value everywhere, which need not be stored at full size. */
  | { readonly kind: 'splat'; readonly value: number };

/** A kernel's input or output as TF.js hands it over. */
export type Handle = TensorInfo;

/**
 * A TF.js backend whose kernels do not compute: each appends nodes to an ONNX graph and returns a handle of the
 * right shape. Running a program on it once records the program.
 */
export class Recorder extends KernelBackend {
  #recorded = new Map<object, Recorded>();
  #nodes: Node[] = [];
  #initializers = new Map<string, Initializer>();
  #integerLists = new Map<string, string>();
  #outputs = new Set<string>();
  #names = 0;
  #program = '';

  /** Forgets everything and starts to record a program; its name is used in errors. */
  start(program: string): void {
    this.#recorded = new Map();
    this.#nodes = [];
    this.#initializers = new Map();
    this.#integerLists = new Map();
    this.#outputs = new Set();
    this.#names = 0;
    this.#program = program;
  }

  /** The operations that lead to the given outputs, in order, and the constants that these use. */
  graphOf(outputs: readonly Port[]): { nodes: Node[]; initializers: Initializer[] } {
    const needed = new Set(outputs.map((output) => output.name));
    const nodes = this.#nodes
      .toReversed()
      .filter((node) => {
        const used = node.outputs.some((output) => needed.has(output));
        if (used) for (const input of node.inputs) needed.add(input);
        return used;
      })
      .reverse();
    return { nodes, initializers: [...this.#initializers.values()].filter(({ name }) => needed.has(name)) };
  }

  /** A tensor that will be fed under `name` when the graph runs. */
  input(name: string, shape: readonly number[], dtype: DataType): Tensor {
    const dataId = {};
    this.#recorded.set(dataId, { kind: 'value', name, op: 'input' });
    return engine().makeTensorFromDataId(dataId, [...shape], dtype);
  }

  /** A constant whose bytes are used as they are, without a copy. */
  constant(values: Float32Array | Int32Array, shape: readonly number[], dtype: DataType): Tensor {
    const dataId = {};
    this.#recorded.set(dataId, { kind: 'constant', values });
    return engine().makeTensorFromDataId(dataId, [...shape], dtype);
  }

  /** A constant with the same value everywhere. */
  splat(value: number, shape: readonly number[], dtype: DataType): Handle {
    const dataId = {};
    this.#recorded.set(dataId, { kind: 'splat', value });
    return { dataId, shape: [...shape], dtype };
  }

  /** The value that a tensor has everywhere, where that is known while recording. */
  splatValue(handle: Handle): number | undefined {
    const recorded = this.#find(handle.dataId);
    if (recorded.kind === 'splat') return recorded.value;
    if (recorded.kind === 'constant' && recorded.values.length === 1) return Number(recorded.values[0]);
    return undefined;
  }

  /** Appends an operation with one output. */
  node(
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    dtype: DataType,
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): Handle {
    return this.nodeWithOutputs(op, inputs, [{ shape, dtype }], attributes, domain)[0] as Handle;
  }

  /** Appends an operation with several outputs. */
  nodeWithOutputs(
    op: string,
    inputs: readonly string[],
    outputs: readonly { readonly shape: readonly number[]; readonly dtype: DataType }[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): Handle[] {
    const names = outputs.map(() => this.#nextName());
    this.#nodes.push({ op, domain, inputs, outputs: names, attributes });
    return outputs.map(({ shape, dtype }, index) => {
      const dataId = {};
      this.#recorded.set(dataId, { kind: 'value', name: names[index] as string, op });
      return { dataId, shape: [...shape], dtype };
    });
  }

  /** The same value again, without an operation. */
  alias(handle: Handle): Handle {
    const dataId = {};
    this.#recorded.set(dataId, this.#find(handle.dataId));
    return { dataId, shape: handle.shape, dtype: handle.dtype };
  }

  /** The same values under another shape; for constants that needs no operation. */
  reshape(handle: Handle, shape: readonly number[]): Handle {
    const recorded = this.#find(handle.dataId);
    if (recorded.kind === 'value') {
      return this.node('Reshape', [recorded.name, this.integers(shape)], shape, handle.dtype);
    }
    const dataId = {};
    this.#recorded.set(
      dataId,
      recorded.kind === 'splat' ? recorded : { kind: 'constant', values: recorded.values },
    );
    return { dataId, shape: [...shape], dtype: handle.dtype };
  }

  /**
   * The graph's name of a tensor; a constant becomes an initialiser at its first use.
   * A splat is stored as one element of shape `[1, …, 1]` when the reader broadcasts.
   */
  nameOf(handle: Handle, readerBroadcasts = false): string {
    const recorded = this.#find(handle.dataId);
    if (recorded.kind === 'value') return recorded.name;
    if (recorded.kind === 'constant') {
      recorded.name ??= this.#addInitializer(recorded.values, handle.shape, handle.dtype);
      return recorded.name;
    }
    const shape = readerBroadcasts ? handle.shape.map(() => 1) : handle.shape;
    const values = new Array<number>(util.sizeFromShape(shape)).fill(recorded.value);
    return this.#addInitializer(values, shape, handle.dtype);
  }

  /** A list of integers as an ONNX argument (shape, axes, paddings); equal lists are stored once. */
  integers(values: readonly number[]): string {
    const key = values.join(',');
    const known = this.#integerLists.get(key);
    if (known) return known;
    const name = this.#nextName();
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.set(name, { name, shape: [values.length], type: 'int64', bytes });
    this.#integerLists.set(key, name);
    return name;
  }

  /** A float32 scalar as an argument. */
  float(value: number): string {
    return this.#addInitializer([value], [], 'float32');
  }

  /**
   * The graph output for a result. A graph output must be computed by a node and belong to one result only,
   * so an input, a constant or a value that is returned twice is copied.
   */
  output(tensor: Tensor): Port {
    const recorded = this.#find(tensor.dataId);
    const direct = recorded.kind === 'value' && recorded.op !== 'input' && !this.#outputs.has(recorded.name);
    const name = direct
      ? recorded.name
      : this.nameOf(this.node('Identity', [this.nameOf(tensor)], tensor.shape, tensor.dtype));
    this.#outputs.add(name);
    return { name, shape: tensor.shape, type: elementType(tensor.dtype) };
  }

  // What TF.js asks of a backend.

  override write(values: BackendValues | null, _shape: number[], _dtype: DataType): object {
    const dataId = {};
    this.move(dataId, values ?? new Float32Array());
    return dataId;
  }

  override move(dataId: object, given: BackendValues): void {
    // Programs have no strings, the one case in which these are not numbers.
    const values = given as ArrayLike<number>;
    // TF.js writes tf.ones and the like at full size, in gradients above all.
    const recorded: Recorded = isUniform(values)
      ? { kind: 'splat', value: Number(values[0]) }
      : { kind: 'constant', values };
    this.#recorded.set(dataId, recorded);
  }

  override readSync(dataId: object): Float32Array {
    const recorded = this.#find(dataId);
    if (recorded.kind === 'constant') return Float32Array.from(recorded.values);
    const op = recorded.kind === 'value' ? recorded.op : 'Fill';
    throw new EngineError(
      `Program "${this.#program}" reads the value of a tensor (the result of ${op}) while it is recorded. ` +
        'A program may not look at values: return the tensor as an output, or write the choice with tf.where.',
    );
  }

  override async read(dataId: object): Promise<Float32Array> {
    return this.readSync(dataId);
  }

  override numDataIds(): number {
    return this.#recorded.size;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override disposeData(dataId: object): boolean {
    this.#recorded.delete(dataId);
    return true;
  }

  override refCount(): number {
    return 1;
  }

  override incRef(): void {}

  decRef(): void {}

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.start('');
  }

  #find(dataId: object): Recorded {
    const recorded = this.#recorded.get(dataId);
    if (recorded) return recorded;
    throw new EngineError(
      `Program "${this.#program}" uses a tensor that was made outside of it. ` +
        'Pass it in as an input, as state or as a frozen tensor.',
    );
  }

  #nextName(): string {
    return `t${this.#names++}`;
  }

  #addInitializer(values: ArrayLike<number>, shape: readonly number[], dtype: DataType): string {
    const name = this.#nextName();
    const type = elementType(dtype);
    this.#initializers.set(name, { name, shape, type, bytes: bytesOfValues(values, type) });
    return name;
  }
}

function isUniform(values: ArrayLike<number>): boolean {
  const first = values[0];
  for (let index = 1; index < values.length; index++) if (!Object.is(values[index], first)) return false;
  return values.length > 1;
}
