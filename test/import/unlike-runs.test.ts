import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pairRuns, sideOf } from '../../harness/compare/pair-runs.ts';
import { dataDifferences } from '../../harness/compare/same-data.ts';
import { findMetric } from '../../harness/evaluate/metrics/index.ts';
import { readResults } from '../../harness/import/read-results.ts';
import { recordImports } from '../../harness/import/record-imports.ts';
import { boardsOf } from '../../harness/leaderboard/board.ts';
import { rowsFromRuns } from '../../harness/leaderboard/from-runs.ts';
import { parseLeaderboardCsv } from '../../harness/leaderboard/read-csv.ts';
import { formatLeaderboardCsv } from '../../harness/leaderboard/write-csv.ts';
import { readRun } from '../../harness/record/read-run.ts';
import { groupRuns } from '../../harness/report/group-runs.ts';
import { tableTitle } from '../../harness/report/table-notes.ts';
import { temporaryFolder } from '../record/fixtures.ts';

/** A log of PyCIL with ten classes a task and one accuracy, in percent, of all that were seen. */
function logOf(seed: number, tasks: number, accuracy: number): string {
  const settings = { dataset: 'cifar100', init_cls: 10, increment: 10, model_name: 'icarl', seed };
  const ranges = ['00-09', '10-19', '20-29', '30-39', '40-49'].map((range) => `'${range}': ${accuracy}`);
  const stages = Array.from({ length: tasks }, (_, last) => ranges.slice(0, last + 1).join(', '));
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}: ${value}`),
    ...stages.map((groups) => `CNN: {'total': ${accuracy}, ${groups}}`),
  ].join('\n');
}

/** The runs of logs with the seeds 1, 2, …, each of so many tasks with one accuracy. */
function imported(...logs: readonly (readonly [tasks: number, accuracy: number])[]) {
  const results = temporaryFolder();
  const paths = logs.map(([tasks, accuracy], index) => {
    const path = join(results, `${index}.log`);
    writeFileSync(path, logOf(index + 1, tasks, accuracy));
    return path;
  });
  const { importer, found } = readResults('pycil', paths);
  return recordImports(importer, found, {}, results).map(({ directory }) => readRun(directory));
}

it('a log that ended early is in no row with whole ones, whichever seed comes first', () => {
  const metrics = [findMetric('accuracy/final')];
  for (const lengths of [
    [2, 5, 5],
    [5, 5, 2],
  ]) {
    const runs = imported(...lengths.map((tasks) => [tasks, tasks === 2 ? 90 : 60] as const));
    const titles = groupRuns(runs).map((table) => [tableTitle(table), table.rows[0]?.runs.length]);
    expect(titles.sort()).toEqual([
      ['cifar100-b0-inc10 (imported), accuracy in % over 2 tasks', 1],
      ['cifar100-b0-inc10 (imported), accuracy in % over 5 tasks', 2],
    ]);

    const { rows } = rowsFromRuns(runs, metrics, () => ({ origin: 'unknown', changed: [] }));
    const read = parseLeaderboardCsv(formatLeaderboardCsv(rows), 'l.csv').map(({ row }) => row);
    const boards = boardsOf(read, { metrics, leastSeeds: 2 }).map((board) => [
      ...board.rows.map(({ row, rank }) => [
        row.fields.tasks,
        row.metrics.get('accuracy/final@1')?.mean,
        rank,
      ]),
      ...board.incomplete.map(({ row, lacking }) => [row.fields.tasks, ...lacking]),
    ]);
    expect(boards.sort()).toEqual([[[2, '1 of at least 2 seeds']], [[5, 0.6, 1]]]);
  }
});

it('a log that ended early is not compared with whole ones', () => {
  const runs = imported([2, 90], [5, 60], [5, 50]);
  const [cut, whole] = [runs.slice(0, 1), runs.slice(1)];
  expect(() => pairRuns(sideOf('cut', cut), sideOf('whole', whole))).toThrow(
    'cut and whole are not comparable: how much of the stream was run is 2 tasks and 5 tasks.',
  );
  expect(() => sideOf('icarl', runs)).toThrow(
    /^"icarl" names runs that cannot be averaged: how much of the stream was run is (2 tasks and 5|5 tasks and 2) tasks\. They are of cifar100-b0-inc10@0, unknown, test, \d tasks, accuracy \(like:[^)]+\); cifar100-b0-inc10@0, unknown, test, \d tasks, accuracy \(like:[^)]+\)\. Choose one kind by the word behind it\.$/,
  );
});

it('runs whose numbers are of another kind are no pair', () => {
  const [run] = imported([5, 60]);
  if (!run) throw new Error('Nothing was imported.');
  const { definition } = run.record;
  if (!definition.imported) throw new Error('The run is not an imported one.');
  const aware = { ...definition, imported: { ...definition.imported, measure: 'task-aware accuracy' } };
  expect(dataDifferences(definition, definition)).toEqual([]);
  expect(dataDifferences(aware, definition)).toEqual(['the measure is task-aware accuracy and accuracy']);
});
