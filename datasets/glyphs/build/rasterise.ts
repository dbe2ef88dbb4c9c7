import { Resvg } from '@resvg/resvg-js';
import type { Path } from 'opentype.js';
import type { Alphabet } from './alphabets.ts';
import type { Face } from './font-files.ts';

/** Pixels along a side. */
export const side = 28;
/** Pixels that stay empty at every edge. */
const margin = 2;
/** Grey values that are told apart. Fewer compress better, and nobody reads a letter by its hundredth shade. */
const levels = 16;
/** Size at which outlines are measured before they are scaled. */
const unit = 100;

/** A glyph's outline and where it lies at the size `unit`, baseline at 0. */
interface Outline {
  readonly path: Path;
  readonly box: ReturnType<Path['getBoundingBox']>;
}

/**
 * Draws all characters of an alphabet in one face, white on black, at one scale, so that what is small stays small.
 * @returns 28 × 28 grey values for each character; undefined when the face lacks one or draws nothing for it
 */
export function rasterise(face: Face, alphabet: Alphabet): Uint8Array[] | undefined {
  const outlines = [...alphabet.characters].map((character) => outlineOf(face, character));
  if (outlines.some((outline) => outline === undefined)) return undefined;
  const drawn = outlines as Outline[];
  const placed = alphabet.onBaseline ? onBaseline(drawn) : centred(drawn);
  return placed.map(({ path, scale, x, y }) => draw(path, scale, x, y));
}

function outlineOf(face: Face, character: string): Outline | undefined {
  const font = face.fontFor(character);
  // By index: the shaping that `font.getPath` would do can fail, and a lone character needs none.
  const path = font?.glyphs.get(font.charToGlyphIndex(character)).getPath(0, 0, unit);
  const box = path?.getBoundingBox();
  if (!path || !box || !(box.x2 - box.x1 > 0) || !(box.y2 - box.y1 > 0)) return undefined;
  return { path, box };
}

interface Placed {
  readonly path: Path;
  readonly scale: number;
  /** Where the outline's origin comes to lie, in pixels. */
  readonly x: number;
  readonly y: number;
}

const room = side - 2 * margin;

/** Nine in ten glyphs fit at the common scale; the widest are made to fit. */
function commonScale(lengths: number[]): number {
  const sorted = lengths.toSorted((left, right) => left - right);
  return room / (sorted[Math.floor(0.9 * (sorted.length - 1))] as number);
}

function centred(outlines: readonly Outline[]): Placed[] {
  const common = commonScale(outlines.map(({ box }) => longestSide(box)));
  return outlines.map(({ path, box }) => {
    const scale = Math.min(common, room / longestSide(box));
    return {
      path,
      scale,
      x: side / 2 - (scale * (box.x1 + box.x2)) / 2,
      y: side / 2 - (scale * (box.y1 + box.y2)) / 2,
    };
  });
}

/** The baseline is where the middle of the tallest and the deepest glyphs comes to the middle of the image. */
function onBaseline(outlines: readonly Outline[]): Placed[] {
  const tops = outlines.map(({ box }) => box.y1).sort((left, right) => left - right);
  const bottoms = outlines.map(({ box }) => box.y2).sort((left, right) => right - left);
  const place = Math.floor(0.1 * outlines.length);
  const [top, bottom] = [tops[place] as number, bottoms[place] as number];
  const common = Math.min(room / (bottom - top), commonScale(outlines.map(({ box }) => box.x2 - box.x1)));
  const baseline = side / 2 - (common * (top + bottom)) / 2;
  return outlines.map(({ path, box }) => {
    const scale = Math.min(common, room / longestSide(box));
    const x = side / 2 - (scale * (box.x1 + box.x2)) / 2;
    const highest = margin - scale * box.y1;
    const lowest = side - margin - scale * box.y2;
    return { path, scale, x, y: Math.min(Math.max(baseline, highest), lowest) };
  });
}

function longestSide(box: Outline['box']): number {
  return Math.max(box.x2 - box.x1, box.y2 - box.y1);
}

function draw(path: Path, scale: number, x: number, y: number): Uint8Array {
  const place = `translate(${x.toFixed(3)} ${y.toFixed(3)}) scale(${scale.toFixed(5)})`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="${side}" height="${side}"/>` +
    `<path fill="#fff" transform="${place}" d="${path.toPathData(2)}"/></svg>`;
  const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
  return Uint8Array.from({ length: side * side }, (_, index) => quantise(pixels[4 * index] as number));
}

function quantise(grey: number): number {
  return Math.round(Math.round((grey / 255) * (levels - 1)) * (255 / (levels - 1)));
}
