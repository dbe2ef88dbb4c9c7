import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { messageOf, UserError } from '../../errors.ts';

/** An image of any size: 8 bits a channel, red, green, blue, alpha, row after row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Larger images are refused before they are decoded. */
const mostMegapixels = 100;

/** What the decoder counts for a picture without subsampling: coefficients, lines and the result, rounded up. */
const jpegBytesPerPixel = 32;

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Decodes a PNG or JPEG file; which of the two is told by its first bytes, not by its name.
 * @param path for messages only
 * @throws UserError if the bytes are no such image, are damaged, or hold more than 100 megapixels
 */
export function decodeImage(bytes: Buffer, path: string): Pixels {
  try {
    if (bytes.subarray(0, 8).equals(pngSignature)) return decodePng(bytes);
    if (bytes[0] === 0xff && bytes[1] === 0xd8) {
      return decodeJpeg(bytes, {
        useTArray: true,
        tolerantDecoding: false,
        maxResolutionInMP: mostMegapixels,
        // The decoder's own limit would end at a quarter of the resolution that is allowed.
        maxMemoryUsageInMB: jpegBytesPerPixel * mostMegapixels,
      });
    }
  } catch (error) {
    throw undecodable(path, messageOf(error));
  }
  throw undecodable(path, bytes.length === 0 ? 'it is empty' : 'it begins like neither PNG nor JPEG');
}

function decodePng(bytes: Buffer): Pixels {
  if (bytes.length < 24) throw new Error('it ends inside its header');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width * height > mostMegapixels * 1e6) throw new Error(`its header says ${width} × ${height} pixels`);
  return PNG.sync.read(bytes);
}

function undecodable(path: string, reason: string): UserError {
  return new UserError(
    `${path} cannot be decoded: ${reason}. Replace it with a whole PNG or JPEG file, or remove it.`,
  );
}

/**
 * Brings an image to a fixed size and number of channels, planar: `[channels, height, width]`. Each new pixel is the
 * mean of the area of the old image that it covers. Transparent parts lie on black. Grey is
 * 0.299 red + 0.587 green + 0.114 blue.
 * @param channels 1 for grey, 3 for red, green, blue
 */
export function toPlanes(
  image: Pixels,
  size: { height: number; width: number },
  channels: 1 | 3,
): Uint8Array {
  const planes = new Uint8Array(channels * size.height * size.width);
  const source =
    channels === 1 ? [greyPlane(image)] : [0, 1, 2].map((channel) => colourPlane(image, channel));
  source.forEach((plane, channel) => {
    const resized = resizePlane(plane, image, size);
    for (let index = 0; index < resized.length; index++) {
      planes[channel * resized.length + index] = Math.round(resized[index] as number);
    }
  });
  return planes;
}

function colourPlane(image: Pixels, channel: number): Float64Array {
  const { data } = image;
  return Float64Array.from({ length: image.width * image.height }, (_, pixel) => {
    return ((data[pixel * 4 + channel] as number) * (data[pixel * 4 + 3] as number)) / 255;
  });
}

function greyPlane(image: Pixels): Float64Array {
  const [red, green, blue] = [0, 1, 2].map((channel) => colourPlane(image, channel)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  // Whole weights before the division: then a grey pixel keeps its exact value.
  return red.map(
    (value, pixel) => (299 * value + 587 * (green[pixel] as number) + 114 * (blue[pixel] as number)) / 1000,
  );
}

function resizePlane(
  plane: Float64Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Float64Array {
  if (from.width === to.width && from.height === to.height) return plane;
  const columns = coverage(from.width, to.width);
  const narrow = new Float64Array(from.height * to.width);
  for (let row = 0; row < from.height; row++) {
    columns.forEach(({ first, weights }, column) => {
      let sum = 0;
      for (const [index, weight] of weights.entries()) {
        sum += weight * (plane[row * from.width + first + index] as number);
      }
      narrow[row * to.width + column] = sum;
    });
  }
  const resized = new Float64Array(to.height * to.width);
  coverage(from.height, to.height).forEach(({ first, weights }, row) => {
    for (const [index, weight] of weights.entries()) {
      for (let column = 0; column < to.width; column++) {
        const position = row * to.width + column;
        resized[position] =
          (resized[position] as number) + weight * (narrow[(first + index) * to.width + column] as number);
      }
    }
  });
  return resized;
}

/** For each of `to` new pixels in a line: which of `from` old ones it covers, from `first` on, and with what weight. */
function coverage(from: number, to: number): { first: number; weights: number[] }[] {
  return Array.from({ length: to }, (_, index) => {
    const [start, end] = [(index * from) / to, ((index + 1) * from) / to];
    const first = Math.floor(start);
    const weights: number[] = [];
    for (let pixel = first; pixel < Math.min(from, Math.ceil(end)); pixel++) {
      weights.push((Math.min(end, pixel + 1) - Math.max(start, pixel)) / (end - start));
    }
    return { first, weights };
  });
}
