import { avalanche } from './avalanche.ts';
import { facil } from './facil.ts';
import type { Importer } from './importer.ts';
import { mammoth } from './mammoth.ts';
import { matrixCsv } from './matrix-csv.ts';
import { pycil } from './pycil.ts';
import { sapt } from './sapt.ts';
import { trace } from './trace.ts';
import { zscl } from './zscl.ts';

export type { ImportedResult, Importer, ImportOptions } from './importer.ts';

/** Every importer. */
export const importers: readonly Importer[] = [
  pycil,
  mammoth,
  facil,
  avalanche,
  zscl,
  trace,
  sapt,
  matrixCsv,
];
