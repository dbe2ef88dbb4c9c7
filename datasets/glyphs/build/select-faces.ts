import type { Alphabet } from './alphabets.ts';
import { likeness, meanImage, nearestMeans, similarity } from './compare-drawings.ts';
import type { RenderedFace } from './render-faces.ts';

/** Of the alphabet's characters a face must draw so many like most faces do; others draw ornaments or another script. */
const leastRecognisable = 0.12;
/** Faces more alike than this are one drawing under two names. */
export const sameDrawing = 0.985;
/** Small letters whose form is not that of the capital. */
const distinctSmall = 'abdeghnqrt';

/** Why families were left out, by reason. */
export type LeftOut = Record<string, string[]>;

/**
 * The faces that make examples: those that draw every character as a letter of its own, one of each drawing, spread over
 * as many families as there are.
 */
export function selectFaces(
  alphabet: Alphabet,
  families: readonly RenderedFace[][],
  leftOut: LeftOut,
): RenderedFace[] {
  const note = (reason: string, { family, variant }: RenderedFace): void => {
    leftOut[reason] = [...(leftOut[reason] ?? []), `${family} ${variant} (${alphabet.name})`];
  };
  const means = meansOf(alphabet, families);
  const good = families
    .map((faces) =>
      faces.filter((face) => {
        const reason = faultOf(alphabet, face, means);
        if (reason) note(reason, face);
        return reason === undefined;
      }),
    )
    .filter((faces) => faces.length > 0);
  const chosen: RenderedFace[] = [];
  const most = Math.max(...good.map((faces) => faces.length));
  for (let place = 0; place < most; place++) {
    for (const faces of good) {
      const face = faces[place];
      if (!face || chosen.length >= alphabet.faces) continue;
      if (chosen.some((other) => likeness(other.images, face.images, 3) > sameDrawing))
        note('drawn before', face);
      else chosen.push(face);
    }
  }
  return chosen;
}

function meansOf(alphabet: Alphabet, families: readonly RenderedFace[][]): Float64Array[] {
  const plain = families.flatMap(([first]) => (first ? [first] : []));
  return Array.from([...alphabet.characters], (_, at) =>
    meanImage(plain.map(({ images }) => images[at] as Uint8Array)),
  );
}

function faultOf(
  alphabet: Alphabet,
  { images }: RenderedFace,
  means: readonly Float64Array[],
): string | undefined {
  const nearest = nearestMeans(images, means);
  const recognised = nearest.filter((mean, at) => mean === at).length / images.length;
  if (recognised < leastRecognisable) return 'not recognisable';
  if (new Set(images.map((image) => Buffer.from(image).toString('base64'))).size < images.length)
    return 'draws two characters alike';
  if (alphabet.onBaseline && drawsCapitals(alphabet, images)) return 'draws capitals for small letters';
  return undefined;
}

/** Compares small letters with capitals after both are cropped and stretched to one size. */
function drawsCapitals(alphabet: Alphabet, images: readonly Uint8Array[]): boolean {
  const of = (character: string): Float64Array =>
    stretched(images[[...alphabet.characters].indexOf(character)] as Uint8Array);
  const alike = [...distinctSmall].filter((small) => similarity(of(small), of(small.toUpperCase())) > 0.9);
  return alike.length >= distinctSmall.length / 2;
}

/** What is drawn, cropped and stretched to 16 × 16. */
function stretched(image: Uint8Array): Float64Array {
  const side = Math.sqrt(image.length);
  const inked = Array.from(image.keys()).filter((at) => (image[at] as number) > 60);
  const columns = inked.map((at) => at % side);
  const rows = inked.map((at) => Math.floor(at / side));
  const [left, right] = [Math.min(...columns), Math.max(...columns)];
  const [top, bottom] = [Math.min(...rows), Math.max(...rows)];
  return Float64Array.from({ length: 256 }, (_, at) => {
    const x = Math.round(left + ((at % 16) / 15) * (right - left));
    const y = Math.round(top + (Math.floor(at / 16) / 15) * (bottom - top));
    return image[y * side + x] as number;
  });
}
