import { elementwise } from './elementwise.ts';
import { network } from './network.ts';
import { reductions } from './reductions.ts';
import { shaping } from './shaping.ts';
import type { KernelTable } from './table.ts';

/** Every TF.js kernel that can be recorded. A kernel that is not here is an error that names it. */
export const kernelTable: KernelTable = { ...elementwise, ...reductions, ...shaping, ...network };
