import { describe, expect, it } from 'vitest';
import { herd, unitVector } from '../../harness/train/herding.ts';

const line = (values: readonly number[]): Float32Array[] => values.map((value) => Float32Array.of(value));

describe('herding', () => {
  it('by hand: of 0, 1, 2, 6, 11 with mean 4 it takes 2, then 6, then what brings the mean of three nearest to 4', () => {
    // First |4 − x| is least at 2 and 6 alike: the earlier. Then (2 + 6) / 2 = 4. Then (8
    // + x) / 3: 11 gives 6.3, 2 is taken, 1 gives 3.
    expect(herd(line([0, 1, 2, 6, 11]), 3)).toEqual([2, 3, 1]);
  });

  it('gives each example once, and a shorter list is the beginning of a longer one', () => {
    const features = line([3, 8, 1, 9, 4, 7]);
    const all = herd(features, 10);
    expect([...all].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(herd(features, 2)).toEqual(all.slice(0, 2));
  });

  it('unit vectors have length 1', () => {
    expect([...unitVector(Float64Array.of(3, 4))]).toEqual([0.6, 0.8]);
    expect([...unitVector(Float64Array.of(0, 0))]).toEqual([0, 0]);
  });
});
