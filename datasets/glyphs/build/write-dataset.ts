import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unicodeName } from 'unicode-name';
import type { Alphabet } from './alphabets.ts';
import { idxImages, idxLabels } from './idx-file.ts';
import type { RenderedFace } from './render-faces.ts';
import { type Part, parts } from './split-families.ts';

/** A dataset that the build writes. */
export interface GlyphDataset {
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  readonly alphabets: ReadonlyMap<Alphabet, readonly RenderedFace[]>;
  /** Whether each example carries its style of type as its domain. */
  readonly styles: boolean;
}

interface File {
  readonly path: string;
  readonly bundled: true;
  readonly sha256: string;
}

/** The styles of type, as domains are named. */
const styles = ['serif', 'sans', 'mono', 'handwriting', 'display'];

const styleNames: Readonly<Record<string, string>> = { 'sans-serif': 'sans', monospace: 'mono' };

/** Writes images, labels and `dataset.json` of a dataset. @returns examples of each part, by alphabet */
export function writeDataset(
  dataset: GlyphDataset,
  partOf: ReadonlyMap<string, Part>,
): Record<string, Record<Part, number>> {
  const { name, title, folder, alphabets } = dataset;
  mkdirSync(folder, { recursive: true });
  const counts: Record<string, Record<Part, number>> = {};
  const reader: Record<string, unknown> = { kind: 'idx' };
  for (const part of parts) reader[part] = writePart(dataset, part, partOf, counts);
  const classes = [...alphabets.keys()].map(({ characters }) => [...characters].map(className));
  const definition = {
    name,
    title,
    licence: 'The fonts are under the SIL Open Font License 1.1, Apache 2.0, UFL 1.0 or CC0; see fonts.json',
    source: 'Characters drawn with open fonts from npm (@fontsource); see docs/glyphs.md',
    revision: '1',
    obtain: 'The files are part of the repository; npm run build:glyphs makes them again.',
    groups: [...alphabets.keys()].map((alphabet, at) => ({
      name: alphabet.name,
      classes: classes[at]?.length,
    })),
    reader: { ...reader, classes: classes.flat(), ...(dataset.styles && { domains: styles }) },
  };
  writeFileSync(join(folder, 'dataset.json'), `${JSON.stringify(definition, null, 2)}\n`);
  return counts;
}

function writePart(
  { folder, alphabets, styles: withStyles }: GlyphDataset,
  part: Part,
  partOf: ReadonlyMap<string, Part>,
  counts: Record<string, Record<Part, number>>,
): Record<string, File> {
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  const domains: number[] = [];
  let label = 0;
  for (const [alphabet, faces] of alphabets) {
    const own = faces.filter(({ family }) => partOf.get(family) === part);
    const count = counts[alphabet.name] ?? { train: 0, validation: 0, test: 0 };
    // Examples of a class lie together, which compresses best.
    [...alphabet.characters].forEach((_, at) => {
      for (const face of own) {
        images.push(face.images[at] as Uint8Array);
        labels.push(label);
        domains.push(styles.indexOf(styleNames[face.style] ?? face.style));
      }
      count[part] += own.length;
      label++;
    });
    counts[alphabet.name] = count;
  }
  const save = (kind: string, bytes: Buffer): File => {
    const path = `${part}-${kind}.idx.gz`;
    writeFileSync(join(folder, path), bytes);
    return { path, bundled: true, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return {
    images: save('images', idxImages(images)),
    labels: save('labels', idxLabels(labels)),
    ...(withStyles && { domains: save('styles', idxLabels(domains)) }),
  };
}

/** `greek small letter alpha` */
function className(character: string): string {
  const name = unicodeName(character);
  if (!name) throw new Error(`${character} has no Unicode name.`);
  return name.toLowerCase();
}
