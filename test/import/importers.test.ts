import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AccuracyMatrix } from '../../harness/evaluate/accuracy-matrix.ts';
import type { ImportOptions } from '../../harness/import/index.ts';
import { readResults } from '../../harness/import/read-results.ts';
import { temporaryFolder } from '../record/fixtures.ts';
import { matrix, readOne, sample, sorted, trainedOf, wholeOf } from './matrix.ts';

describe('the same matrix through every importer', () => {
  it.each<[string, string, ImportOptions]>([
    ['pycil', 'pycil/finetune-numpy-1.log', {}],
    ['facil', 'facil/acc_taw-2024-05-01-12-00.txt', {}],
    ['facil', 'facil/acc_tag-2024-05-01-12-00.txt', {}],
    ['trace', 'trace', {}],
    ['sapt', 'sapt', {}],
  ])('%s, which measures no task before it was trained: %s', (format, name, options) => {
    const result = readOne(format, [sample(name)], options);
    expect(sorted(result.cells)).toEqual(trainedOf(matrix));
    expect(result.tasks).toBe(4);
  });

  it.each<[string, string, ImportOptions]>([
    ['zscl', 'zscl/table.npy', {}],
    ['zscl', 'zscl/fortran.npy', {}],
    ['csv', 'csv/bare-percent.csv', { unit: 'percent' }],
    ['csv', 'csv/rows-are-tasks.csv', { unit: 'fraction', transpose: true }],
    ['csv', 'csv/list.csv', { unit: 'fraction' }],
  ])('%s, which holds the whole: %s', (format, name, options) => {
    const result = readOne(format, [sample(name)], options);
    expect(sorted(result.cells)).toEqual(wholeOf(matrix));
    expect(result.tasks).toBe(4);
  });

  it('avalanche, which has the untrained model, too', () => {
    const { cells } = readOne('avalanche', [sample('avalanche/eval_results.csv')]);
    const untrained = [1, 2, 3, 4].map((task) => ({ after: 0, task, accuracy: 0.1 }));
    expect(sorted(cells)).toEqual([...untrained, ...wholeOf(matrix)]);
  });

  it('as many tasks as there may be', () => {
    const [tasks, folder] = [300, temporaryFolder()];
    const path = join(folder, 'logs.pyd');
    const entries = Array.from({ length: tasks }, (_, stage) =>
      Array.from({ length: tasks }, (_, task) => `'accuracy_${task + 1}_task${stage + 1}': 50.0`).join(', '),
    );
    writeFileSync(path, `{${entries.join(', ')}}\n`);
    const [found] = readResults('mammoth', [path]).found;
    expect([found?.tasks, found?.cells.length]).toEqual([tasks, tasks * tasks]);
  });

  it('csv with a row for each stage names its tasks and leaves out what is empty', () => {
    const { cells, taskNames } = readOne('csv', [sample('csv/stages.csv')], { unit: 'fraction' });
    const untrained = [1, 2, 4].map((task) => ({ after: 0, task, accuracy: 0.1 }));
    expect(sorted(cells)).toEqual([...untrained, ...wholeOf(matrix)]);
    expect(taskNames).toEqual(['birds', 'cars', 'dogs', 'flowers']);
  });

  it('csv with counts keeps the counts', () => {
    const { cells } = readOne('csv', [sample('csv/counts.csv')]);
    const counted = new AccuracyMatrix(cells);
    expect(counted.cell(2, 2)).toMatchObject({ correct: 85, total: 100 });
    for (const { after, task, accuracy } of wholeOf(matrix)) {
      expect(counted.accuracy(after, task)).toBeCloseTo(accuracy, 12);
    }
  });

  it('mammoth: a run a line, the folder tells whether other tasks are masked', () => {
    const { found } = readResults('mammoth', [sample('mammoth/class-il/seq-cifar10/der/logs.pyd')]);
    expect(found.map(({ seed, part }) => [seed, part])).toEqual([
      [1, 'line 1'],
      [2, 'line 2'],
    ]);
    const [first] = found;
    expect(first).toMatchObject({ scenario: 'seq-cifar10-class-il', method: 'der', tasks: 4 });
    expect(first?.settings).toEqual({ lr: 0.03 });
    expect(sorted(first?.cells ?? [])).toEqual(trainedOf(matrix));
    const { found: masked } = readResults('mammoth', [sample('mammoth/task-il/seq-cifar10/der/logs.pyd')]);
    expect(masked[0]?.scenario).toBe('seq-cifar10-task-il');
  });

  it('pycil: both classifiers of a method are results of their own, printed by NumPy 2', () => {
    const { found } = readResults('pycil', [sample('pycil/icarl-numpy-2.log')]);
    expect(found.map(({ method, part, seed, scenario }) => [method, part, seed, scenario])).toEqual([
      ['icarl (CNN)', 'CNN head', 1993, 'cifar100-b0-inc10'],
      ['icarl (NME)', 'NME head', 1993, 'cifar100-b0-inc10'],
    ]);
    for (const { cells } of found) expect(sorted(cells)).toEqual(trainedOf(matrix));
  });
});

