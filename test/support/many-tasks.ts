/**
 * Trains the method named on the command line on as many tasks as are named behind it (50 when left out), and prints
 * as JSON, for each, the bytes in use (objects of JavaScript and the buffers of arrays) and those of the checkpoint
 * after it. Needs `node --expose-gc --import tsx`.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCell } from '../../harness/train/loop/run-cell.ts';
import { changesFor, smallSettings, tinyCell, writeTinyScenario } from './tiny-scenario.ts';

const [method = 'finetune', tasks = '50'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
const used: number[] = [];
const carried: number[] = [];
try {
  const scenario = writeTinyScenario(folder, {
    kind: 'domain-incremental',
    tasks: { by: 'permutations', count: Number(tasks) },
    backbone: { name: 'mlp', hidden: [1024] },
    training: { updates: 8, batchSize: 16 },
    ...(await changesFor(method, true)),
  });
  await runCell(tinyCell(scenario, { method, overrides: smallSettings(method) }), (event) => {
    if (event.kind !== 'evaluated' || event.after === 0) return;
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    used.push(heapUsed + arrayBuffers);
    carried.push(checkpointBytes());
  });
} finally {
  rmSync(folder, { recursive: true });
}
console.log(JSON.stringify({ used, carried }));

/** Size of the run's newest checkpoint; 0 before the first. */
function checkpointBytes(): number {
  const runs = join(folder, 'results', 'runs');
  const [run = ''] = readdirSync(runs);
  const path = join(runs, run, 'checkpoint.safetensors');
  return existsSync(path) ? statSync(path).size : 0;
}
