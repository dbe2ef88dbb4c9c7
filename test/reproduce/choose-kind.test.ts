import { describe, expect, it } from 'vitest';
import { readRun } from '../../harness/record/read-run.ts';
import type { RecordedRun, RunDefinition } from '../../harness/record/run-record.ts';
import { chooseKind } from '../../harness/reproduce/choose-kind.ts';
import { definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

const { engine, dataset } = definition();
const older: Partial<RunDefinition> = { engine: { ...engine, version: '1.29.0' } };

/** Finished runs of some seeds. @param finished when, as a year */
function runs(changes: Partial<RunDefinition>, seeds: readonly number[], finished = '2001'): RecordedRun[] {
  const results = temporaryFolder();
  return seeds.map((seed) => {
    const { record, ...run } = readRun(recordRun(results, definition(changes, 'ewc', seed)));
    return { ...run, record: { ...record, status: { ...record.status, finished } } } as RecordedRun;
  });
}

const seedsOf = (chosen: readonly RecordedRun[]): number[] =>
  chosen.map(({ record }) => record.definition.seeds.classOrder);

describe('of runs of several kinds', () => {
  it('that of what was made just now is taken, and the others are named with what differs', () => {
    const found = runs(older, [2, 1]);
    const made = runs({}, [3], '2002');
    const chosen = chooseKind(found, made);
    expect(seedsOf(chosen.runs)).toEqual([3]);
    expect(chosen.leftOut).toEqual([
      { run: found[1]?.record.id, seed: 1, differs: ['the engine (1.29.0 instead of 1.30.0)'] },
      { run: found[0]?.record.id, seed: 2, differs: ['the engine (1.29.0 instead of 1.30.0)'] },
    ]);
  });

  it('the largest is taken where nothing was made, and of equals the newest', () => {
    const two = [...runs({}, [1]), ...runs(older, [1, 2])];
    expect(seedsOf(chooseKind(two).runs)).toEqual([1, 2]);
    for (const order of [['2001', '2002'] as const, ['2002', '2001'] as const]) {
      const { runs: chosen } = chooseKind([...runs(older, [1], order[0]), ...runs({}, [2], order[1])]);
      expect(seedsOf(chosen)).toEqual([order[0] > order[1] ? 1 : 2]);
    }
  });

  it('other data make another kind, too', () => {
    const other = { dataset: { ...dataset, revision: '1.2.5', sha256: 'd'.repeat(64) } };
    const [left] = chooseKind([...runs({}, [1, 2]), ...runs(other, [3])]).leftOut;
    expect(left?.differs).toEqual([
      'the data (1.2.5, SHA-256 dddddddddddd… instead of 1.2.6, SHA-256 bbbbbbbbbbbb…)',
    ]);
  });

  it('all are taken where there is but one, each once', () => {
    const found = runs({}, [2, 1]);
    const chosen = chooseKind(found, found.slice(1));
    expect(seedsOf(chosen.runs)).toEqual([1, 2]);
    expect(chosen.leftOut).toEqual([]);
    expect(chooseKind([])).toEqual({ runs: [], leftOut: [] });
  });
});
