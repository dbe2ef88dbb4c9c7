import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecordedRun } from '../../../harness/record/run-record.ts';
import { lossCurve } from '../../../harness/report/figures/losses.ts';
import { temporaryFolder } from '../../support/tiny-run.ts';

type Loss = [task: number, update: number, loss: unknown];

/** A run that logged these losses; nothing else of it is read. */
function runWith(losses: readonly Loss[]): RecordedRun {
  const directory = join(temporaryFolder(), 'run');
  mkdirSync(directory);
  const events = losses.map(([task, update, loss]) => JSON.stringify({ kind: 'loss', task, update, loss }));
  writeFileSync(join(directory, 'events.jsonl'), `${events.join('\n')}\n`);
  return { directory } as RecordedRun;
}

function curveOf(...runs: readonly Loss[][]): [x: number, mean: number][] {
  return lossCurve(runs.map(runWith)).points.map(({ x, mean }) => [x, mean]);
}

describe('the loss curve of a row', () => {
  it('has each update at its place within its task', () => {
    const losses: Loss[] = [
      [1, 2, 8],
      [1, 4, 6],
      [2, 3, 5],
    ];
    expect(curveOf(losses)).toEqual([
      [0.5, 8],
      [1, 6],
      [2, 5],
    ]);
  });

  it('takes the last word on updates that were done twice', () => {
    const losses: Loss[] = [
      [1, 1, 9],
      [1, 1, 7],
      [1, 2, 5],
    ];
    expect(curveOf(losses)).toEqual([
      [0.5, 7],
      [1, 5],
    ]);
  });

  it('is the mean over runs, at the points of the one with the fewest', () => {
    const fine: Loss[] = [1, 2, 3, 4].map((update) => [1, update * 10, update]);
    const coarse: Loss[] = [1, 2, 3].map((update) => [1, update * 11, 10 * update]);
    expect(curveOf(fine, coarse)).toEqual([
      [1 / 3, (10 + 2) / 2],
      [2 / 3, (20 + 3) / 2],
      [1, (30 + 4) / 2],
    ]);
  });

  it('leaves out what is not finite and counts it, and tasks that a run lacks', () => {
    const { points, notFinite } = lossCurve([
      runWith([
        [1, 1, 'NaN'],
        [1, 2, 4],
        [2, 1, 3],
      ]),
      runWith([
        [1, 1, 2],
        [1, 2, 2],
      ]),
    ]);
    expect(points.map(({ x, mean }) => [x, mean])).toEqual([[1, 3]]);
    expect(notFinite).toBe(1);
  });
});
