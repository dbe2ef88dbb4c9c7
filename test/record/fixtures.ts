import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AccuracyCell } from '../../harness/evaluate/accuracy-matrix.ts';
import { seedsFrom } from '../../harness/random.ts';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import type { RunCost, RunDefinition } from '../../harness/record/run-record.ts';

/** A new empty folder that is deleted after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A definition of a plausible run; what is given replaces the defaults. */
export function definition(changes: Partial<RunDefinition> = {}, method = 'ewc', seed = 1): RunDefinition {
  return {
    scenario: { name: 'split-mnist-class', version: 1, digest: 'a'.repeat(64) },
    dataset: {
      name: 'mnist',
      revision: '1.2.6',
      licence: 'CC-BY-SA-3.0',
      source: 'npm',
      sha256: 'b'.repeat(64),
    },
    method: { name: method, version: 1, digest: 'c'.repeat(64), settings: { strength: 100 } },
    training: {
      epochs: 1,
      batchSize: 128,
      incompleteBatch: 'keep',
      optimiser: 'adam',
      learningRate: 0.001,
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
      warmup: 0,
      optimiserState: 'reset',
    },
    backbone: { name: 'mlp', sizes: [400, 400] },
    seeds: seedsFrom(seed),
    measuredOn: 'test',
    engine: { name: 'onnx', device: 'cpu', threads: 1, version: '1.30.0' },
    palimpsest: '0.1.0',
    ...changes,
  };
}

export const cost: RunCost = {
  trainingSeconds: 12.5,
  evaluationSeconds: 1.5,
  peakMemory: 3e8,
  trainableParameters: 478_410,
  totalParameters: 478_410,
  keptBytes: 3_827_280,
  keptExamples: 0,
};

export const tasks = [
  { index: 1, name: 'digits 0, 1' },
  { index: 2, name: 'digits 2, 3' },
];

/** The whole matrix of a stream of two tasks, with so many of 100 right in the last row. */
export function cellsOf(first: number, second: number): AccuracyCell[] {
  const rows = [
    [10, 10],
    [99, 10],
    [first, second],
  ];
  return rows.flatMap((row, after) =>
    row.map((correct, index) => ({ after, task: index + 1, correct, total: 100 })),
  );
}

/** Records a finished run. @returns its directory */
export function recordRun(
  results: string,
  of: RunDefinition,
  first = 50,
  second = 90,
  order = [0, 1, 2, 3],
): string {
  const run = RunDirectory.open(results, { definition: of, order, tasks });
  run.addCells(cellsOf(first, second));
  run.setTasksDone(2);
  run.finish(cost);
  run.close();
  return run.path;
}