describe('measures and names', () => {
  it('are told by the files', () => {
    expect(readOne('facil', [sample('facil/acc_taw-2024-05-01-12-00.txt')]).measure).toBe(
      'task-aware accuracy',
    );
    expect(readOne('facil', [sample('facil/acc_tag-2024-05-01-12-00.txt')]).measure).toBe(
      'task-agnostic accuracy',
    );
    const trace = readOne('trace', [sample('trace')]);
    expect(trace.measure).toBe('accuracy, rouge-L, sari, similarity');
    expect(trace.taskNames).toEqual(['C-STANCE', 'MeetingBank', 'Py150', '20Minuten']);
    const sapt = readOne('sapt', [sample('sapt')]);
    expect(sapt.measure).toBe('eval_rougeL');
    expect(sapt.taskNames[1]).toBe('task363_sst2_polarity_classification');
    expect(sapt.files[0]?.name).toBe('1-task1572_samsum_summary/all_results.json');
  });

  it('sapt gives another measure where it is asked for', () => {
    const exact = readOne('sapt', [sample('sapt')], { measure: 'exact_match' });
    expect(exact.cells.map((cell) => 'accuracy' in cell && cell.accuracy)).toEqual(Array(10).fill(0));
    expect(() => readOne('sapt', [sample('sapt')], { measure: 'bleu' })).toThrow(
      'measures exact_match, eval_rougeL',
    );
  });

  it("zscl leaves out MTIL's column of CIFAR-10 and undoes the second order", () => {
    const first = new AccuracyMatrix(readOne('zscl', [sample('zscl/mtil.npy')]).cells);
    const second = readOne('zscl', [sample('zscl/mtil.npy')], { order: 2 });
    expect(first.tasks).toBe(11);
    // The sample's numbers rise by half a point, 12 in a row; task 3 of the first order is the fourth column.
    expect(first.accuracy(1, 2)).toBe(0.005);
    expect(first.accuracy(1, 3)).toBe(0.015);
    expect(first.accuracy(2, 1)).toBe(0.06);
    expect(second.taskNames.slice(0, 3)).toEqual(['StanfordCars', 'Food101', 'MNIST']);
    // StanfordCars is the tenth task of the first order.
    expect(new AccuracyMatrix(second.cells).accuracy(1, 1)).toBe(first.accuracy(10, 10));
  });
});

