import type { Alphabet } from './alphabets.ts';
import { type FontPackage, facesOf, fetchPackage, openPackage } from './font-files.ts';
import { rasterise } from './rasterise.ts';

/** All characters of an alphabet as one face draws them. */
export interface RenderedFace {
  readonly family: string;
  readonly style: string;
  readonly variant: string;
  /** One image for each character, 28 × 28 grey values. */
  readonly images: readonly Uint8Array[];
}

/** In this order a family's faces are taken: the plain one first, then those that differ most from it. */
const preference = [
  '400-normal',
  '700-normal',
  '400-italic',
  '300-normal',
  '900-normal',
  '500-normal',
  '800-normal',
  '100-normal',
  '700-italic',
  '600-normal',
  '200-normal',
];

/** Most faces of one family, however few families there are. */
const mostOfAFamily = 8;

/**
 * Renders each alphabet in every family that has it.
 * @returns by alphabet, families in the order given, each with its faces in the order of preference
 */
export async function renderFaces(
  packages: readonly FontPackage[],
  alphabets: readonly Alphabet[],
  cache: string,
): Promise<Map<Alphabet, RenderedFace[][]>> {
  const rendered = new Map<Alphabet, RenderedFace[][]>(alphabets.map((alphabet) => [alphabet, []]));
  for (const font of packages) {
    const files = await openPackage(await fetchPackage(font, cache));
    for (const alphabet of alphabets) {
      const faces = facesOf(font, files, alphabet.characters)
        .filter(({ variant }) => preference.includes(variant))
        .sort((left, right) => preference.indexOf(left.variant) - preference.indexOf(right.variant))
        .slice(0, alphabet.onBaseline ? 2 : mostOfAFamily)
        .flatMap((face) => {
          const images = rasterise(face, alphabet);
          return images ? [{ family: face.family, style: face.style, variant: face.variant, images }] : [];
        });
      if (faces.length > 0) rendered.get(alphabet)?.push(faces);
    }
  }
  return rendered;
}
