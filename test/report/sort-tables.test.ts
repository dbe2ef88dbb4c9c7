import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { readRun } from '../../harness/record/read-run.ts';
import type { RunCost } from '../../harness/record/run-record.ts';
import { groupRuns } from '../../harness/report/group-runs.ts';
import { formatHtmlTables } from '../../harness/report/html-table.ts';
import { type TableColumn, tableContent } from '../../harness/report/table-content.ts';
import { cost, definition, recordRun, temporaryFolder } from '../record/fixtures.ts';

const script = new URL('../../harness/report/assets/sort-tables.js', import.meta.url);

/** What a column reads from above to below when the page's script has sorted its rows. */
function sorted(column: TableColumn, direction: 'ascending' | 'descending'): string[] {
  const content = { title: '', columns: [column], notes: [], incomplete: [] };
  const { document } = parseHTML(formatHtmlTables([content]));
  const read: string[] = [];
  const body = {
    rows: [...document.querySelectorAll('tbody td')].map((cell) => ({ cells: [cell] })),
    parentNode: { append: () => undefined },
    remove: () => undefined,
    append: ({ cells: [cell] }: { cells: { textContent: string | null }[] }) =>
      read.push(cell?.textContent ?? ''),
  };
  const page = createContext({ document: { querySelectorAll: () => [] }, body });
  runInContext(readFileSync(script, 'utf8'), page);
  runInContext(`sortRows(body, 0, ${direction === 'ascending' ? 1 : -1})`, page);
  return read;
}

function costColumn(head: string, costs: readonly (Partial<RunCost> | null)[]): TableColumn {
  const [table] = groupRuns([readRun(recordRun(temporaryFolder(), definition()))]);
  const [row] = table?.rows ?? [];
  if (table === undefined || row === undefined) throw new Error('A row was expected.');
  const rows = costs.map((one) => ({ ...row, cost: one === null ? null : { ...cost, ...one } }));
  const column = tableContent({ ...table, rows }).columns.find((one) => one.head.join(' ') === head);
  if (column === undefined) throw new Error(`There is no column ${head}.`);
  return column;
}

it('costs are sorted by what they are, not by their first digits', () => {
  const times = [55, 114, 6.6, 12_000].map((trainingSeconds) => ({ trainingSeconds }));
  expect(sorted(costColumn('training time', [...times, null]), 'descending')).toEqual([
    '3 h 20 min',
    '1 min 54 s',
    '55 s',
    '6.6 s',
    'n/a',
  ]);
  const kept = [378 * 1024, 9.6 * 1024 ** 2, 0].map((keptBytes) => ({ keptBytes }));
  expect(sorted(costColumn('kept bytes', [null, ...kept]), 'ascending')).toEqual([
    '0 B',
    '378 KiB',
    '9.60 MiB',
    'n/a',
  ]);
  const parameters = [227_568, 55_536, 1_229_552, 0].map((trainableParameters) => ({ trainableParameters }));
  expect(sorted(costColumn('trainable parameters', parameters), 'descending')).toEqual([
    '1,229,552',
    '227,568',
    '55,536',
    '0',
  ]);
});

it.each([
  ['dates', ['2026-01-02', '2026-11-03', '2026-11-29', '2027-01-01']],
  ['means with intervals', ['-16.67 ± 1.00', '9.00', '86.00 ± 1.24', '100.00']],
  ['coverage', ['9%', '36%', '100%']],
  ['counts of all', ['2 of 5', '3', '10 of 12']],
])('%s are sorted as they read', (_, texts) => {
  const column = (order: readonly string[]): TableColumn => ({
    head: ['head'],
    align: 'right',
    cells: order.map((text) => ({ lines: [text] })),
  });
  const others = [...texts.slice(2), ...texts.slice(0, 2)];
  expect(sorted(column(others), 'ascending')).toEqual(texts);
  expect(sorted(column(['n/a', ...others]), 'descending')).toEqual([...texts.toReversed(), 'n/a']);
});
