/**
 * Runs the cell given as JSON, and kills its own process just before the n-th file is put in its place.
 * Called as `node --import tsx dying-run.ts <cell> <n>`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { CellSpec } from '../../harness/train/loop/cell.ts';
import { runCell } from '../../harness/train/loop/run-cell.ts';

const [cell = '{}', last = '1'] = process.argv.slice(2);
const rename = fs.renameSync;
let left = Number(last);
fs.renameSync = (from, to) => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
  rename(from, to);
};
// Also for modules that have imported the function by its name.
syncBuiltinESMExports();
await runCell(JSON.parse(cell) as CellSpec, () => {});
