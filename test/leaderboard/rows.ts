import fc from 'fast-check';
import { findMetric, type Metric } from '../../harness/evaluate/metrics/index.ts';
import { summarise } from '../../harness/evaluate/statistics.ts';
import { expectedCells } from '../../harness/leaderboard/check-row.ts';
import type { Fields } from '../../harness/leaderboard/columns.ts';
import type { LeaderboardRow, MetricEntry } from '../../harness/leaderboard/row.ts';
import { seedsFrom } from '../../harness/random.ts';
import { canonicalJson } from '../../harness/record/canonical.ts';
import { runId } from '../../harness/record/run-id.ts';
import { definition } from '../record/fixtures.ts';

/** What a made-up row says; what is left out is plain. */
export interface RowOptions {
  readonly method?: string;
  readonly scenario?: string;
  readonly version?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly seeds?: readonly number[];
  readonly metrics?: Readonly<Record<string, readonly number[]>>;
  readonly fields?: Partial<Fields>;
}

export const final: Metric = findMetric('accuracy/final');

/** The entry of a metric with these values. */
export function entryOf(values: readonly number[]): MetricEntry {
  const { mean, deviation, interval } = summarise(values);
  return { mean, deviation, interval: interval.kind === 'interval' ? interval.halfWidth : null, values };
}

/** A row whose run ids, counts and means fit each other. */
export function madeUpRow(options: RowOptions = {}): LeaderboardRow {
  const seeds = options.seeds ?? [1, 2, 3];
  const plain = definition(
    {
      scenario: {
        name: options.scenario ?? 'two-tasks',
        version: options.version ?? 1,
        digest: 'a'.repeat(64),
      },
    },
    options.method ?? 'ewc',
  );
  const method = { ...plain.method, settings: options.settings ?? plain.method.settings };
  const of = { ...plain, method };
  const { scenario, dataset, engine } = of;
  const values = options.metrics ?? { [final.id]: seeds.map((seed) => 0.5 + (seed % 10) / 100) };
  return {
    fields: {
      leaderboard_format: 1,
      scenario: scenario.name,
      scenario_version: scenario.version,
      scenario_digest: scenario.digest,
      dataset: dataset.name,
      dataset_revision: dataset.revision,
      dataset_licence: dataset.licence,
      dataset_source: dataset.source,
      dataset_sha256: dataset.sha256,
      measured_on: 'test',
      method: method.name,
      method_version: method.version,
      method_digest: method.digest,
      uses_past_data: 'false',
      imported_from: '',
      imported_measure: '',
      settings: canonicalJson(method.settings),
      settings_origin: 'default',
      settings_changed: '',
      training: canonicalJson(of.training),
      backbone: canonicalJson(of.backbone),
      engine: engine.name,
      engine_version: engine.version,
      device: engine.device,
      threads: engine.threads,
      palimpsest: of.palimpsest,
      seeds: seeds.length,
      seed_values: seeds.join('; '),
      seed_roles_varied: 'initialWeights',
      seeds_unfinished: 0,
      tasks: 2,
      cells_measured: expectedCells(seeds.length, 2),
      cells_expected: expectedCells(seeds.length, 2),
      training_seconds: 12.5,
      evaluation_seconds: 1.5,
      peak_memory_bytes: 3e8,
      trainable_parameters: 478_410,
      total_parameters: 478_410,
      kept_bytes: 0,
      kept_examples: 0,
      date: '2026-01-02T03:04:05.678Z',
      node: 'v20.0.0',
      processor: 'a processor',
      commit: `${'0'.repeat(40)} modified`,
      runs: seeds.map((seed) => runId({ ...of, seeds: seedsFrom(seed) })).join(' '),
      matrices_sha256: seeds.map((seed) => (seed % 16).toString(16).repeat(64)).join(' '),
      sources: '',
      ...options.fields,
    },
    metrics: new Map(Object.entries(values).map(([id, list]) => [id, entryOf(list)])),
  };
}

/** Any text, with what spreadsheets, CSV and HTML take for their own more often than chance would have it. */
export const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 5 }),
      fc.constantFrom('=', '+', '-', '@', "'", '"', ',', '\t', '\r', '\n', '＝', '<script>', '\uFEFF', '; '),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const hostileName = hostileText
  .map((text) => `m${text}`)
  .chain((text) => fc.constantFrom(text, text.slice(1) || '='));

/** Rows that are valid, with names and settings that no file should be trusted with. */
export const anyRow: fc.Arbitrary<LeaderboardRow> = fc
  .record({
    method: hostileName,
    scenario: fc.constantFrom('two-tasks', '=cmd()', 'ü,"x"'),
    version: fc.integer({ min: 0, max: 3 }),
    settings: fc.dictionary(
      hostileText,
      fc.oneof(hostileText, fc.double({ noNaN: true, noDefaultInfinity: true })),
      {
        maxKeys: 3,
      },
    ),
    seeds: fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 4 }),
    processor: hostileText,
    changed: hostileText,
  })
  .chain(({ processor, changed, ...options }) =>
    fc
      .array(fc.integer({ min: 0, max: 1e6 }), {
        minLength: options.seeds.length,
        maxLength: options.seeds.length,
      })
      .map((millionths) =>
        madeUpRow({
          ...options,
          metrics: { [final.id]: millionths.map((value) => value / 1e6) },
          fields: { processor, settings_changed: changed },
        }),
      ),
  );
