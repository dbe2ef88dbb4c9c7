/** The part of opentype.js that the build uses; the package brings no types. */
declare module 'opentype.js' {
  export interface Path {
    getBoundingBox(): { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };
    toPathData(decimals: number): string;
  }
  export interface Font {
    charToGlyphIndex(character: string): number;
    readonly unitsPerEm: number;
    readonly glyphs: { get(index: number): { getPath(x: number, y: number, size: number): Path } };
  }
  const opentype: { parse(buffer: ArrayBufferLike): Font };
  export default opentype;
}
