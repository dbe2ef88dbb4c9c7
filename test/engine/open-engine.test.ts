import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { listEngines, openEngine } from '../../harness/engine/open-engine.ts';
import { type DeviceName, EngineError, type EngineName } from '../../harness/engine/program.ts';
import { float32 } from '../../harness/engine/tensor.ts';
import { doubling, engineNames, listOf } from './support.ts';

/** What a process of its own prints when it runs a program on the device: a native crash would end it. */
async function runOnDevice(name: EngineName | 'auto', device: DeviceName): Promise<string> {
  const script = `
    const { openEngine } = await import(${JSON.stringify(new URL('../../harness/engine/open-engine.ts', import.meta.url).href)});
    const { doubling } = await import(${JSON.stringify(new URL('./support.ts', import.meta.url).href)});
    try {
      const engine = await openEngine({ name: '${name}', device: '${device}', threads: 1 });
      const compiled = await engine.compile(doubling());
      await compiled.run({ x: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } });
      console.log('ran');
    } catch (thrown) {
      console.log(thrown.name + ': ' + thrown.message);
    }`;
  const tsx = createRequire(import.meta.url).resolve('tsx');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    tsx,
    '--input-type=module',
    '-e',
    script,
  ]);
  return stdout.trim();
}

function installed(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

describe('openEngine', () => {
  it.each(engineNames)('gives %s with what a run record needs', async (name) => {
    const engine = await openEngine({ name, device: 'cpu', threads: 1 });
    expect(engine).toMatchObject({
      name,
      device: 'cpu',
      threads: 1,
      version: expect.stringMatching(/^\S+ \d+\.\d+\.\d+/),
    });
    await engine.dispose();
  });

  it('takes onnx for auto', async () => {
    const engine = await openEngine({ name: 'auto', device: 'cpu', threads: 1 });
    expect(engine.name).toBe('onnx');
  });

  it('names the devices of an engine when asked for another', async () => {
    const opening = openEngine({ name: 'wasm', device: 'cuda', threads: 1 });
    await expect(opening).rejects.toThrow(
      new EngineError('The wasm engine has no device "cuda"; it has cpu.'),
    );
  });

  it.each(['jax', 'toString'])('names the engines when asked for %s', async (name) => {
    const opening = openEngine({ name: name as EngineName, device: 'cpu', threads: 1 });
    await expect(opening).rejects.toThrow(
      new EngineError(`There is no engine "${name}". Known are: auto, onnx, tensorflow, wasm, cpu.`),
    );
  });

  it.skipIf(installed('@tensorflow/tfjs-node') || installed('@tensorflow/tfjs-node-gpu')).each([
    ['cpu', 'Install it with "npm install @tensorflow/tfjs-node", which downloads'],
    ['cuda', 'Install it with "npm install @tensorflow/tfjs-node-gpu", which downloads'],
  ] as const)('says what to install for tensorflow on %s', async (device, advice) => {
    const opening = openEngine({ name: 'tensorflow', device, threads: 1 });
    await expect(opening).rejects.toThrow(EngineError);
    await expect(opening).rejects.toThrow('The tensorflow engine is not installed (');
    await expect(opening).rejects.toThrow(advice);
  });

  it.each(['cuda', 'webgpu'] as const)(
    'on %s runs, or says what it needs and does not crash',
    async (device) => {
      const printed = await runOnDevice('onnx', device);
      expect(printed).toMatch(
        new RegExp(
          `^(ran|EngineError: The onnx engine cannot use the device "${device}" here \\(.*\\)\\. .*--device cpu\\.)$`,
        ),
      );
      expect(printed).not.toContain('onnxruntime_src');
    },
  );
});

describe('listEngines', () => {
  it('tells which engines run here, and what to install for the others', async () => {
    const engines = await listEngines();
    expect(engines.map(({ name }) => name)).toEqual(['onnx', 'tensorflow', 'wasm', 'cpu']);
    for (const { name, available, reason } of engines) {
      if (name !== 'tensorflow') expect(available, name).toBe(true);
      else if (!available) expect(reason).toContain('npm install');
    }
  });

  it('can be called while another engine runs', async () => {
    const cpu = await openEngine({ name: 'cpu', device: 'cpu', threads: 1 });
    const compiled = await cpu.compile(doubling());
    const x = float32([1, 2], [2]);
    const [, ...results] = await Promise.all([
      listEngines(),
      ...Array.from({ length: 20 }, () => compiled.run({ x })),
    ]);
    for (const { y } of results) expect(listOf(y)).toEqual([2, 4]);
  });
});
