import protobuf from 'protobufjs/light.js';

/**
 * The part of the ONNX model format (onnx.proto3, IR version 8) that recorded programs use.
 * Field numbers are those of the ONNX specification.
 */
const messages = {
  ModelProto: {
    fields: {
      irVersion: { type: 'int64', id: 1 },
      producerName: { type: 'string', id: 2 },
      graph: { type: 'GraphProto', id: 7 },
      opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
    },
  },
  OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
  GraphProto: {
    fields: {
      node: { rule: 'repeated', type: 'NodeProto', id: 1 },
      name: { type: 'string', id: 2 },
      initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
      input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
      output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
    },
  },
  NodeProto: {
    fields: {
      input: { rule: 'repeated', type: 'string', id: 1 },
      output: { rule: 'repeated', type: 'string', id: 2 },
      name: { type: 'string', id: 3 },
      opType: { type: 'string', id: 4 },
      attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
      domain: { type: 'string', id: 7 },
    },
  },
  AttributeProto: {
    fields: {
      name: { type: 'string', id: 1 },
      f: { type: 'float', id: 2 },
      i: { type: 'int64', id: 3 },
      s: { type: 'bytes', id: 4 },
      ints: { rule: 'repeated', type: 'int64', id: 8 },
      type: { type: 'int32', id: 20 },
    },
  },
  TensorProto: {
    fields: {
      dims: { rule: 'repeated', type: 'int64', id: 1 },
      dataType: { type: 'int32', id: 2 },
      name: { type: 'string', id: 8 },
      rawData: { type: 'bytes', id: 9 },
    },
  },
  ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
  TypeProto: { fields: { tensorType: { type: 'TensorTypeProto', id: 1 } } },
  TensorTypeProto: {
    fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } },
  },
  TensorShapeProto: { fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } } },
  Dimension: { fields: { dimValue: { type: 'int64', id: 1 } } },
};

const root = protobuf.Root.fromJSON({ nested: messages });
const modelType = root.lookupType('ModelProto');

/** ONNX element types by TF.js name; `int64` appears only as a shape or axis argument. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** An element type of a recorded value. */
export type ElementType = keyof typeof elementTypes;

/** An attribute's value: numbers are ONNX integers, `{ float }` is a float, a string is bytes. */
export type AttributeValue = number | readonly number[] | { readonly float: number } | string;

/** One operation of the graph. */
export interface Node {
  readonly op: string;
  /** `''` for ONNX itself, `com.microsoft` for ONNX Runtime's own operations. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A constant of the graph. */
export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly bytes: Uint8Array;
}

/** A named, typed input or output of the graph. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** A whole graph, ready to be written. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** The bytes of an `.onnx` file (opset 17). */
export function encodeModel(graph: Graph): Uint8Array {
  return modelType
    .encode({
      irVersion: 8,
      producerName: 'palimpsest',
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: graph.name,
        node: graph.nodes.map((node) => ({
          opType: node.op,
          domain: node.domain,
          input: node.inputs,
          output: node.outputs,
          attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
        })),
        initializer: graph.initializers.map(({ name, shape, type, bytes }) => ({
          name,
          dims: shape,
          dataType: elementTypes[type],
          rawData: bytes,
        })),
        input: graph.inputs.map(valueInfo),
        output: graph.outputs.map(valueInfo),
      },
    })
    .finish();
}

function attribute(name: string, value: AttributeValue): object {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  return { name, type: 7, ints: value };
}

function valueInfo(port: Port): object {
  return {
    name: port.name,
    type: {
      tensorType: {
        elemType: elementTypes[port.type],
        shape: { dim: port.shape.map((dimValue) => ({ dimValue })) },
      },
    },
  };
}
