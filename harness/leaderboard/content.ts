import type { Metric } from '../evaluate/metrics/index.ts';
import { bytes, count, duration, percent, tasksText } from '../report/format.ts';
import { plainText } from '../report/plain-text.ts';
import type { TableColumn, TableContent } from '../report/table-content.ts';
import type { Across } from './across.ts';
import { type Board, firstOf, type RankedRow } from './board.ts';
import { jsonField } from './row.ts';

/** How much of a leaderboard is shown. */
export interface ContentOptions {
  readonly metrics: readonly Metric[];
  /** Rows of a table; the others are counted below it. Infinity for all. */
  readonly most: number;
  /** With backbone, versions, digests, commits and sources as columns. */
  readonly full: boolean;
}

/** Which way is better. */
const arrows = { higher: '↑', lower: '↓' } as const;

/** A board for people: a table of the ranked rows and references, and one of the incomplete rows where there are any. */
export function boardContents(board: Board, options: ContentOptions): TableContent[] {
  const ranked = tableOf(boardTitle(board), board.rows, options, [
    ...boardNotes(board, options),
    ...(board.rows.length === 0 ? ['No row is complete, so nothing is ranked.'] : []),
  ]);
  if (board.incomplete.length === 0) return [ranked];
  return [ranked, tableOf(`${boardTitle(board)}: incomplete, not ranked`, board.incomplete, options, [])];
}

/** How methods compare over scenarios, for people. */
export function acrossContent({ metric, scenarios, methods, result }: Across): TableContent {
  const column = (head: string, cells: readonly string[]): TableColumn => ({
    head: head.split(' '),
    align: 'right',
    cells: cells.map((cell) => ({ lines: [cell] })),
  });
  const names = methods.map(({ name }) => ({ lines: [plainText(name)] }));
  return {
    title: `Over scenarios, by ${metric}`,
    columns: [
      { head: ['method'], align: 'left', cells: names },
      column(
        'average rank',
        methods.map(({ averageRank }) => averageRank?.toFixed(2) ?? 'n/a'),
      ),
      column(
        'scenarios covered',
        methods.map(({ scenarios: covered }) => `${covered} of ${scenarios.length}`),
      ),
    ],
    notes: [
      `Scenarios: ${scenarios.join(', ') || 'none'}.`,
      ...(result.kind === 'none' ? [`No ranks over scenarios: ${result.reason}.`] : rankNotes(result)),
    ].map(plainText),
    incomplete: [],
  };
}

function rankNotes({
  ranked,
  friedman,
  difference,
}: Extract<Across['result'], { kind: 'ranked' }>): string[] {
  const { chiSquare, f } = friedman;
  const groups = difference.groups.map((group) => group.map((index) => ranked[index]).join(', '));
  const [between, within] = f.degreesOfFreedom;
  const imanDavenport = Number.isFinite(f.statistic)
    ? `F(${between}, ${within}) = ${f.statistic.toFixed(2)}, p = ${probability(f.p)}`
    : 'F has no finite value, since all scenarios rank the methods alike';
  return [
    `Friedman's test over ${friedman.scenarios} scenarios: χ²(${chiSquare.degreesOfFreedom}) = ${chiSquare.statistic.toFixed(2)}, ` +
      `p = ${probability(chiSquare.p)}; ${imanDavenport}.`,
    `Average ranks differ (Nemenyi, ${difference.level}) where they are more than ${difference.difference.toFixed(2)} apart. ` +
      (groups.length === 0 ? 'All do.' : `Not told apart: ${groups.join('; ')}.`),
    'Average ranks are of the methods that cover all scenarios, among each other.',
  ];
}

function probability(p: number): string {
  return p < 0.0001 ? 'below 0.0001' : p.toFixed(4);
}

function boardTitle(board: Board): string {
  const { scenario, scenario_version: version, imported_measure: measure, tasks } = firstOf(board).fields;
  return plainText(
    measure === '' ? `${scenario}@${version}` : `${scenario} (imported), ${measure} over ${tasksText(tasks)}`,
  );
}

