import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { latin, writingSystems } from './alphabets.ts';
import { contactSheet } from './contact-sheet.ts';
import type { FontPackage } from './font-files.ts';
import { renderFaces } from './render-faces.ts';
import { type LeftOut, selectFaces } from './select-faces.ts';
import { splitFamilies } from './split-families.ts';
import { writeDataset } from './write-dataset.ts';

/**
 * Makes the datasets `glyphs` and `glyphs-latin` from the fonts of `fonts.json`; the same bytes every time.
 *
 *     npm run build:glyphs [-- <folder for contact sheets>]
 *
 * Fonts are fetched once, with npm, into `.cache/fonts`.
 */
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const fonts = JSON.parse(readFileSync(here('../fonts.json'), 'utf8')) as FontPackage[];
const rendered = await renderFaces(fonts, [latin, ...writingSystems], here('../../../.cache/fonts'));
const leftOut: LeftOut = {};
const chosen = new Map(
  [...rendered].map(([alphabet, families]) => [alphabet, selectFaces(alphabet, families, leftOut)]),
);
const partOf = splitFamilies(chosen);
const examples = {
  ...writeDataset(
    {
      name: 'glyphs',
      title: 'Characters of ten writing systems, drawn with open fonts (grey images, 28 × 28, 240 classes)',
      folder: here('..'),
      alphabets: new Map([...chosen].filter(([alphabet]) => alphabet !== latin)),
      styles: false,
    },
    partOf,
  ),
  ...writeDataset(
    {
      name: 'glyphs-latin',
      title:
        'Latin letters, digits and punctuation, drawn with open fonts (grey images, 28 × 28, 81 classes)',
      folder: here('../../glyphs-latin'),
      alphabets: new Map([...chosen].filter(([alphabet]) => alphabet === latin)),
      styles: true,
    },
    partOf,
  ),
};
const used = new Set([...chosen.values()].flatMap((faces) => faces.map(({ family }) => family)));
const manifest = {
  examples,
  families: fonts
    .filter(({ family }) => used.has(family))
    .map(({ name, version, family, licence }) => ({
      family,
      package: `${name}@${version}`,
      licence,
      part: partOf.get(family),
    })),
  leftOut,
};
writeFileSync(here('../manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
// The repository's formatter has the last word on JSON, so that a second build changes nothing.
execFileSync('npx', ['biome', 'format', '--write', here('..'), here('../../glyphs-latin')], {
  stdio: 'ignore',
  shell: process.platform === 'win32',
});
console.table(examples);

const [sheets] = process.argv.slice(2);
if (sheets) {
  mkdirSync(sheets, { recursive: true });
  for (const [{ name, characters }, faces] of chosen) {
    const step = Math.max(1, Math.floor(faces.length / 36));
    const shown = faces.filter((_, at) => at % step === 0);
    const rows = [...characters].map((_, at) => shown.map(({ images }) => images[at] as Uint8Array));
    writeFileSync(join(sheets, `${name}.png`), contactSheet(rows));
  }
}
