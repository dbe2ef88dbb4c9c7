/** The mean of images, value by value. */
export function meanImage(images: readonly ArrayLike<number>[]): Float64Array {
  const mean = new Float64Array(images[0]?.length ?? 0);
  for (const image of images)
    for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] as number) + (image[at] as number);
  return mean.map((total) => total / images.length);
}

/** Cosine of the angle between two images: 1 for the same drawing. */
export function similarity(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let at = 0; at < left.length; at++) {
    const [a, b] = [left[at] as number, right[at] as number];
    product += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return product / Math.sqrt(leftSquares * rightSquares || 1);
}

/** How alike two faces draw an alphabet, over every `step`th character. */
export function likeness(left: readonly Uint8Array[], right: readonly Uint8Array[], step: number): number {
  const pairs = left.flatMap((image, at) =>
    at % step === 0 ? [similarity(image, right[at] as Uint8Array)] : [],
  );
  return pairs.reduce((total, value) => total + value, 0) / pairs.length;
}

/** For each image the index of the mean that it resembles most. */
export function nearestMeans(images: readonly Uint8Array[], means: readonly Float64Array[]): number[] {
  return images.map((image) => {
    const alike = means.map((mean) => similarity(image, mean));
    return alike.indexOf(Math.max(...alike));
  });
}
