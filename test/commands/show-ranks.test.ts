import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import { definition, recordRun, tasks } from '../record/fixtures.ts';
import { palimpsest } from './palimpsest.ts';

let folder = '';
let codyra = '';
let ewc = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  ewc = recordRun(folder, definition({}, 'ewc'));
  const run = RunDirectory.open(folder, {
    definition: definition({}, 'codyra'),
    order: [0, 1, 2, 3],
    tasks,
  });
  const what = 'ranks kept and merged';
  run.addEvent({ kind: 'ranks', task: 1, what, ranks: { 'layers.0': 16, 'layers.1': 15 } });
  run.addEvent({ kind: 'notice', task: 1, text: 'It was short.' });
  run.addEvent({ kind: 'ranks', task: 2, what, ranks: { 'layers.0': 1 } });
  // Task 2 was interrupted and trained again.
  run.addEvent({ kind: 'ranks', task: 2, what, ranks: { 'layers.0': 7, 'layers.2': 0 } });
  run.close();
  codyra = run.path;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.concurrent('show ranks', () => {
  it('has a row for each layer and a column for each task', async () => {
    const { code, out } = await palimpsest(['show', codyra, 'ranks'], { NO_COLOR: '1' });
    expect(code).toBe(0);
    expect(out).toContain(`${basename(codyra)}: ranks kept and merged by codyra`);
    expect(out).toMatch(/layer +│ task 1 │ task 2 │/);
    expect(out).toMatch(/layers\.0 +│ +16 │ +7 │/);
    expect(out).toMatch(/layers\.1 +│ +15 │ +│/);
    expect(out).toMatch(/layers\.2 +│ +│ +0 │/);
    expect(out).toMatch(/mean +│ +15\.5 │ +3\.5 │/);
    expect(out).toContain('Task 1: It was short.');
  });

  it('has JSON, and finds the run by its id', async () => {
    const { out } = await palimpsest(['show', basename(codyra), 'ranks', '--results', folder, '--json']);
    expect(JSON.parse(out)).toEqual({
      run: basename(codyra),
      method: 'codyra',
      what: 'ranks kept and merged',
      tasks: [1, 2],
      layers: [
        { layer: 'layers.0', ranks: [16, 7] },
        { layer: 'layers.1', ranks: [15, null] },
        { layer: 'layers.2', ranks: [null, 0] },
      ],
      notices: [{ task: 1, text: 'It was short.' }],
    });
  });

  it('of a method without ranks is an error that says so', async () => {
    const { code, out, error } = await palimpsest(['show', ewc, 'ranks']);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(error).toContain('has no ranks to show: its method ewc logged none.');
  });

  it('refuses anything else to show', async () => {
    const { code, error } = await palimpsest(['show', ewc, 'rank']);
    expect(code).toBe(2);
    expect(error).toContain('Allowed choices are ranks');
  });
});
