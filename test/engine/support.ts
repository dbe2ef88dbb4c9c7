import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import { onTestFinished } from 'vitest';
import { openEngine } from '../../harness/engine/open-engine.ts';
import type { Engine, EngineName, Program } from '../../harness/engine/program.ts';
import type { HostTensor } from '../../harness/engine/tensor.ts';

/** The engines that every machine has. */
export const engineNames = ['onnx', 'wasm', 'cpu'] as const satisfies readonly EngineName[];

/** An engine that is closed when the test ends. */
export async function engineFor(name: EngineName): Promise<Engine> {
  const engine = await openEngine({ name, device: 'cpu', threads: 1 });
  onTestFinished(() => engine.dispose());
  return engine;
}

const pair = { shape: [2], dtype: 'float32' } as const;

/** `y = 2x`. */
export function doubling(name = 'doubling'): Program {
  return { name, inputs: { x: pair }, run: ({ x }) => ({ y: mul(x as Tensor, 2) }) };
}

/** `total ← total + x`; gives the total before. */
export function adding(name = 'adding'): Program {
  return {
    name,
    inputs: { x: pair },
    state: { total: pair },
    run: ({ x, total }) => ({ before: total as Tensor, total: add(total as Tensor, x as Tensor) }),
  };
}

/** `y = factor · x` with a frozen factor. */
export function scaling(factor: HostTensor, name = 'scaling'): Program {
  return {
    name,
    inputs: { x: pair },
    frozen: { factor },
    run: (tensors) => ({ y: mul(tensors.x as Tensor, tensors.factor as Tensor) }),
  };
}

/** The tensor's values as a plain list. */
export function listOf(tensor: HostTensor | undefined): number[] {
  return [...(tensor?.data ?? [])];
}
