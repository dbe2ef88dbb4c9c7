/**
 * Finite values no further apart are equal. Means of the same counts differ in their last digits where they were added in
 * another order; means of fractions that truly differ are further apart. Rounding to so many digits would not do: it has
 * edges, and halves of the last digit, as of 2,048 examples, lie on them.
 */
const rounding = 1e-10;

/** Ranks from 1, the smallest value first; equal values share the mean of their ranks: 5, 7, 7 have ranks 1, 2.5, 2.5. */
export function averageRanks(values: readonly number[]): number[] {
  const ranks = new Array<number>(values.length).fill(0);
  let below = 0;
  for (const tied of ties(values)) {
    for (const index of tied) ranks[index] = below + (1 + tied.length) / 2;
    below += tied.length;
  }
  return ranks;
}

/** Σ (t³ − t) over the groups of t equal values: what ties take from the variance of rank sums. */
export function tieTerm(values: readonly number[]): number {
  return ties(values).reduce((total, { length }) => total + length ** 3 - length, 0);
}

/** Indices of equal values, the smallest value first. */
function ties(values: readonly number[]): number[][] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const groups: number[][] = [];
  // Held against the first of its group, lest many small steps join values that are far apart.
  let first = Number.NEGATIVE_INFINITY;
  for (const { value, index } of order) {
    if (value - first <= rounding) groups.at(-1)?.push(index);
    else {
      groups.push([index]);
      first = value;
    }
  }
  return groups;
}
