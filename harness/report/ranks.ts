import { join } from 'node:path';
import Table from 'cli-table3';
import { UserError } from '../errors.ts';
import { type RunEvent, readEvents } from '../record/events.ts';
import { runFiles } from '../record/read-run.ts';
import type { RecordedRun } from '../record/run-record.ts';

/** What a run's method logged of ranks: events `{ kind: 'ranks', task, ranks: { layer: rank }, what? }`. */
export interface RankTable {
  readonly run: string;
  readonly method: string;
  /** What is counted, in the method's words. */
  readonly what: string;
  /** Tasks that there are ranks of, rising. */
  readonly tasks: readonly number[];
  /** In the order in which they were first logged; a rank for each of the tasks, null where none was logged. */
  readonly layers: readonly { readonly layer: string; readonly ranks: readonly (number | null)[] }[];
  /** Events `{ kind: 'notice', task, text }`: what a method had to say of a task. */
  readonly notices: readonly { readonly task: number; readonly text: string }[];
}

interface RankEvent extends RunEvent {
  readonly task: number;
  readonly ranks: Readonly<Record<string, number>>;
  readonly what?: string;
}

interface NoticeEvent extends RunEvent {
  readonly task: number;
  readonly text: string;
}

/**
 * The ranks that a run's method logged, task by task. Of a task that was trained again after an interruption the last word
 * counts.
 * @throws UserError when the run logged none
 */
export function rankTable({ directory, record }: RecordedRun): RankTable {
  const events = readEvents(join(directory, runFiles.events));
  const byTask = new Map(events.filter(isRankEvent).map((event) => [event.task, event]));
  const notices = new Map(
    events.filter(isNoticeEvent).map(({ task, text }) => [`${task} ${text}`, { task, text }]),
  );
  const { name } = record.definition.method;
  if (byTask.size === 0) {
    const begun = record.status.state === 'finished' ? '' : ' so far';
    throw new UserError(
      `The run ${record.id} has no ranks to show: its method ${name} logged none${begun}. ` +
        'Methods whose layers have ranks, such as codyra and osft, log them for each task.',
    );
  }
  const tasks = [...byTask.keys()].sort((a, b) => a - b);
  const layers = new Set([...byTask.values()].flatMap(({ ranks }) => Object.keys(ranks)));
  return {
    run: record.id,
    method: name,
    what: [...byTask.values()].at(-1)?.what ?? 'ranks',
    tasks,
    layers: [...layers].map((layer) => ({
      layer,
      ranks: tasks.map((task) => byTask.get(task)?.ranks[layer] ?? null),
    })),
    notices: [...notices.values()],
  };
}

/** Ranks for a person: a row for each layer, a column for each task, means in the last row. */
export function formatRanks({ run, method, what, tasks, layers, notices }: RankTable): string {
  const table = new Table({
    head: ['layer', ...tasks.map((task) => `task ${task}`)],
    colAligns: ['left', ...tasks.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { layer, ranks } of layers) table.push([layer, ...ranks.map((rank) => String(rank ?? ''))]);
  const means = tasks.map((_, column) => mean(layers.flatMap(({ ranks }) => ranks[column] ?? [])));
  table.push(['mean', ...means.map((value) => value.toFixed(1))]);
  return [
    `${run}: ${what} by ${method}`,
    table.toString(),
    ...notices.map(({ task, text }) => `Task ${task}: ${text}`),
  ].join('\n');
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
}

function isRankEvent(event: RunEvent): event is RankEvent {
  const { kind, task, ranks } = event;
  return kind === 'ranks' && typeof task === 'number' && typeof ranks === 'object' && ranks !== null;
}

function isNoticeEvent(event: RunEvent): event is NoticeEvent {
  return event.kind === 'notice' && typeof event.task === 'number' && typeof event.text === 'string';
}
