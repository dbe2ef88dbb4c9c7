import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';

/** Red, green, blue and alpha of the pixel at column x and row y. */
type Painter = (x: number, y: number) => readonly number[];

/** Bytes of a PNG file. */
export function png(width: number, height: number, paint: Painter): Buffer {
  const image = new PNG({ width, height });
  image.data = paintAll(width, height, paint);
  return PNG.sync.write(image);
}

/** Bytes of a JPEG file of the best quality. */
export function jpeg(width: number, height: number, paint: Painter): Buffer {
  return encodeJpeg({ width, height, data: paintAll(width, height, paint) }, 100).data;
}

function paintAll(width: number, height: number, paint: Painter): Buffer {
  const pixels = Array.from({ length: width * height }, (_, index) =>
    paint(index % width, Math.floor(index / width)),
  );
  return Buffer.from(pixels.flat());
}
