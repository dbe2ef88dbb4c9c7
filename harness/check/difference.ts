import type { FileTensor } from '../safetensors.ts';
import type { Remains } from './rehearsal.ts';

/** Where two runs that should have left the same bytes first differ, for people; undefined where they do not. */
export function differenceOf(first: Remains, second: Remains): string | undefined {
  const names = [...new Set([...Object.keys(first.tensors), ...Object.keys(second.tensors)])];
  // A parameter tells more than the optimiser's moments.
  names.sort((one, other) => Number(isParameter(other)) - Number(isParameter(one)));
  for (const name of names) {
    const [one, other] = [first.tensors[name], second.tensors[name]];
    if (one === undefined || other === undefined) return `only one of them saved the tensor ${name}`;
    const text = tensorDifference(one, other);
    if (text !== undefined) return `${name} ${text}`;
  }
  return first.accuracy === second.accuracy ? undefined : 'their accuracies differ';
}

function isParameter(name: string): boolean {
  return name.startsWith('parameters/');
}

function tensorDifference(one: FileTensor, other: FileTensor): string | undefined {
  if (one.shape.join() !== other.shape.join()) return `has the shape [${one.shape}] and [${other.shape}]`;
  // Bytes, so that a number that is no number equals itself.
  if (Buffer.compare(bytesOf(one), bytesOf(other)) === 0) return undefined;
  let largest = 0;
  one.data.forEach((value, index) => {
    largest = Math.max(largest, Math.abs(value - (other.data[index] as number)));
  });
  return `differs by up to ${largest.toPrecision(2)}`;
}

function bytesOf({ data }: FileTensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
