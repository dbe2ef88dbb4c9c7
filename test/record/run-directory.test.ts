import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../harness/errors.ts';
import { readEvents } from '../../harness/record/events.ts';
import { explainFileError } from '../../harness/record/files.ts';
import { findRuns, readRun } from '../../harness/record/read-run.ts';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import { runId } from '../../harness/record/run-id.ts';
import { cellsOf, cost, definition, recordRun, tasks, temporaryFolder } from './fixtures.ts';

const start = { definition: definition(), order: [0, 1, 2, 3], tasks };

describe('runId', () => {
  it('names scenario and method and follows from everything that determines the result', () => {
    const id = runId(definition());
    expect(id).toMatch(/^split-mnist-class\.ewc\.[0-9a-f]{12}$/);
    expect(runId(definition())).toBe(id);
    expect(runId(definition({}, 'ewc', 2))).not.toBe(id);
    expect(runId(definition({ measuredOn: 'validation' }))).not.toBe(id);
  });

  it('never leaves the results folder', () => {
    const scenario = { name: '../../etc', version: 1, digest: '' };
    expect(runId(definition({ scenario }))).toMatch(/^------etc\.ewc\.[0-9a-f]{12}$/);
  });
});

describe('RunDirectory', () => {
  it('records a run from start to finish', () => {
    const results = temporaryFolder();
    const run = RunDirectory.open(results, start);
    run.addCells(cellsOf(50, 90).slice(0, 4));
    run.setTasksDone(1);
    expect(readRun(run.path).record.status).toMatchObject({ state: 'running', tasksDone: 1 });
    run.addCells(cellsOf(50, 90).slice(4));
    run.setTasksDone(2);
    run.finish(cost);
    run.close();
    run.close();
    const recorded = readRun(run.path);
    expect(recorded.cells).toEqual(cellsOf(50, 90));
    expect(recorded.record.status).toMatchObject({ state: 'finished', cost });
    expect(readEvents(join(run.path, 'events.jsonl')).map(({ kind }) => kind)).toEqual([
      'opened',
      'finished',
    ]);
    expect(readdirSync(run.path).sort()).toEqual(['accuracy.csv', 'events.jsonl', 'run.json']);
  });

  it('leaves a finished run as it is', () => {
    const results = temporaryFolder();
    const path = recordRun(results, definition());
    const before = readFileSync(join(path, 'run.json'), 'utf8');
    const run = RunDirectory.open(results, start);
    expect(run.finished).toBe(true);
    run.close();
    expect(readFileSync(join(path, 'run.json'), 'utf8')).toBe(before);
  });

  it('takes no lock of a finished run and makes no file, since its folder may be read-only', () => {
    const results = temporaryFolder();
    const path = recordRun(results, definition());
    rmSync(join(path, 'events.jsonl'));
    const before = readdirSync(path);
    const run = RunDirectory.open(results, start);
    expect(readdirSync(path)).toEqual(before);
    expect(run.cells).toEqual(readRun(path).cells);
    run.close();
  });

  it('continues a failed run and forgets rows that its checkpoint does not know', () => {
    const results = temporaryFolder();
    const first = RunDirectory.open(results, start);
    first.addCells(cellsOf(50, 90));
    first.setTasksDone(1);
    first.fail('the power went');
    first.close();
    expect(readRun(first.path).record.status).toMatchObject({
      state: 'failed',
      error: 'the power went',
      tasksDone: 1,
    });
    const again = RunDirectory.open(results, start);
    expect(again.record.status).toMatchObject({ state: 'running', tasksDone: 1 });
    again.rewind(1);
    expect(again.cells).toEqual(cellsOf(50, 90).slice(0, 4));
    again.close();
  });

  it('replaces cells that are measured again', () => {
    const run = RunDirectory.open(temporaryFolder(), start);
    run.addCells([{ after: 0, task: 1, correct: 1, total: 4 }]);
    run.addCells([{ after: 0, task: 1, correct: 2, total: 4 }]);
    run.close();
    expect(readRun(run.path).cells).toEqual([{ after: 0, task: 1, correct: 2, total: 4 }]);
  });

  it('is for one process at a time', () => {
    const results = temporaryFolder();
    const run = RunDirectory.open(results, start);
    expect(() => RunDirectory.open(results, start)).toThrow(UserError);
    run.close();
    RunDirectory.open(results, start).close();
  });

  it('clears away what a killed process was about to rename', () => {
    const results = temporaryFolder();
    const killed = RunDirectory.open(results, start);
    killed.close();
    const leftover = join(killed.path, 'run.json.123456.0');
    writeFileSync(leftover, '{');
    RunDirectory.open(results, start).close();
    expect(existsSync(leftover)).toBe(false);
  });

  it('says what to do when its folder cannot be made', () => {
    const results = join(temporaryFolder(), 'file');
    writeFileSync(results, '');
    expect(() => RunDirectory.open(results, start)).toThrow('Write to another folder');
  });

  it('lets go of the lock when it refuses to open', () => {
    const results = temporaryFolder();
    const path = recordRun(results, definition());
    writeFileSync(join(path, 'run.json'), '{}');
    expect(() => RunDirectory.open(results, start)).toThrow(UserError);
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });
});