describe('pycil ranges of classes', () => {
  const log = (settings: string[], stages: string[]): string => {
    const path = join(temporaryFolder(), 'a.log');
    writeFileSync(path, [...settings, ...stages.map((stage) => `=> CNN: ${stage}`)].join('\n'));
    return path;
  };

  it('that are not tasks are no cells: a first task of 20 classes in groups of ten', () => {
    const path = log(
      ['init_cls: 20', 'increment: 10', 'dataset: d', 'model_name: m', 'seed: 3'],
      ["{'00-09': 90.0, '10-19': 80.0}", "{'00-09': 70.0, '10-19': 60.0, '20-29': 50.0}"],
    );
    const result = readOne('pycil', [path]);
    expect(result.cells).toEqual([{ after: 2, task: 2, accuracy: 0.5 }]);
    expect(result.notices.join()).toContain('2 of 3 cells are not in the log');
  });

  it('that never are tasks are an error', () => {
    const path = log(['init_cls: 5', 'increment: 5'], ["{'00-09': 90.0}", "{'00-09': 70.0}"]);
    expect(() => readOne('pycil', [path])).toThrow('none of the logged ranges');
  });

  it('without the settings must be as many as the tasks', () => {
    expect(readOne('pycil', [log([], ["{'00-09': 90.0}"])]).cells).toHaveLength(1);
    expect(() => readOne('pycil', [log([], ["{'00-09': 90.0, '10-19': 1.0}"])])).toThrow(
      'does not state init_cls and increment',
    );
  });

  it('of a run after another in one log are kept apart', () => {
    const settings = ['init_cls: 10', 'increment: 10', 'seed: 1'];
    const path = log(settings, [
      "{'00-09': 90.0}\n=> seed: 2\n=> init_cls: 10\n=> increment: 10",
      "{'00-09': 80.0}",
    ]);
    const { found } = readResults('pycil', [path]);
    expect(found.map(({ seed, part, cells }) => [seed, part, cells])).toEqual([
      [1, 'run 1 of 2', [{ after: 1, task: 1, accuracy: 0.9 }]],
      [2, 'run 2 of 2', [{ after: 1, task: 1, accuracy: 0.8 }]],
    ]);
  });
});

