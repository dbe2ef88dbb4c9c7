/**
 * How stored values become a model's inputs: `input = stored × scale + offset`, per channel
 * (one entry for all channels, or one for each). `uint8` pixels have scale 1/255 unless a scenario normalises.
 */
export interface Encoding {
  readonly storage: 'uint8' | 'float32';
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** Stored values of one or more examples, row after row. */
export type StoredValues = Uint8Array | Float32Array;

/**
 * Labelled examples that may or may not be in memory. Inputs are row-major;
 * images are `[channels, height, width]`.
 */
export interface Examples {
  readonly count: number;
  /** Shape of one input, e.g. `[1, 28, 28]` or `[16]`. */
  readonly shape: readonly number[];
  readonly encoding: Encoding;
  /** Output index of each example (already mapped by the scenario), length `count`. */
  readonly labels: Int32Array;
  /** Copies the stored values of the given rows into `into`, one after the other, from its start. */
  readStored(rows: ArrayLike<number>, into: StoredValues): void;
}
