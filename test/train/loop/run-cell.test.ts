import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, type FileTensor } from '../../../harness/safetensors.ts';
import { methodNames } from '../../../harness/train/registry/methods.ts';
import { runTiny, type TinyResult, temporaryFolder } from '../../support/tiny-run.ts';
import { changesFor, smallSettings, tinyCell, writeTinyScenario } from '../../support/tiny-scenario.ts';

function tensorsOf({ checkpoint }: TinyResult): Readonly<Record<string, FileTensor>> {
  return decodeSafetensors(checkpoint, 'checkpoint').tensors;
}

describe('a run', () => {
  it.each(methodNames())('of %s repeats itself to the byte', async (method) => {
    const scenario = writeTinyScenario(temporaryFolder(), await changesFor(method, false));
    const run = (): Promise<TinyResult> => {
      const cell = { method, overrides: smallSettings(method), resultsDirectory: temporaryFolder() };
      return runTiny(tinyCell(scenario, cell));
    };
    const [first, second] = [await run(), await run()];
    expect(first.accuracy).toBe(second.accuracy);
    expect(tensorsOf(first)).toEqual(tensorsOf(second));
  });

  it('measures every task before training and after each task', async () => {
    const { accuracy, events } = await runTiny(tinyCell(writeTinyScenario(temporaryFolder())));
    const rows = accuracy.trim().split('\n').slice(1);
    expect(rows.map((row) => row.split(',').slice(0, 2).join(' '))).toEqual([
      ...['0 1', '0 2', '1 1', '1 2', '2 1', '2 2'],
    ]);
    const kinds = events.map(({ kind }) => kind).filter((kind) => kind !== 'progress');
    expect(kinds).toEqual(['evaluated', 'started', 'evaluated', 'evaluated', 'finished']);
  });

  it('leaves out the rows of tasks after which the method has nothing to measure', async () => {
    const scenario = writeTinyScenario(temporaryFolder());
    const run = (when: string): Promise<TinyResult> =>
      runTiny(
        tinyCell(scenario, { method: 'joint', overrides: { when }, resultsDirectory: temporaryFolder() }),
      );
    const [once, always] = [await run('last-task'), await run('every-task')];
    const passedOver = /^1,.*\n/gm;
    expect(always.accuracy.match(passedOver)).toHaveLength(2);
    expect(once.accuracy).toBe(always.accuracy.replaceAll(passedOver, ''));
  });

  it('is found finished when it is run again', async () => {
    const cell = tinyCell(writeTinyScenario(temporaryFolder()));
    const first = await runTiny(cell);
    const second = await runTiny(cell);
    expect(second.events).toEqual([expect.objectContaining({ kind: 'finished', cached: true })]);
    expect(second.accuracy).toBe(first.accuracy);
  });

  it('measures validation examples where it is told to', async () => {
    const scenario = writeTinyScenario(temporaryFolder(), { validation: { fraction: 0.2 } });
    const tested = await runTiny(tinyCell(scenario));
    const validated = await runTiny(tinyCell(scenario, { measuredOn: 'validation' }));
    const totals = ({ accuracy }: TinyResult): string[] =>
      accuracy
        .trim()
        .split('\n')
        .slice(1)
        .map((row) => row.split(',')[3] ?? '');
    expect(new Set(totals(tested))).toEqual(new Set(['26']));
    expect(new Set(totals(validated))).toEqual(new Set(['14']));
    expect(tensorsOf(validated)).toEqual(tensorsOf(tested));
  });

  it('is refused where no validation examples are held back to measure on', async () => {
    const scenario = writeTinyScenario(temporaryFolder(), { validation: { fraction: 0 } });
    const cell = tinyCell(scenario, { measuredOn: 'validation' });
    await expect(runTiny(cell)).rejects.toThrow('Task 1 of tiny has no validation examples to measure on.');
    expect(existsSync(cell.resultsDirectory)).toBe(false);
  });

  it('says so where the share that is held back rounds to none', async () => {
    const scenario = writeTinyScenario(temporaryFolder(), { validation: { fraction: 0.01 } });
    await expect(runTiny(tinyCell(scenario, { measuredOn: 'validation' }))).rejects.toThrow(
      'Its 74 training examples are of 2 classes, and validation.fraction, 0.01, rounds to none of each. ' +
        'Raise validation.fraction in the scenario',
    );
  });

  it('that cannot be built is refused before anything is recorded', async () => {
    const cell = tinyCell(writeTinyScenario(temporaryFolder()), { overrides: { 'backbone.hidden': [0] } });
    await expect(runTiny(cell)).rejects.toThrow('backbone.hidden');
    expect(existsSync(cell.resultsDirectory)).toBe(false);
  });

  it('that diverges is marked as failed and keeps its finished tasks', async () => {
    const overrides = { 'training.optimiser': 'sgd', 'training.learningRate': 1e30 };
    const cell = tinyCell(writeTinyScenario(temporaryFolder()), { overrides });
    await expect(runTiny(cell)).rejects.toThrow('diverged');
    const runs = join(cell.resultsDirectory, 'runs');
    const [id = ''] = readdirSync(runs);
    const record = join(runs, id, 'run.json');
    expect(JSON.parse(readFileSync(record, 'utf8')).status).toMatchObject({ state: 'failed', tasksDone: 0 });
  });

  it('tells what its method keeps: joint, the training data of all tasks', async () => {
    const { directory } = await runTiny(
      tinyCell(writeTinyScenario(temporaryFolder(), { validation: { fraction: 0 } }), { method: 'joint' }),
    );
    const { status } = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'));
    expect(status.cost.keptExamples).toBe(148);
    expect(status.cost.keptBytes).toBe(148 * 4 * 4);
  });
});
