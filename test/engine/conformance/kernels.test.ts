import {
  type GradFunc,
  getGradient,
  getKernel,
  registerGradient,
  registerKernel,
  unregisterGradient,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelTable } from '../../../harness/engine/onnx/kernels/index.ts';
import { openEngine } from '../../../harness/engine/open-engine.ts';
import type { Engine } from '../../../harness/engine/program.ts';
import { differences, runOn } from './conform.ts';
import { elementwiseRows } from './elementwise-rows.ts';
import { networkRows } from './network-rows.ts';
import { reductionRows } from './reduction-rows.ts';
import { shapingRows } from './shaping-rows.ts';

const tables = {
  elementwise: elementwiseRows,
  reductions: reductionRows,
  shaping: shapingRows,
  network: networkRows,
};
const recorded = new Set<string>();
const differentiated = new Set<string>();
let cpu: Engine;
let onnx: Engine;

beforeAll(async () => {
  cpu = await openEngine({ name: 'cpu', device: 'cpu', threads: 1 });
  onnx = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
  for (const name of Object.keys(kernelTable)) watch(name);
});

afterAll(async () => {
  await cpu.dispose();
  await onnx.dispose();
});

describe.each(Object.entries(tables))('%s kernels agree on cpu and onnx', (_, rows) => {
  it.each(rows.map((row) => [row.name, row] as const))('%s', async (__, row) => {
    for (const given of ['fed', 'frozen'] as const) {
      const expected = await runOn(cpu, row, given);
      const actual = await runOn(onnx, row, given);
      expect(differences(row, expected, actual).join('; '), given).toBe('');
    }
  });
});

describe('the rows above', () => {
  it('use every kernel of the table', () => {
    expect(Object.keys(kernelTable).filter((name) => !recorded.has(name))).toEqual([]);
  });

  it('use the gradient of every kernel that has one', () => {
    const unused = Object.keys(kernelTable).filter((name) => getGradient(name) && !differentiated.has(name));
    // Its gradient is made of running products, which ONNX does not have.
    expect(unused).toEqual(['Prod']);
  });

  it('have different names', () => {
    const names = Object.values(tables)
      .flat()
      .map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

/** Notes when a kernel is recorded, and when its gradient is asked for. */
function watch(name: string): void {
  const kernel = getKernel(name, 'palimpsest-recorder');
  unregisterKernel(name, kernel.backendName);
  registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      recorded.add(name);
      return kernel.kernelFunc(call);
    },
  });
  const gradient = getGradient(name);
  if (!gradient) return;
  unregisterGradient(name);
  const watched: GradFunc = (...call) => {
    differentiated.add(name);
    return gradient.gradFunc(...call);
  };
  registerGradient({ ...gradient, gradFunc: watched });
}