describe('what cannot be right', () => {
  const cases: readonly (readonly [string, string, string | Buffer, string, ImportOptions?])[] = [
    ['pycil', 'a.log', '', 'is empty'],
    ['pycil', 'a.log', 'nothing\n', 'no line "CNN: {…}"'],
    [
      'pycil',
      'a.log',
      "x => CNN: {'00-09': 90.0, ",
      'line 1: the Python literal is cut short, at its character 16',
    ],
    ['pycil', 'a.log', "=> CNN: {'00-09': 101}", 'line 1, classes 00-09: 101 is no accuracy'],
    ['pycil', 'a.log', "=> CNN: {'00-09': __import__('os')}", 'it names "__import__"'],
    ['pycil', 'a.log', Buffer.from([0x50, 0x4b, 3, 4, 0]), 'is a zip archive'],
    ['pycil', 'a.log', Buffer.from([0xff, 0xfe, 0x43, 0]), 'is UTF-16 text'],
    ['pycil', 'a.log', Buffer.from([0x43, 0xc3, 0x28]), 'is not UTF-8 text'],
    ['mammoth', 'logs.pyd', "{'accuracy_1_task1': -1}", '-1 is no accuracy'],
    ['mammoth', 'logs.pyd', "{'accuracy_1_task1': nan}", 'has the number nan'],
    ['mammoth', 'logs.pyd', "{'accmean_task1': 50.0, 'dataset': 'd'}", 'writes means alone'],
    ['mammoth', 'logs.pyd', "{'accuracy_1_task999999': 50.0}", '999999 tasks are none'],
    [
      'mammoth',
      'logs.pyd',
      "{'accuracy_1_task1': 50.0, 'model': '\\x1b[31m'}",
      'cannot be the name of a model',
    ],
    ['mammoth', 'logs.pyd', "{'accuracy_1_task1': 50.0, 'a': '\\x1b[31m'}", 'cannot be printed'],
    ['mammoth', 'logs.pyd', Buffer.from([0x80, 4, 1]), 'a Python pickle'],
    ['facil', 'acc_taw-1.txt', '0.5\t0.1\n0.5\t0.5\n', 'row 1, column 2: FACIL measures no task before'],
    ['facil', 'acc_taw-1.txt', '0.5\t0.0\n0.5\n', 'the 2. has 1 numbers'],
    ['facil', 'acc_taw-1.txt', 'nan\n', '"nan" is not a number'],
    ['facil', 'acc_taw-1.txt', '0.000000\n', 'zeros alone'],
    ['facil', 'forg_taw-1.txt', '0.5\n', 'holds no accuracy matrix'],
    ['avalanche', 'e.csv', 'training_exp,epoch,training_accuracy,val_accuracy\n', 'give eval_results.csv'],
    ['avalanche', 'e.csv', 'eval_exp,training_exp,eval_accuracy\n0,0,0\n', 'was not monitored'],
    ['avalanche', 'e.csv', 'eval_exp,training_exp,eval_accuracy\n0,0,90.0\n', 'Is it in percent?'],
    ['avalanche', 'e.csv', 'eval_exp,training_exp,eval_accuracy\n0,0,0.5\n0,0,0.6\n', 'cannot be told'],
    ['avalanche', 'e.csv', 'eval_exp,training_exp,eval_accuracy\nx,0,0.5\n', 'no experience'],
    ['zscl', 'a.npy', 'no array, but text', 'is not a .npy file'],
    ['trace', 'results-0-0-A.json', '{"eval": {"accuracy": 0.5}', 'is not JSON, or is cut short'],
    ['trace', 'results-0-0-A.json', '{"eval": {"accuracy": 50}}', '50 is no accuracy; as a fraction'],
    ['trace', 'results-0-0-A.json', '{"eval": {"f1": 0.5}}', 'not a measure of TRACE'],
    ['trace', 'results-0-0-A.json', '[]', 'an object was expected'],
    ['trace', 'a.json', '{}', 'is not named results-'],
    ['sapt', '1-a/all_results.json', '{"predict_eval_rougeL_for_a": "x"}', 'is no number'],
    ['sapt', '1-a/all_results.json', '{"predict_eval_rougeL_for_a": 1e999}', 'is no accuracy'],
    ['csv', 'a.csv', '0.5,0.5\n', 'as many columns as rows', { unit: 'fraction' }],
    ['csv', 'a.csv', '0.5\n', 'Say it with --unit'],
    ['csv', 'a.csv', '1e400\n', 'is not a number', { unit: 'fraction' }],
    ['csv', 'a.csv', '95%\n', '"95%" is not a number', { unit: 'percent' }],
    ['csv', 'a.csv', 'after,a\n2,0.5\n', 'after 2 tasks, but there are 1', { unit: 'fraction' }],
  ];

  it.each(cases)('%s: %s holding %j', (...given) => {
    const [format, name, content, message, options = {}] = given as unknown as (typeof cases)[number];
    const path = join(temporaryFolder(), name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    expect(() => readResults(format, [path], options)).toThrow(message);
  });

  it('trace: files of two runs, which name a task differently', () => {
    const folder = temporaryFolder();
    for (const name of ['results-0-0-A.json', 'results-1-0-B.json']) {
      writeFileSync(join(folder, name), '{"eval": {"accuracy": 0.5}}');
    }
    expect(() => readResults('trace', [folder])).toThrow('two names');
  });

  it('trace: a task without a score is no cell and is told of', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'results-0-0-A.json'), '{"eval": {"accuracy": 0.5}}');
    writeFileSync(join(folder, 'results-1-1-B.json'), '{"eval": {}}');
    const { cells, notices, tasks } = readOne('trace', [folder]);
    expect([cells.length, tasks]).toEqual([1, 2]);
    expect(notices.join()).toContain('results-1-1-B.json');
  });

  it('sapt: a step that is not there leaves its cells missing', () => {
    const folder = temporaryFolder();
    for (const step of ['1-task1572_samsum_summary', '3-task073_commonsenseqa_answer_generation']) {
      mkdirSync(join(folder, step));
      copyFileSync(sample(`sapt/${step}/all_results.json`), join(folder, step, 'all_results.json'));
    }
    const { cells, tasks, notices } = readOne('sapt', [folder]);
    expect(cells.map(({ after, task }) => [after, task])).toEqual([
      [1, 1],
      [3, 1],
      [3, 3],
    ]);
    expect(tasks).toBe(3);
    expect(notices.join()).toContain('1 of 3 steps');
  });
});
