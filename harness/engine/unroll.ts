import { reshape, slice, stack, type Tensor } from '@tensorflow/tfjs-core';
import type { Program, Tensors } from './program.ts';
import type { TensorSpec } from './tensor.ts';

/**
 * A program that does `steps` calls of the given one in a single call: every input gains a leading axis of that length,
 * state flows from step to step inside, and every other output comes back stacked. Fewer calls cost less, most of all
 * for small networks.
 */
export function unroll(program: Program, steps: number): Program {
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape, dtype }]): [string, TensorSpec] => [
      name,
      { shape: [steps, ...shape], dtype },
    ]),
  );
  return {
    ...program,
    name: `${program.name} ×${steps}`,
    inputs,
    run: (tensors) => runSteps(program, tensors, steps),
  };
}

function runSteps(program: Program, tensors: Tensors, steps: number): Tensors {
  const state: Tensors = {};
  const results = new Map<string, Tensor[]>();
  for (let step = 0; step < steps; step++) {
    const feeds = Object.fromEntries(
      Object.entries(program.inputs).map(([name, { shape }]) => [
        name,
        entry(tensors[name] as Tensor, step, shape),
      ]),
    );
    const outputs = program.run({ ...tensors, ...state, ...feeds });
    for (const [name, output] of Object.entries(outputs)) {
      if (program.state?.[name]) state[name] = output;
      else results.set(name, [...(results.get(name) ?? []), output]);
    }
  }
  const stacked = [...results].map(([name, outputs]): [string, Tensor] => [name, stack(outputs)]);
  return { ...state, ...Object.fromEntries(stacked) };
}

function entry(stacked: Tensor, step: number, shape: readonly number[]): Tensor {
  const begin = [step, ...shape.map(() => 0)];
  return reshape(slice(stacked, begin, [1, ...shape]), [...shape]);
}
