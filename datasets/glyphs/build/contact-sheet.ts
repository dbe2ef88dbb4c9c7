import { PNG } from 'pngjs';
import { side } from './rasterise.ts';

/**
 * A picture of images in rows, white on black with a grey grid.
 * @returns the bytes of a PNG
 */
export function contactSheet(rows: readonly (readonly Uint8Array[])[]): Buffer {
  const cell = side + 1;
  const width = cell * Math.max(...rows.map((row) => row.length));
  const png = new PNG({ width, height: cell * rows.length, colorType: 0 });
  png.data.fill(70);
  rows.forEach((row, down) => {
    row.forEach((image, across) => {
      image.forEach((grey, at) => {
        const x = across * cell + (at % side);
        const y = down * cell + Math.floor(at / side);
        png.data.fill(grey, 4 * (y * width + x), 4 * (y * width + x) + 3);
      });
    });
  });
  for (let at = 3; at < png.data.length; at += 4) png.data[at] = 255;
  return PNG.sync.write(png, { colorType: 0 });
}
