import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random, seedsFrom } from '../../harness/random.ts';
import type { CellSpec } from '../../harness/train/loop/cell.ts';
import { loadMethod } from '../../harness/train/registry/methods.ts';

/**
 * Writes a scenario of 200 made-up rows in four classes, two tasks of two, into a folder.
 * @param changes what differs from it
 * @returns the path of its file
 */
export function writeTinyScenario(folder: string, changes: Readonly<Record<string, unknown>> = {}): string {
  const random = new Random(1, 'tiny table');
  const rows = Array.from({ length: 200 }, (_, row) => {
    const features = [0, 1, 2, 3].map((feature) => (feature === row % 4 ? 1.5 : 0) + random.normal());
    return [...features.map((value) => value.toFixed(4)), `kind${row % 4}`].join(',');
  });
  writeFileSync(join(folder, 'tiny.csv'), `a,b,c,d,kind\n${rows.join('\n')}\n`);
  const reader = {
    kind: 'csv',
    train: { path: 'tiny.csv' },
    labelColumn: 'kind',
    split: { testFraction: 0.25 },
  };
  const scenario = {
    name: 'tiny',
    version: 1,
    kind: 'class-incremental',
    dataset: { name: 'tiny', licence: 'none', source: 'made up', revision: '1', reader },
    tasks: { by: 'classes', classesPerTask: 2 },
    classOrder: 'natural',
    labels: 'class',
    candidates: { train: 'all', test: 'all' },
    taskIdentity: { train: true, test: false },
    backbone: { name: 'mlp', hidden: [16] },
    training: { epochs: 2, batchSize: 8, learningRate: 0.02 },
    ...changes,
  };
  const path = join(folder, 'tiny.json');
  writeFileSync(path, JSON.stringify(scenario));
  return path;
}

/**
 * What a scenario must change for a method that does not run all kinds of them; nothing for any other.
 * @param shared whether all tasks hold the same classes, as permutations do
 */
export async function changesFor(
  method: string,
  shared: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const { kinds } = (await loadMethod(method)).method;
  if (!kinds) return {};
  if (!kinds.includes('class-incremental')) {
    return { kind: 'task-incremental', taskIdentity: { train: true, test: true } };
  }
  return shared ? { kind: 'class-incremental', labels: 'class-of-task' } : {};
}

/** Settings with which a method that trains autoencoders beside the model does so within seconds; none for any other. */
export function smallSettings(method: string): Readonly<Record<string, unknown>> {
  if (method === 'dgr') return { hidden: [16], latent: 2 };
  if (method === 'generative-classifier') return { hidden: [4], latent: 2, samples: 2 };
  return {};
}

/** A cell of fine-tuning on a scenario, with its results beside the scenario's file. */
export function tinyCell(scenario: string, changes: Partial<CellSpec> = {}): CellSpec {
  return {
    scenario,
    method: 'finetune',
    overrides: {},
    seeds: seedsFrom(1),
    measuredOn: 'test',
    engine: 'onnx',
    device: 'cpu',
    threads: 1,
    resultsDirectory: join(scenario, '..', 'results'),
    dataDirectory: 'none',
    ...changes,
  };
}
