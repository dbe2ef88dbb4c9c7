import { gzipSync } from 'node:zlib';
import { side } from './rasterise.ts';

/** Images as a compressed IDX file of bytes, `[images, 28, 28]`. The same images give the same bytes. */
export function idxImages(images: readonly Uint8Array[]): Buffer {
  return pack([images.length, side, side], Buffer.concat(images));
}

/** Small whole numbers as a compressed IDX file of bytes, `[labels]`. */
export function idxLabels(labels: readonly number[]): Buffer {
  return pack([labels.length], Buffer.from(labels));
}

function pack(shape: readonly number[], values: Buffer): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [at, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * at);
  return gzipSync(Buffer.concat([header, values]), { level: 9 });
}
