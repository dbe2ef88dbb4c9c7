import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { validateScenario } from '../../harness/stream/load-scenario.ts';
import { openDataset } from '../../harness/stream/open-dataset.ts';
import { openStream } from '../../harness/stream/open-stream.ts';

const root = vi.hoisted(() => ({ folder: '' }));
root.folder = mkdtempSync(join(tmpdir(), 'palimpsest-named-'));
afterAll(() => rmSync(root.folder, { recursive: true }));

// Names stand for folders of the repository; here, for folders of this test.
vi.mock('../../harness/stream/dataset-folders.ts', () => ({
  datasetFolder: (name: string) => join(root.folder, 'datasets', name),
  datasetNames: () => ['letters', 'joined'],
}));

const csv = { kind: 'csv', train: { path: 'letters.csv' }, labelColumn: 'kind' };

function write(path: string, content: string): void {
  mkdirSync(join(root.folder, path, '..'), { recursive: true });
  writeFileSync(join(root.folder, path), content);
}

function define(name: string, reader: object, groups?: object): void {
  write(`datasets/${name}/dataset.json`, JSON.stringify({ name, revision: '1', reader, groups }));
}

const rows = Array.from({ length: 40 }, (_, row) => `${row},${-row},${'ab'[row % 2]}`);
write('data/letters/letters.csv', `x,y,kind\n${rows.join('\n')}\n`);
const options = { classOrderSeed: 1, dataDirectory: join(root.folder, 'data'), baseDirectory: 'elsewhere' };

async function identity(changes: object = {}): Promise<string> {
  const scenario = {
    name: 'toy',
    version: 1,
    kind: 'class-incremental',
    dataset: 'letters',
    tasks: { by: 'classes', classesPerTask: 1 },
    classOrder: 'natural',
    labels: 'class',
    candidates: { train: 'all', test: 'all' },
    taskIdentity: { train: true, test: false },
    backbone: { name: 'mlp', hidden: [4] },
    training: { epochs: 1, batchSize: 4 },
    ...changes,
  };
  const stream = await openStream(validateScenario(scenario, 'toy'), options);
  return stream.dataset.sha256;
}

describe('a dataset with a name', () => {
  it('has another checksum when its definition reads the same files in another way', async () => {
    const seen: string[] = [];
    for (const change of [
      {},
      { split: { testFraction: 0.5 } },
      { split: { testFraction: 0.5, seed: 7 } },
      { featureColumns: ['x'] },
    ]) {
      define('letters', { ...csv, ...change });
      seen.push(await identity());
    }
    define('letters', csv, [{ name: 'all', classes: 2 }]);
    seen.push(await identity({ tasks: { by: 'class-groups' } }));
    expect(new Set(seen).size).toBe(seen.length);
    define('letters', { ...csv, split: { testFraction: 0.2, seed: 0 } });
    expect(await identity()).toBe(seen[0]);
  });

  it('counts also where a union names it, whose own choice of it counts, too', async () => {
    define('letters', csv);
    const joined = (limit?: object): object => ({
      kind: 'union',
      parts: [{ dataset: 'letters', limit }, { dataset: 'letters' }],
    });
    const at = async (reader: object): Promise<string> => {
      define('joined', reader);
      return identity({ dataset: 'joined' });
    };
    const whole = await at(joined());
    expect(await at(joined({ train: 3 }))).not.toBe(whole);
    define('letters', { ...csv, featureColumns: ['y'] });
    expect(await at(joined())).not.toBe(whole);
  });

  it('finds the files of what a union defines in place beside its own', async () => {
    write('data/joined/more.csv', `x,y,kind\n1,2,c\n3,4,c\n`);
    write('datasets/joined/shipped.csv', `x,y,kind\n1,2,d\n3,4,d\n`);
    const part = (path: string, bundled: boolean): object => ({
      dataset: { name: bundled ? 'shipped' : 'added', reader: { ...csv, train: { path, bundled } } },
    });
    define('joined', { kind: 'union', parts: [part('more.csv', false), part('shipped.csv', true)] });
    const { classes } = await openDataset('joined', { ...options, memoryLimit: 1e6, validationFraction: 0 });
    expect(classes).toEqual(['c', 'd']);
  });
});
