import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FontPackage, integrityOf, openPackage } from './font-files.ts';

/**
 * Writes `fonts.json` from a folder of packed font packages: pins what the build may use, and under which licence.
 *
 *     node --import tsx datasets/glyphs/build/choose-fonts.ts <folder of .tgz files>
 */
const open = new Set(['OFL-1.1', 'Apache-2.0', 'UFL-1.0', 'CC0-1.0']);
const styles = new Set(['serif', 'sans-serif', 'monospace', 'handwriting', 'display']);

interface Metadata {
  readonly family: string;
  readonly category?: string;
  readonly license?: string | { readonly type: string; readonly attribution: string };
}

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('Name the folder that holds the packed packages.');
const fonts: FontPackage[] = [];
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.tgz'))
  .sort()) {
  const bytes = readFileSync(join(folder, file));
  const files = await openPackage(bytes);
  const read = (name: string): unknown => JSON.parse(Buffer.from(files.get(name) ?? '{}').toString('utf8'));
  const { name, version } = read('package.json') as { name: string; version: string };
  const { family, category = '', license } = read('metadata.json') as Metadata;
  if (typeof license !== 'object' || !open.has(license.type) || !styles.has(category)) continue;
  fonts.push({
    name,
    version,
    integrity: integrityOf(bytes),
    family,
    style: category,
    licence: license.type,
    attribution: license.attribution,
  });
}
writeFileSync(
  fileURLToPath(new URL('../fonts.json', import.meta.url)),
  `${JSON.stringify(fonts, null, 1)}\n`,
);
console.log(`${fonts.length} families`);
