import { UserError } from '../errors.ts';
import type { StoredValues } from './examples.ts';
import type { RawSet } from './raw-dataset.ts';
import type { RowStore, Storage } from './row-store.ts';
import type { NamedGroup } from './task-plan.ts';

/**
 * The eight symmetries of a square; the first leaves the image as it is.
 * Turns are counter-clockwise, after the mirroring.
 */
export const symmetries = [false, true].flatMap((mirrored) =>
  [0, 90, 180, 270].map((degrees) => ({ mirrored, degrees })),
);

/** What of an opened dataset changes. */
interface Images {
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly groups: readonly NamedGroup[];
  readonly sets: Readonly<Record<'train' | 'validation' | 'test', RawSet>>;
}

/**
 * A dataset whose images stand in all eight symmetries, each form of a class being a class of its own: class c in form f is
 * class 8c + f. Few classes become many, which makes features that carry over to classes never seen
 * (Santoro et al., Meta-Learning with Memory-Augmented Neural Networks, ICML 2016, turn the characters of Omniglot so).
 * A class that looks the same in two forms is two classes that nobody can tell apart.
 * @throws UserError if inputs are not square images
 */
export function withSymmetries<Dataset extends Images>(name: string, dataset: Dataset): Dataset {
  const [channels, height, width] = dataset.shape;
  if (channels === undefined || height === undefined || dataset.shape.length !== 3 || height !== width) {
    throw new UserError(
      `Dataset "${name}" takes the symmetries of a square, which need square images, but inputs have the shape ` +
        `[${dataset.shape.join(', ')}]. Take another dataset.`,
    );
  }
  const forms = symmetries.map((form) => symmetrySources(form, channels, height));
  const enlarge = (set: RawSet): RawSet => inAllForms(set, forms);
  return {
    ...dataset,
    classes: dataset.classes.flatMap((member) => symmetries.map((form) => `${member}${nameOf(form)}`)),
    groups: dataset.groups.map((group) => ({ ...group, classes: timesForms(group.classes) })),
    sets: {
      train: enlarge(dataset.sets.train),
      validation: enlarge(dataset.sets.validation),
      test: enlarge(dataset.sets.test),
    },
  };
}

function nameOf({ mirrored, degrees }: (typeof symmetries)[number]): string {
  return `${mirrored ? ', mirrored' : ''}${degrees > 0 ? `, turned ${degrees}°` : ''}`;
}

/** Each number n as 8n … 8n + 7. */
function timesForms(numbers: ArrayLike<number>): number[] {
  return Array.from(numbers).flatMap((number) =>
    symmetries.map((_, form) => number * symmetries.length + form),
  );
}

function inAllForms({ table, rows }: RawSet, forms: readonly Int32Array[]): RawSet {
  const repeated = (domains: Int32Array): Int32Array =>
    Int32Array.from(
      { length: domains.length * forms.length },
      (_, row) => domains[Math.floor(row / forms.length)] as number,
    );
  return {
    table: {
      rows: new MovedRows(table.rows, forms),
      labels: Int32Array.from(timesForms(table.labels)),
      domains: table.domains && repeated(table.domains),
    },
    rows: Int32Array.from(timesForms(rows)),
  };
}

/** Where each value of a mirrored and turned image comes from: a position in the image `[channels, side, side]`. */
function symmetrySources(
  { mirrored, degrees }: (typeof symmetries)[number],
  channels: number,
  side: number,
): Int32Array {
  const last = side - 1;
  return Int32Array.from({ length: channels * side * side }, (_, position) => {
    const plane = Math.floor(position / (side * side));
    let [row, column] = [Math.floor(position / side) % side, position % side];
    for (let turned = 0; turned < degrees; turned += 90) [row, column] = [column, last - row];
    return plane * side * side + row * side + (mirrored ? last - column : column);
  });
}

/** Rows of another store, each in several forms: row `forms × r + f` is row r with its values moved as form f says. */
class MovedRows implements RowStore {
  readonly storage: Storage;
  readonly count: number;
  readonly rowSize: number;
  readonly #store: RowStore;
  readonly #forms: readonly Int32Array[];
  #scratch: StoredValues = new Uint8Array(0);

  constructor(store: RowStore, forms: readonly Int32Array[]) {
    this.storage = store.storage;
    this.count = store.count * forms.length;
    this.rowSize = store.rowSize;
    this.#store = store;
    this.#forms = forms;
  }

  read(rows: ArrayLike<number>, into: StoredValues): void {
    const length = rows.length * this.rowSize;
    if (this.#scratch.length < length) {
      this.#scratch = this.storage === 'uint8' ? new Uint8Array(length) : new Float32Array(length);
    }
    const numbers = Array.from(rows);
    this.#store.read(
      numbers.map((row) => Math.floor(row / this.#forms.length)),
      this.#scratch,
    );
    numbers.forEach((row, index) => {
      const sources = this.#forms[row % this.#forms.length] as Int32Array;
      const start = index * this.rowSize;
      sources.forEach((source, position) => {
        into[start + position] = this.#scratch[start + source] as number;
      });
    });
  }

  close(): void {
    this.#store.close();
  }
}
