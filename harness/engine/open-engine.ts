import { messageOf } from '../errors.ts';
import { type DeviceName, type Engine, EngineError, type EngineName } from './program.ts';

/** What the command line lets a person choose. */
export interface EngineOptions {
  readonly name: EngineName | 'auto';
  readonly device: DeviceName;
  readonly threads: number;
}

/** Whether an engine can run here, and if not, what to install. */
export interface EngineAvailability {
  readonly name: EngineName;
  readonly devices: readonly DeviceName[];
  readonly available: boolean;
  readonly reason?: string;
}

const devices: Record<EngineName, readonly DeviceName[]> = {
  onnx: ['cpu', 'cuda', 'webgpu'],
  tensorflow: ['cpu', 'cuda'],
  wasm: ['cpu'],
  cpu: ['cpu'],
};

const openers: Record<EngineName, (device: DeviceName, threads: number) => Promise<Engine>> = {
  onnx: openOnnx,
  tensorflow: openTensorFlow,
  wasm: openWasm,
  cpu: openCpu,
};

/**
 * Loads an engine; libraries of the others are not touched. `auto` takes onnx where it loads, else wasm.
 * @throws EngineError when the engine or the device is not installed, with what to install
 */
export async function openEngine({ name, device, threads }: EngineOptions): Promise<Engine> {
  if (name === 'auto') {
    const onnx = await openEngine({ name: 'onnx', device, threads }).catch((reason: unknown) => {
      if (device !== 'cpu') throw reason;
    });
    return onnx ?? openEngine({ name: 'wasm', device, threads });
  }
  if (!Object.hasOwn(devices, name)) {
    throw new EngineError(
      `There is no engine "${name}". Known are: auto, ${Object.keys(devices).join(', ')}.`,
    );
  }
  if (!devices[name].includes(device)) {
    throw new EngineError(
      `The ${name} engine has no device "${device}"; it has ${devices[name].join(', ')}.`,
    );
  }
  return openers[name](device, threads);
}

/** Every engine with whether it loads on this machine. */
export function listEngines(): Promise<EngineAvailability[]> {
  const names = Object.keys(openers) as EngineName[];
  return Promise.all(
    names.map(async (name) => {
      try {
        await (await openEngine({ name, device: 'cpu', threads: 1 })).dispose();
        return { name, devices: devices[name], available: true };
      } catch (thrown) {
        return { name, devices: devices[name], available: false, reason: messageOf(thrown) };
      }
    }),
  );
}

async function openOnnx(device: DeviceName, threads: number): Promise<Engine> {
  try {
    const { OnnxEngine } = await import('./onnx/onnx-engine.ts');
    const engine = new OnnxEngine(device, threads);
    await engine.settle();
    return engine;
  } catch (thrown) {
    if (thrown instanceof EngineError) throw thrown;
    throw new EngineError(
      `The onnx engine cannot be loaded (${messageOf(thrown)}). ` +
        'Reinstall it with "npm install onnxruntime-node", or use --engine wasm.',
    );
  }
}

async function openWasm(): Promise<Engine> {
  const { createRequire } = await import('node:module');
  const { dirname } = await import('node:path');
  const { enableProdMode } = await import('@tensorflow/tfjs-core');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const { EagerEngine } = await import('./eager/eager-engine.ts');
  enableProdMode();
  const library = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(library)}/`);
  const { withBackend } = await import('./backend-lock.ts');
  await withBackend('wasm', () => {});
  return new EagerEngine(
    { name: 'wasm', device: 'cpu', threads: 1, version: `tfjs-backend-wasm ${wasm.version_wasm}` },
    'wasm',
  );
}

async function openCpu(): Promise<Engine> {
  const { enableProdMode } = await import('@tensorflow/tfjs-core');
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu');
  const { EagerEngine } = await import('./eager/eager-engine.ts');
  enableProdMode();
  return new EagerEngine(
    { name: 'cpu', device: 'cpu', threads: 1, version: `tfjs-backend-cpu ${version_cpu}` },
    'cpu',
  );
}

async function openTensorFlow(device: DeviceName, threads: number): Promise<Engine> {
  const { EagerEngine } = await import('./eager/eager-engine.ts');
  const packages =
    device === 'cuda'
      ? ['@tensorflow/tfjs-node-gpu']
      : ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
  const failures: string[] = [];
  for (const name of packages) {
    try {
      const { version } = (await import(name)) as { version: Record<string, string> };
      const library = `${name} ${version['tfjs-node'] ?? ''}`.trim();
      return new EagerEngine({ name: 'tensorflow', device, threads, version: library }, 'tensorflow');
    } catch (thrown) {
      failures.push(`${name}: ${firstWords(messageOf(thrown))}`);
    }
  }
  throw new EngineError(
    `The tensorflow engine is not installed (${failures.join('; ')}). Install it with ` +
      `"npm install ${packages.at(-1)}", which downloads the TensorFlow library, or use --engine onnx.`,
  );
}

/** The cause without the path of the file that imported. */
function firstWords(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ imported from .*/, '');
}
