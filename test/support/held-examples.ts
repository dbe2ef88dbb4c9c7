import { ListedExamples } from './tiny-data.ts';
import type { Opened } from './tiny-learner.ts';

/** What the learner's memory holds, place after place; the inputs are vectors. */
export function heldExamples({ learner: { memory } }: Opened): ListedExamples {
  if (!memory) return new ListedExamples([], [], [0]);
  const { count, labels, shape } = memory;
  const size = shape[0] ?? 0;
  const values = new Float32Array(size * count);
  memory.readStored([...labels.keys()], values);
  const inputs = Array.from({ length: count }, (_, row) => [...values.slice(size * row, size * (row + 1))]);
  return new ListedExamples(inputs, [...labels], shape);
}
