/** Ranks from 1, the smallest value first; equal values share the mean of their ranks: 5, 7, 7 have ranks 1, 2.5, 2.5. */
export function averageRanks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && order[end]?.value === order[first]?.value) end++;
    for (const { index } of order.slice(first, end)) ranks[index] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}

/** Σ (t³ − t) over the groups of t equal values: what ties take from the variance of rank sums. */
export function tieTerm(values: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return [...sizes.values()].reduce((total, size) => total + size ** 3 - size, 0);
}
