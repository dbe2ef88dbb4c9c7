/**
 * Holm's step-down correction (1979): p values such that refusing all below α makes even one false refusal at most α
 * likely, however the tests depend on each other.
 * @returns corrected p values in the given order, at most 1
 */
export function holm(p: readonly number[]): number[] {
  let highest = 0;
  return inOrder(p, ascending(p), (value, position) => {
    highest = Math.max(highest, (p.length - position) * value);
    return Math.min(1, highest);
  });
}

/**
 * Benjamini and Hochberg's correction (1995): refusing all below α makes the expected share of false refusals among them at
 * most α, for independent tests.
 * @returns corrected p values in the given order, at most 1
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  let lowest = 1;
  return inOrder(p, ascending(p).reverse(), (value, position) => {
    lowest = Math.min(lowest, (p.length / (p.length - position)) * value);
    return lowest;
  });
}

function ascending(p: readonly number[]): number[] {
  return p.map((_, index) => index).sort((left, right) => (p[left] ?? 0) - (p[right] ?? 0));
}

function inOrder(
  p: readonly number[],
  order: readonly number[],
  correct: (value: number, position: number) => number,
): number[] {
  const corrected = new Array<number>(p.length).fill(1);
  order.forEach((index, position) => {
    corrected[index] = correct(p[index] ?? 1, position);
  });
  return corrected;
}
