import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../harness/record/read-run.ts';
import { RunDirectory } from '../../harness/record/run-directory.ts';
import type { ImportSource } from '../../harness/record/run-record.ts';
import { defaultRule } from '../../harness/regress/decide.ts';
import { readReference, referenceFrom, writeReference } from '../../harness/regress/reference.ts';
import { judgeRuns } from '../../harness/regress/regression.ts';
import { matrixOf, sampleOf } from '../../harness/regress/run-sample.ts';
import { loadScenario, scenarioDigest } from '../../harness/stream/load-scenario.ts';
import { definition, recordRun, tasks, temporaryFolder } from '../record/fixtures.ts';
import { referencePath, sample } from './samples.ts';

function recorded(): ReturnType<typeof sampleOf> {
  const results = temporaryFolder();
  const directories = [1, 2, 3].map((seed) => recordRun(results, definition({}, 'ewc', seed), 50 + seed));
  return sampleOf('ewc', directories.map(readRun));
}

function written(): string {
  const path = join(temporaryFolder(), 'references', 'ewc.json');
  writeReference(path, referenceFrom(recorded(), { strength: 100 }));
  return path;
}

describe('a reference file', () => {
  it('keeps matrices, seeds, costs and settings', () => {
    const runs = recorded();
    const reference = readReference(written());
    expect(reference.runs).toEqual(runs.runs);
    expect(reference.overrides).toEqual({ strength: 100 });
    const [first] = reference.runs;
    if (first === undefined) throw new Error('there are runs');
    expect(matrixOf(first, reference.tasks).accuracy(2, 1)).toBe(0.51);
    expect(judgeRuns(runs, reference, defaultRule).metrics[0]?.finding.test?.p).toBeCloseTo(1, 9);
  });

  it('is compact: under a kilobyte a run', () => {
    const { runs } = readReference(referencePath);
    expect(statSync(referencePath).size / runs.length).toBeLessThan(1024);
  });

  it('is refused when a number in it was edited, or when it was cut short', () => {
    const path = written();
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('[52,90]', '[53,90]'));
    expect(() => readReference(path)).toThrow('its digest does not fit');
    writeFileSync(path, text.slice(0, 300));
    expect(() => readReference(path)).toThrow('is not JSON');
  });

  it.each([
    ['"tasks": 2', '"tasks": "two"', '/tasks must be integer'],
    ['palimpsest-reference@1', 'palimpsest-reference@9', '/format'],
    ['"runs": [', '"other": [', "must have required property 'runs'"],
  ])('is refused with %s changed to %s', (from, to, message) => {
    const path = written();
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
    expect(() => readReference(path)).toThrow(message);
  });

  it('needs three runs', () => {
    expect(() => referenceFrom(sample(0.5, 2))).toThrow('at least 3 runs');
  });

  it('is asked for by name where there is none', () => {
    expect(() => readReference('nowhere.json')).toThrow('regress … --record');
  });
});

describe('the references of the repository', () => {
  const folder = fileURLToPath(new URL('../../results/references/', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

  it.each(files)('%s is whole and of the present version of its scenario', async (file) => {
    const { definition, runs } = readReference(join(folder, file));
    const { name, version, digest } = definition.scenario;
    const scenario = await loadScenario(name);
    expect(file).toBe(`${name}.${definition.method.name}.json`);
    expect([version, digest]).toEqual([scenario.version, scenarioDigest(scenario)]);
    expect(runs.length).toBeGreaterThanOrEqual(10);
  });
});

describe('runs of another tool', () => {
  it('cannot be judged, for nothing says what they were measured on', () => {
    const imported: ImportSource = {
      ...{ format: 'matrix', version: 1, tool: 'a spreadsheet', measure: 'accuracy', part: '' },
      files: [{ name: 'a.csv', sha256: 'e'.repeat(64) }],
    };
    const runs = RunDirectory.open(temporaryFolder(), {
      definition: definition({ imported }),
      order: [],
      tasks,
    });
    runs.addCells([{ after: 1, task: 1, accuracy: 0.5 }]);
    runs.setTasksDone(2);
    runs.finish(null);
    runs.close();
    expect(() => sampleOf('ewc', [readRun(runs.path)])).toThrow('was imported from another tool');
  });
});

describe('a reference of something else', () => {
  const runs = sample(0.5, 3);
  const { scenario, dataset } = runs.definition;

  it.each([
    [{ scenario: { ...scenario, version: 2 } }, 'the version of the scenario is 1 and 2'],
    [{ scenario: { ...scenario, digest: 'f'.repeat(64) } }, "the scenario's digest is"],
    [{ dataset: { ...dataset, revision: '2' } }, "the dataset's revision is 1.2.6 and 2"],
    [{ measuredOn: 'validation' as const }, 'what was measured on is test and validation'],
  ])('is refused: %j', (changes, message) => {
    const other = { ...runs, definition: { ...runs.definition, ...changes } };
    expect(() => judgeRuns(runs, other, defaultRule)).toThrow(message);
  });
});
