import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * A Chromium to look at pages with: that of PALIMPSEST_CHROMIUM, else the
 * first on the path. Undefined where there is none.
 */
export function findChromium(): string | undefined {
  const given = process.env.PALIMPSEST_CHROMIUM ?? '';
  if (given !== '') return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
