import Table from 'cli-table3';
import type { Metric } from '../evaluate/metrics/index.ts';
import { mean } from '../evaluate/statistics.ts';
import type { Trial, TunedMethod } from '../record/tuned-settings.ts';
import { percent } from './format.ts';

/** The trials of each method as a table, the best marked with `*`. */
export function formatTuning(metric: Metric, methods: Readonly<Record<string, TunedMethod>>): string {
  const table = new Table({
    head: ['method', 'settings', `${metric.title} on validation data (%)`],
    colAligns: ['left', 'left', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, { trials, best }] of Object.entries(methods)) {
    trials.forEach((trial, index) => {
      const mark = index === best && trial.values.length > 0 ? '*' : ' ';
      table.push([index === 0 ? name : '', settingsOf(trial), `${resultOf(trial)} ${mark}`]);
    });
  }
  return table.toString();
}

function settingsOf({ settings }: Trial): string {
  const parts = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return parts.join(' ') || 'defaults';
}

function resultOf({ values }: Trial): string {
  return values.length === 0 ? 'failed' : percent(mean([...values]));
}
