/** Small float64 references for the tests: plain loops over plain lists. */

/** The error function by its series, or by its continued fraction where the series is slow; good to about 1e-15. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 3) {
    let term = size;
    let total = size;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= -(size * size) / n;
      total += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

/** `x · Φ(x)`. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** One row normalised, scaled and shifted. */
export function layerNorm(
  row: readonly number[],
  scale: readonly number[],
  shift: readonly number[],
  epsilon: number,
): number[] {
  const mean = sum(row) / row.length;
  const deviation = Math.sqrt(sum(row.map((value) => (value - mean) ** 2)) / row.length + epsilon);
  return row.map((value, index) => ((value - mean) / deviation) * at(scale, index) + at(shift, index));
}

/** `x Wᵀ + b` for one row; the weight's rows lie one after the other. */
export function linear(row: readonly number[], weight: readonly number[], bias: readonly number[]): number[] {
  return bias.map((offset, output) =>
    row.reduce((total, value, input) => total + value * at(weight, output * row.length + input), offset),
  );
}

export function softmax(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  return powers.map((power) => power / sum(powers));
}

/** `−log softmax(row)[label]`. */
export function crossEntropy(row: readonly number[], label: number): number {
  return -Math.log(at(softmax(row), label));
}

/** The derivative of `loss` by each value, by central differences. */
export function finiteDifferences(
  loss: (values: readonly number[]) => number,
  values: readonly number[],
  step = 1e-5,
): number[] {
  return values.map((value, index) => {
    const moved = (by: number): number => loss(values.with(index, value + by));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The value at a place that is there. */
export function at(values: ArrayLike<number>, index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index} of ${values.length}`);
  return value;
}

/** The list cut into rows. */
export function rowsOf(values: ArrayLike<number>, width: number): number[][] {
  const list = Array.from(values);
  return Array.from({ length: list.length / width }, (_, row) => list.slice(row * width, (row + 1) * width));
}

/** The largest difference of two lists, relative to the larger of 1 and the expected value. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const differences = Array.from(
    expected,
    (right, index) => Math.abs(at(actual, index) - right) / Math.max(1, Math.abs(right)),
  );
  return Math.max(
    0,
    ...differences.map((difference) => (Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)),
  );
}
