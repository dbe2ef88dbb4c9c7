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

/** Number of values in one input of the given shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Kept from call to call, because batches of one run all have about the same size. */
let scratch = new Uint8Array(0);

/**
 * Reads rows and turns them into model inputs: `stored × scale + offset`, rounded to float32.
 *
 * @param rows positions in `examples`, in the order wanted
 * @param into receives `rows.length × sizeOf(examples.shape)` values from its start
 * @throws RangeError if `into` is too short
 */
export function decode(examples: Examples, rows: ArrayLike<number>, into: Float32Array): void {
  const length = rows.length * sizeOf(examples.shape);
  if (into.length < length) {
    throw new RangeError(
      `decode: ${rows.length} rows need ${length} values, but there is room for ${into.length}`,
    );
  }
  let stored: StoredValues = into;
  if (examples.encoding.storage === 'uint8') {
    if (scratch.length < length) scratch = new Uint8Array(length);
    stored = scratch;
  }
  examples.readStored(rows, stored);
  applyEncoding(examples.encoding, examples.shape, stored, into, length);
}

/** `stored` and `into` may be the same array. */
function applyEncoding(
  encoding: Encoding,
  shape: readonly number[],
  stored: StoredValues,
  into: Float32Array,
  length: number,
): void {
  const channels = encoding.scale.length;
  if (channels === 1) {
    scaleSpan(stored, into, 0, length, encoding.scale[0] ?? 1, encoding.offset[0] ?? 0);
    return;
  }
  const plane = sizeOf(shape.slice(1));
  for (let start = 0, channel = 0; start < length; start += plane, channel = (channel + 1) % channels) {
    scaleSpan(
      stored,
      into,
      start,
      start + plane,
      encoding.scale[channel] ?? 1,
      encoding.offset[channel] ?? 0,
    );
  }
}

function scaleSpan(
  stored: StoredValues,
  into: Float32Array,
  start: number,
  end: number,
  scale: number,
  offset: number,
): void {
  if (scale === 1 && offset === 0 && stored === into) return;
  for (let index = start; index < end; index++) into[index] = (stored[index] as number) * scale + offset;
}
