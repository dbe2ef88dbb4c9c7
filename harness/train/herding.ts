/**
 * Chooses examples whose mean feature stays near that of all, one by one (Rebuffi et al. 2017, "iCaRL", Algorithm 4):
 * `p_k = argmin over x of ‖μ − (φ(x) + Σ_{j<k} φ(p_j)) / k‖`, none twice.
 * @param features a vector for each example, all of one length
 * @param mean μ, where it is not simply the mean of the features
 * @returns places in `features`, the best first, so that any beginning of the list is a choice by itself
 */
export function herd(
  features: readonly Float32Array[],
  count: number,
  mean: Float64Array = meanOf(features, features[0]?.length ?? 0),
): number[] {
  const width = mean.length;
  const sum = new Float64Array(width);
  const free = new Set(features.keys());
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, features.length)) {
    const k = chosen.length + 1;
    let [best, least] = [-1, Infinity];
    for (const place of free) {
      const feature = features[place] as Float32Array;
      let distance = 0;
      for (let at = 0; at < width; at++) {
        const miss = (mean[at] as number) - ((sum[at] as number) + (feature[at] as number)) / k;
        distance += miss * miss;
      }
      if (distance < least) [best, least] = [place, distance];
    }
    if (best < 0) throw new Error('herd: features hold values that are not finite.');
    free.delete(best);
    chosen.push(best);
    for (let at = 0; at < width; at++)
      sum[at] = (sum[at] as number) + ((features[best] as Float32Array)[at] as number);
  }
  return chosen;
}

/** The mean vector in float64. */
export function meanOf(vectors: readonly Float32Array[], width: number): Float64Array {
  const mean = new Float64Array(width);
  for (const vector of vectors) {
    for (let at = 0; at < width; at++)
      mean[at] = (mean[at] as number) + (vector[at] as number) / vectors.length;
  }
  return mean;
}

/** The vector at length 1; one of zeros stays. */
export function unitVector<Vector extends Float32Array | Float64Array>(vector: Vector): Vector {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length) as Vector;
}
