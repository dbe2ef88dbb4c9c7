import { Random } from '../../harness/random.ts';
import { type Examples, type StoredValues, sizeOf } from '../../harness/stream/examples.ts';
import type { Task } from '../../harness/stream/stream.ts';

/** Examples given as numbers. They count how many rows were read. */
export class ListedExamples implements Examples {
  readonly shape: readonly number[];
  readonly encoding = { storage: 'float32', scale: [1], offset: [0] } as const;
  readonly labels: Int32Array;
  readonly inputs: readonly (readonly number[])[];
  rowsRead = 0;

  constructor(inputs: readonly (readonly number[])[], labels: readonly number[], shape: readonly number[]) {
    this.inputs = inputs;
    this.labels = Int32Array.from(labels);
    this.shape = shape;
  }

  get count(): number {
    return this.inputs.length;
  }

  readStored(rows: ArrayLike<number>, into: StoredValues): void {
    const size = sizeOf(this.shape);
    Array.from(rows).forEach((row, index) => {
      into.set(this.inputs[row] ?? [], index * size);
    });
    this.rowsRead += rows.length;
  }

  /** The same examples, in the order of the given rows. */
  picked(rows: readonly number[]): ListedExamples {
    const inputs = rows.map((row) => this.inputs[row] ?? []);
    return new ListedExamples(
      inputs,
      rows.map((row) => this.labels[row] ?? 0),
      this.shape,
    );
  }
}

/** A task whose sets count what is read of them. */
export interface ListedTask extends Task {
  readonly train: ListedExamples;
  readonly validation: ListedExamples;
  readonly test: ListedExamples;
}

/** What a made-up task looks like. */
export interface TaskShape {
  readonly shape: readonly number[];
  /** Training examples; a third as many are for validation, half as many for testing. */
  readonly count: number;
}

/** A task of classes that lie around one point each. */
export function madeUpTask(
  index: number,
  outputs: readonly number[],
  { shape, count }: TaskShape,
): ListedTask {
  const examples = (part: string, size: number): ListedExamples => {
    const random = new Random(index, 'made-up task', part);
    const labels = Array.from({ length: size }, (_, row) => outputs[row % outputs.length] ?? 0);
    const inputs = labels.map((label) =>
      Array.from(
        { length: sizeOf(shape) },
        (_, value) => Math.sin(7 * label + value) + 0.5 * random.normal(),
      ),
    );
    return new ListedExamples(inputs, labels, shape);
  };
  return {
    index,
    name: `outputs ${outputs.join(', ')}`,
    outputs,
    train: examples('train', count),
    validation: examples('validation', Math.ceil(count / 3)),
    test: examples('test', Math.ceil(count / 2)),
  };
}

/** Two tasks of two classes each. */
export function twoTasks(form: Partial<TaskShape> = {}): [ListedTask, ListedTask] {
  const shape = { shape: [5], count: 24, ...form };
  return [madeUpTask(1, [0, 1], shape), madeUpTask(2, [2, 3], shape)];
}
