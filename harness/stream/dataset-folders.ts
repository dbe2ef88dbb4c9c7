import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the datasets that come with the program. */
const datasetsFolder = fileURLToPath(new URL('../../datasets/', import.meta.url));

/** Folder of a dataset that comes with the program: its definition and its bundled files. */
export function datasetFolder(name: string): string {
  return join(datasetsFolder, name);
}

/** Names of the datasets that come with the program, in alphabetical order. */
export function datasetNames(): string[] {
  return readdirSync(datasetsFolder)
    .filter((name) => existsSync(join(datasetsFolder, name, 'dataset.json')))
    .sort();
}
