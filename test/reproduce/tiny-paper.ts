import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeTinyScenario } from '../support/tiny-scenario.ts';

/** The head of `table-N.csv`. */
const head =
  'cell,benchmark,scenario,setting,backbone,metric,method,value,unit,error,error_kind,seeds,trust,source,note';

/** A line of a published table. */
export function publishedLine(cell: string, value = '70', error = '5', kind = 'sd', seeds = '5'): string {
  return `${cell},Tiny,class,,MLP,accuracy,Method ${cell},${value},percent,${error},${kind},${seeds},primary,made up,`;
}

/** A table of three cells: one that is run, one whose method is to come, one whose weights are missing. */
export const tinyReproduction = {
  format: 'palimpsest-reproduction@1',
  paper: 'Nobody, A tiny paper, 2000',
  link: 'https://example.org',
  table: 'Table 1',
  title: 'Two tasks of made-up rows',
  metric: 'accuracy/final@1',
  seeds: { first: 4, count: 5 },
  remarks: ['A remark.'],
  supplies: {
    weights: {
      kind: 'weights',
      title: 'Weights of nobody',
      file: 'nobody/w.bin',
      bytes: 3,
      md5: '0'.repeat(32),
    },
  },
  bindings: [
    {
      cells: ['run/none'],
      scenario: './scenario/tiny.json',
      method: 'finetune',
      settings: { 'training.epochs': 1 },
    },
    { cells: ['run/later'], scenario: './scenario/tiny.json', method: 'not-yet-written', planned: true },
    { cells: ['big/*'], missing: ['weights'] },
  ],
};

/** A folder of papers with the one table `tiny/table-1`. @returns its path */
export function writeTinyPaper(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
  lines: readonly string[] = [
    publishedLine('run/none'),
    publishedLine('run/later'),
    publishedLine('big/model'),
  ],
): string {
  const papers = join(folder, 'papers');
  mkdirSync(join(papers, 'tiny', 'scenario'), { recursive: true });
  writeTinyScenario(join(papers, 'tiny', 'scenario'));
  writeFileSync(join(papers, 'tiny', 'table-1.csv'), `${[head, ...lines].join('\n')}\n`);
  writeFileSync(join(papers, 'tiny', 'table-1.json'), JSON.stringify({ ...tinyReproduction, ...changes }));
  return papers;
}
