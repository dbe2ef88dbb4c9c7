import type { Tensor } from '@tensorflow/tfjs-core';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { EngineName, Tensors } from '../../harness/engine/program.ts';
import type { HostTensors } from '../../harness/engine/tensor.ts';

/** Runs a function of named tensors once on an engine. */
export async function runOnce(
  engineName: EngineName,
  inputs: HostTensors,
  run: (given: (name: string) => Tensor) => Tensors,
): Promise<HostTensors> {
  const engine = await openEngine({ name: engineName, device: 'cpu', threads: 1 });
  const specs = Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }] as const);
  const compiled = await engine.compile({
    name: 'once',
    inputs: Object.fromEntries(specs),
    run: (tensors) => run((name) => tensors[name] as Tensor),
  });
  const results = await compiled.run(inputs);
  await engine.dispose();
  return results;
}
