import { cast, grads, mul, sum, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { Engine, Program, Tensors } from '../../../harness/engine/program.ts';
import { type HostTensor, type HostTensors, sizeOf } from '../../../harness/engine/tensor.ts';
import type { Row } from './row.ts';

/** The row's function as a program; every second input can be a constant of it. */
export function programOf(row: Row, given: 'fed' | 'frozen'): Program {
  const named = namedInputs(row);
  const frozen = Object.fromEntries(Object.entries(named).filter((_, index) => isFrozen(row, index, given)));
  const fed = Object.entries(named).filter(([name]) => !(name in frozen));
  return {
    name: `${row.name} (${given})`,
    inputs: Object.fromEntries(fed.map(([name, { shape, dtype }]) => [name, { shape, dtype }])),
    frozen,
    run: (tensors) => runRow(row, tensors),
  };
}

/** What of the row's inputs the program is fed. */
export function feedsOf(row: Row, program: Program): HostTensors {
  return Object.fromEntries(Object.entries(namedInputs(row)).filter(([name]) => name in program.inputs));
}

/** Runs the row on an engine. */
export async function runOn(engine: Engine, row: Row, given: 'fed' | 'frozen'): Promise<HostTensors> {
  const program = programOf(row, given);
  return (await engine.compile(program)).run(feedsOf(row, program));
}

/**
 * The results of two engines that differ by more than the row allows, as sentences.
 * The difference is taken relative to the expected value where that is above 1.
 */
export function differences(row: Row, expected: HostTensors, actual: HostTensors): string[] {
  return Object.keys({ ...expected, ...actual }).flatMap((name) => {
    const [right, given] = [expected[name], actual[name]];
    if (!right || !given) return [`${name} is missing`];
    const specs = [right, given].map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`);
    if (specs[0] !== specs[1]) return [`${name} is ${specs[1]}, expected ${specs[0]}`];
    const wrong = right.data.findIndex((value, index) => !close(value, given.data[index], row.tolerance));
    return wrong < 0 ? [] : [`${name}[${wrong}] is ${given.data[wrong]}, expected ${right.data[wrong]}`];
  });
}

function close(expected: number, actual: number | undefined, tolerance: number): boolean {
  if (actual === undefined) return false;
  if (Object.is(expected, actual) || expected === actual) return true;
  // Below 1 the tolerance is absolute, but never larger than the smallest one asked for tiny values.
  return Math.abs(expected - actual) <= tolerance * Math.max(1, Math.abs(expected));
}

function isFrozen(row: Row, index: number, given: 'fed' | 'frozen'): boolean {
  // A program without any input would be folded away whole, so the first is always fed where there are more.
  return given === 'frozen' && (index > 0 || row.inputs.length === 1);
}

function namedInputs(row: Row): Record<string, HostTensor> {
  return Object.fromEntries(row.inputs.map((input, index) => [`input${index}`, input]));
}

function runRow(row: Row, tensors: Tensors): Tensors {
  const given = row.inputs.map((_, index) => tensors[`input${index}`] as Tensor);
  const results: Tensors = {};
  [row.run(...given)].flat().forEach((output, index) => {
    results[`output${index}`] = output;
  });
  if (!row.gradient) return results;
  const trained = row.inputs.flatMap(({ dtype }, index) => (dtype === 'float32' ? [index] : []));
  const total = (...xs: Tensor[]): Tensor => {
    const all = given.map((fixed, index) => xs[trained.indexOf(index)] ?? fixed);
    return [row.run(...all)]
      .flat()
      .map((output) => sum(mul(cast(output, 'float32'), weightsOf(output.shape))))
      .reduce((left, right) => left.add(right));
  };
  const gradients = grads(total)(trained.map((index) => given[index] as Tensor));
  gradients.forEach((gradient, index) => {
    results[`gradient of input${trained[index]}`] = gradient;
  });
  return results;
}

/** Different for each element, so that a gradient that lands in the wrong place is seen. */
function weightsOf(shape: readonly number[]): Tensor {
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => Math.cos(index + 1)),
    [...shape],
  );
}
