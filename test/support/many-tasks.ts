/**
 * Trains the method named on the command line on 50 tasks, and prints the bytes in use after each as JSON: objects of
 * JavaScript and the buffers of arrays. Needs `node --expose-gc --import tsx`.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCell } from '../../harness/train/run-cell.ts';
import { tinyCell, writeTinyScenario } from './tiny-scenario.ts';

const [method = 'finetune'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
const bytes: number[] = [];
try {
  const scenario = writeTinyScenario(folder, {
    kind: 'domain-incremental',
    tasks: { by: 'permutations', count: 50 },
    backbone: { name: 'mlp', hidden: [1024] },
    training: { updates: 8, batchSize: 16 },
  });
  await runCell(tinyCell(scenario, { method }), (event) => {
    if (event.kind !== 'evaluated' || event.after === 0) return;
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    bytes.push(heapUsed + arrayBuffers);
  });
} finally {
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify(bytes));
