import type { HostTensors } from '../engine/tensor.ts';
import { type Examples, sizeOf } from '../stream/examples.ts';
import type { ExampleMemory } from '../train/example-memory.ts';

/**
 * Keys of rows of values, equal exactly where all values are. Made-up inputs are random, so no two examples share a key.
 * @param size values of a row; what is left over at the end is no row
 */
export function rowKeys(values: Float32Array, size: number): string[] {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Array.from({ length: Math.floor(values.length / size) }, (_, row) =>
    bytes.toString('latin1', row * size * 4, (row + 1) * size * 4),
  );
}

/** Keys of all inputs of a set. */
export function keysOf(examples: Examples): string[] {
  const size = sizeOf(examples.shape);
  const values = new Float32Array(examples.count * size);
  examples.readStored(
    Int32Array.from({ length: examples.count }, (_, row) => row),
    values,
  );
  return rowKeys(values, size);
}

/** Keys of whatever a learner carries that could be an input: examples in memory, and rows of tensors. */
export function carriedKeys(
  {
    memory,
    kept,
    parameters,
  }: { memory: ExampleMemory | undefined; kept: HostTensors; parameters: HostTensors },
  size: number,
): Set<string> {
  const keys = new Set(memory === undefined ? [] : keysOf(memory));
  for (const { data } of [...Object.values(kept), ...Object.values(parameters)]) {
    if (data instanceof Float32Array) for (const key of rowKeys(data, size)) keys.add(key);
  }
  return keys;
}