describe('readRun', () => {
  function editedRun(file: string, edit: (text: string) => string): string {
    const path = recordRun(temporaryFolder(), definition());
    writeFileSync(join(path, file), edit(readFileSync(join(path, file), 'utf8')));
    return path;
  }

  it.each([
    [
      'an edited definition',
      (text: string) => text.replace('"learningRate": 0.001', '"learningRate": 0.002'),
      'was edited',
    ],
    ['an edited id', (text: string) => text.replace(/"id": "[^"]*"/, '"id": "mine"'), 'was edited'],
    ['a cut', (text: string) => text.slice(0, 300), 'cut short'],
    ['an empty file', () => '', 'cut short'],
    ['another JSON', () => '[]', 'is not a run record'],
    ['a missing part', (text: string) => text.replace('"seeds"', '"seed"'), 'seeds'],
    [
      'a wrong type',
      (text: string) => text.replace('"trainingSeconds": 12.5', '"trainingSeconds": "1"'),
      '/cost/trainingSeconds',
    ],
    ['an unknown state', (text: string) => text.replace('"finished"', '"done"'), '/status'],
  ])('refuses %s in run.json', (_name, edit, message) => {
    const path = editedRun('run.json', edit);
    expect(() => readRun(path)).toThrow(UserError);
    expect(() => readRun(path)).toThrow(message);
  });

  it.each([
    ['edited', (text: string) => text.replace('2,1,50', '2,1,95')],
    ['cut', (text: string) => text.slice(0, -12)],
    ['emptied', () => ''],
  ])('refuses an %s accuracy.csv of a finished run', (_name, edit) => {
    expect(() => readRun(editedRun('accuracy.csv', edit))).toThrow('is not what the run recorded');
  });

  it('refuses a folder that is no run', () => {
    expect(() => readRun(temporaryFolder())).toThrow('is no run');
  });
});

describe('findRuns', () => {
  it('filters, and reports a broken run beside the others', () => {
    const results = temporaryFolder();
    recordRun(results, definition());
    recordRun(results, definition({}, 'er'));
    mkdirSync(join(results, 'runs', 'broken'));
    mkdirSync(join(results, 'runs', 'unrelated'));
    writeFileSync(join(results, 'runs', 'broken', 'run.json'), '{');
    const { runs, unreadable } = findRuns(results, { method: 'er' });
    expect(runs.map(({ record }) => record.definition.method.name)).toEqual(['er']);
    expect(unreadable).toHaveLength(1);
    expect(findRuns(results, { scenario: 'other' }).runs).toEqual([]);
    expect(findRuns(results, { state: 'finished' }).runs).toHaveLength(2);
    expect(findRuns(join(results, 'none')).runs).toEqual([]);
  });
});

describe('explainFileError', () => {
  it('tells a full disk and leaves other errors alone', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(explainFileError(full, 'write run.json')).toMatchObject({
      message: expect.stringContaining('the disk is full'),
    });
    const bug = new TypeError('bug');
    expect(explainFileError(bug, 'write run.json')).toBe(bug);
  });
});
