import { npyFile } from './npy-file.ts';

/** A format as its tool writes it: files of a matrix of percentages with two decimals, row i after task i. */
export interface WrittenFormat {
  readonly format: string;
  /** The files' paths in their folder, and their content. */
  write(percents: readonly (readonly number[])[]): ReadonlyMap<string, string | Buffer>;
  /** Whether tasks are measured before they are trained. */
  readonly whole: boolean;
}

type Rows = readonly (readonly number[])[];

/** The digits of a percentage as those of a fraction: 87.35 is 0.8735. */
function fraction(percent: number): string {
  return (percent / 100).toFixed(4);
}

function entries(row: readonly number[], count: number, name: (index: number) => string): string {
  return row
    .slice(0, count)
    .map((value, index) => `'${name(index)}': np.float64(${value})`)
    .join(', ');
}

function range(index: number): string {
  const [first, last] = [10 * index, 10 * index + 9].map((bound) => String(bound).padStart(2, '0'));
  return `${first}-${last}`;
}

function single(name: string, text: string | Buffer): ReadonlyMap<string, string | Buffer> {
  return new Map([[name, text]]);
}

function pycil(rows: Rows): ReadonlyMap<string, string> {
  const settings = ['init_cls: 10', 'increment: 10', 'dataset: d', 'model_name: m', 'seed: 1'];
  const stages = rows.map((row, i) => `CNN: {'total': 1.0, ${entries(row, i + 1, range)}, 'old': 0}`);
  const lines = [...settings, ...stages].map((line) => `2024-05-01 12:00:00,123 [trainer.py] => ${line}\n`);
  return new Map([['a.log', lines.join('')]]);
}

function mammoth(rows: Rows): ReadonlyMap<string, string> {
  const accuracies = rows.map((row, i) => entries(row, i + 1, (j) => `accuracy_${j + 1}_task${i + 1}`));
  return new Map([['logs.pyd', `{'seed': 1, ${accuracies.join(', ')}, 'device': device(type='cpu')}\n`]]);
}

function facil(rows: Rows): ReadonlyMap<string, string> {
  const lines = rows.map((row, i) =>
    row.map((value, j) => (j <= i ? (value / 100).toFixed(6) : '0.000000')).join('\t'),
  );
  return new Map([['acc_taw-1.txt', `${lines.join('\n')}\n`]]);
}

function avalanche(rows: Rows): ReadonlyMap<string, string> {
  const lines = rows.flatMap((row, i) => row.map((value, j) => `${j},${i},${fraction(value)},0.5,0`));
  return new Map([
    ['a.csv', `eval_exp,training_exp,eval_accuracy,eval_loss,forgetting\n${lines.join('\n')}\n`],
  ]);
}

function trace(rows: Rows): ReadonlyMap<string, string> {
  const files = rows.flatMap((row, i) =>
    row.slice(0, i + 1).map((value, j): [string, string] => {
      // Every other task is scored to 100, as TRACE does.
      const score = j % 2 === 0 ? `{"accuracy": ${fraction(value)}}` : `{"similarity": ${value}}`;
      return [`results-${i}-${j}-task${j}.json`, `{"eval": ${score}, "prompts": []}`];
    }),
  );
  return new Map(files);
}

function sapt(rows: Rows): ReadonlyMap<string, string> {
  const files = rows.map((row, i): [string, string] => {
    const scores = row.slice(0, i + 1).map((value, j) => [`predict_eval_rougeL_for_task${j}`, value]);
    return [`${i + 1}-task${i}/all_results.json`, JSON.stringify(Object.fromEntries(scores))];
  });
  return new Map(files);
}

/** Every format; ours are written by the description of `samples/README.md`. */
export const writtenFormats: readonly WrittenFormat[] = [
  { format: 'pycil', whole: false, write: pycil },
  { format: 'mammoth', whole: false, write: mammoth },
  { format: 'facil', whole: false, write: facil },
  { format: 'avalanche', whole: true, write: avalanche },
  { format: 'zscl', whole: true, write: (rows) => single('a.npy', npyFile(rows)) },
  { format: 'trace', whole: false, write: trace },
  { format: 'sapt', whole: false, write: sapt },
  {
    format: 'csv',
    whole: true,
    write: (rows) => single('a.csv', rows.map((row) => `${row.join(',')}\n`).join('')),
  },
];