function boardNotes(board: Board, { metrics }: ContentOptions): string[] {
  const { fields } = firstOf(board);
  const all = [...board.rows, ...board.incomplete];
  const reference = all.some(({ row }) => row.fields.uses_past_data === 'true');
  const [first] = metrics;
  const named = metrics.map(({ id, direction }) => `${id} ${arrows[direction]}`).join(', ');
  const short = (digest: string) => digest.slice(0, 12);
  return [
    fields.imported_measure === ''
      ? `Scenario ${fields.scenario}@${fields.scenario_version}, digest ${short(fields.scenario_digest)}; dataset ${fields.dataset} ${fields.dataset_revision}, sha256 ${short(fields.dataset_sha256)}; test data.`
      : 'Imported, not measured here: protocol, data and cost are not known.',
    `In %: ${named}. Ranked by ${first?.id}; ± is the 95% t interval of the mean over seeds.`,
    ...(reference ? ['A reference trains on the data of all tasks so far; it is shown and not ranked.'] : []),
  ].map(plainText);
}

type CostColumn =
  | 'training_seconds'
  | 'peak_memory_bytes'
  | 'trainable_parameters'
  | 'kept_bytes'
  | 'kept_examples';

function tableOf(
  title: string,
  all: readonly RankedRow[],
  { metrics, most, full }: ContentOptions,
  notes: readonly string[],
): TableContent {
  const rows = all.slice(0, most);
  const column = (head: string, cell: (row: RankedRow) => string, align: 'left' | 'right' = 'right') => ({
    head: head.split(' '),
    align,
    cells: rows.map((row) => ({ lines: [plainText(cell(row))] })),
  });
  const cost = (head: string, name: CostColumn, text: (value: number) => string): TableColumn => ({
    ...column(head, ({ row: { fields } }) => {
      const value = fields[name];
      return value === null ? 'n/a' : text(value);
    }),
    sortBy: rows.map(({ row }) => row.fields[name]),
  });
  const lacking = all.some((row) => row.lacking.length > 0);
  const columns: TableColumn[] = [
    { head: ['method'], align: 'left', cells: rows.map(({ label }) => ({ lines: label.map(plainText) })) },
    lacking
      ? { head: ['lacks'], align: 'left', cells: rows.map((row) => ({ lines: row.lacking })) }
      : column('rank', ({ rank }) => (rank === null ? '–' : String(rank))),
    column('seeds', ({ row: { fields } }) => seedsText(fields.seeds, fields.seeds_unfinished)),
    column('cells', ({ row: { fields } }) => coverage(fields.cells_measured, fields.cells_expected)),
    ...metrics.map((metric) => column(metric.title, ({ row }) => metricText(row.metrics.get(metric.id)))),
    cost('training time', 'training_seconds', duration),
    cost('peak memory', 'peak_memory_bytes', bytes),
    cost('trainable parameters', 'trainable_parameters', count),
    cost('kept bytes', 'kept_bytes', bytes),
    cost('kept examples', 'kept_examples', count),
    column('date', ({ row }) => row.fields.date.slice(0, 10)),
  ];
  const details: TableColumn[] = [
    column('backbone', ({ row }) => String(jsonField(row.fields.backbone).name), 'left'),
    column('method version', ({ row }) => String(row.fields.method_version)),
    column('method digest', ({ row }) => row.fields.method_digest.slice(0, 12), 'left'),
    column('palimpsest', ({ row }) => row.fields.palimpsest, 'left'),
    column(
      'engine',
      ({ row: { fields } }) => `${fields.engine} ${fields.engine_version} on ${fields.device}`,
      'left',
    ),
    column('seed values', ({ row }) => row.fields.seed_values, 'left'),
    column('commit', ({ row }) => row.fields.commit, 'left'),
    column('sources', ({ row }) => row.fields.sources, 'left'),
  ];
  const more = all.length - rows.length;
  return {
    title,
    columns: rows.length === 0 ? [] : full ? [...columns, ...details] : columns,
    notes: more > 0 ? [...notes, `${more} more rows are not shown; --csv and --html have all.`] : notes,
    incomplete: [],
  };
}

function seedsText(finished: number, unfinished: number): string {
  return unfinished === 0 ? String(finished) : `${finished} of ${finished + unfinished}`;
}

/** Rounded down, so that 100% means all. */
function coverage(measured: number, expected: number): string {
  return `${Math.floor((100 * measured) / expected)}%`;
}

function metricText(entry: { readonly mean: number; readonly interval: number | null } | undefined): string {
  if (entry === undefined) return 'n/a';
  const { mean, interval } = entry;
  return interval === null ? percent(mean) : `${percent(mean)} ± ${percent(interval)}`;
}
