import { cast, registerBackend, registerKernel, tidy } from '@tensorflow/tfjs-core';
import { messageOf } from '../../errors.ts';
import { withBackend } from '../backend-lock.ts';
import { withoutRandomness } from '../checks.ts';
import { EngineError, type Program, type Tensors } from '../program.ts';
import { kernelTable } from './kernels/index.ts';
import { encodeModel, type Port } from './model-format.ts';
import { Recorder } from './recorder.ts';
import '../layer-kernels.ts';

const backendName = 'palimpsest-recorder';
const recorder = new Recorder();
registerBackend(backendName, () => recorder);
for (const [kernelName, row] of Object.entries(kernelTable)) {
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      row({ recorder, inputs: inputs as never, attributes: (attrs ?? {}) as Record<string, unknown> }),
  });
}

/** A program as a graph that ONNX Runtime can load. */
export interface RecordedProgram {
  readonly model: Uint8Array;
  /** Graph names of the program's inputs and state, by their names in the program. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Graph outputs, by their names in the program. */
  readonly outputs: ReadonlyMap<string, Port>;
}

/**
 * Runs the program once on symbolic tensors and returns the graph of what it did.
 * @throws EngineError when it reads a value, uses a kernel that has no row, or returns a state tensor of another shape.
 */
export function record(program: Program): Promise<RecordedProgram> {
  return withBackend(backendName, () => {
    recorder.start(program.name);
    try {
      let recorded: RecordedProgram | undefined;
      // Not the result of tidy, which would search all its bytes for tensors.
      tidy(() => {
        recorded = recordNow(program);
      });
      return recorded as unknown as RecordedProgram;
    } catch (thrown) {
      throw explained(thrown, program);
    } finally {
      recorder.start('');
    }
  });
}

function recordNow(program: Program): RecordedProgram {
  const inputs = new Map<string, string>();
  const ports: Port[] = [];
  const tensors: Tensors = {};
  for (const [name, spec] of Object.entries({ ...program.inputs, ...program.state })) {
    const graphName = `in:${name}`;
    inputs.set(name, graphName);
    ports.push({ name: graphName, shape: spec.shape, type: spec.dtype });
    tensors[name] = recorder.input(graphName, spec.shape, spec.dtype);
  }
  for (const [name, value] of Object.entries(program.frozen ?? {})) {
    tensors[name] = recorder.constant(value.data, value.shape, value.dtype);
  }
  const outputs = new Map<string, Port>();
  for (const [name, tensor] of Object.entries(withoutRandomness(program, tensors))) {
    outputs.set(name, recorder.output(tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor));
  }
  const results = [...outputs.values()];
  const graph = { name: program.name, inputs: ports, outputs: results, ...recorder.graphOf(results) };
  return { model: encodeModel(graph), inputs, outputs };
}

/** TF.js reports a missing kernel with advice that does not fit here. */
function explained(thrown: unknown, program: Program): unknown {
  const missing = /Kernel '(.+?)' not registered/.exec(messageOf(thrown));
  if (!missing) return thrown;
  return new EngineError(
    `Program "${program.name}" uses the TF.js kernel ${missing[1]}, which the onnx engine cannot record. ` +
      'Write it with other ops, add a row to harness/engine/onnx/kernels, or choose --engine wasm.',
  );
}
