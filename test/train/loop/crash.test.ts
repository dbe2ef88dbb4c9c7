import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { decodeSafetensors } from '../../../harness/safetensors.ts';
import type { CellSpec } from '../../../harness/train/loop/cell.ts';
import { runTiny, temporaryFolder } from '../../support/tiny-run.ts';
import { tinyCell, writeTinyScenario } from '../../support/tiny-scenario.ts';

const program = fileURLToPath(new URL('../../support/dying-run.ts', import.meta.url));

/** Whether the run was killed before the n-th file was in its place; else it ended. */
function dies(cell: CellSpec, file: number): boolean {
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', program, JSON.stringify(cell), String(file)],
    { encoding: 'utf8' },
  );
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(stderr.slice(-1000));
  return signal === 'SIGKILL';
}

function tensorsOf(checkpoint: Buffer): unknown {
  return decodeSafetensors(checkpoint, 'checkpoint').tensors;
}

// Each file in turn: accuracy.csv, checkpoint and run.json of each task, those of the start and of the end.
it('a run killed between any two files ends with the same bytes', async () => {
  const scenario = writeTinyScenario(temporaryFolder());
  const method = 'er';
  const overrides = { memory: 20, replayBatch: 8 };
  const undisturbed = await runTiny(tinyCell(scenario, { method, overrides }));
  let kills = 0;
  // The first three files hold no result yet.
  for (let file = 4; ; file++) {
    const resultsDirectory = temporaryFolder();
    const cell = tinyCell(scenario, { method, overrides, resultsDirectory });
    const killed = dies(cell, file);
    const { accuracy, checkpoint, directory } = await runTiny(cell);
    expect(accuracy, `killed before file ${file}`).toBe(undisturbed.accuracy);
    expect(tensorsOf(checkpoint)).toEqual(tensorsOf(undisturbed.checkpoint));
    expect(readdirSync(directory).sort()).toEqual(readdirSync(undisturbed.directory).sort());
    expect(readdirSync(join(resultsDirectory, 'runs'))).toHaveLength(1);
    if (!killed) break;
    kills++;
  }
  expect(kills).toBeGreaterThan(9);
});
