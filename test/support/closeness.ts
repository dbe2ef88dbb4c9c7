import { expect } from 'vitest';

/** Holds two lists equal but for rounding: within `tolerance` times the largest right value. */
export function expectClose(found: Iterable<number>, right: Iterable<number>, tolerance: number): void {
  const [foundValues, rightValues] = [[...found], [...right]];
  expect(foundValues).toHaveLength(rightValues.length);
  const limit = tolerance * Math.max(...rightValues.map(Math.abs)) + 1e-30;
  const worst = Math.max(
    ...rightValues.map((value, index) => Math.abs(value - (foundValues[index] ?? Infinity))),
  );
  expect(worst, `values off by up to ${worst}`).toBeLessThanOrEqual(limit);
}
