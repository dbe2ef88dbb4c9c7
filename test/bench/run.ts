/**
 * `npm run bench`: times the training steps of `steps.ts` on one thread, and the same steps in PyTorch where a Python with
 * torch is found (`PALIMPSEST_PYTHON` names another). Only ratios from one run mean something.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { Bench } from 'tinybench';
import { openSingleThreaded, prepareProduct, prepareStep, stepCases } from './steps.ts';

/** What is reported of one thing timed. */
interface Timing {
  readonly name: string;
  /** Median milliseconds of one step. */
  readonly milliseconds: number;
}

interface TorchTimes {
  readonly version: string;
  readonly mlp: number;
  readonly vit: number;
  readonly gemm: number;
}

async function time(
  name: string,
  call: () => Promise<unknown>,
  stepsPerCall: number,
  calls: number,
): Promise<Timing> {
  const bench = new Bench({
    iterations: calls,
    time: 0,
    warmupIterations: Math.min(3, calls),
    warmupTime: 0,
  });
  bench.add(name, async () => {
    await call();
  });
  const [task] = await bench.run();
  const result = task?.result;
  if (!result || !('latency' in result))
    throw new Error(`${name} could not be timed: ${JSON.stringify(result)}`);
  return { name, milliseconds: result.latency.p50 / stepsPerCall };
}

/** Undefined where no Python with torch is found: it is optional. */
function torchTimes(): TorchTimes | undefined {
  const script = fileURLToPath(new URL('torch_steps.py', import.meta.url));
  const threads = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  const candidates = [process.env.PALIMPSEST_PYTHON, 'python3', '/usr/bin/python3'].filter(
    (name) => name !== undefined,
  );
  for (const python of candidates) {
    try {
      const printed = execFileSync(python, [script], {
        encoding: 'utf8',
        env: { ...process.env, ...threads },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return JSON.parse(printed) as TorchTimes;
    } catch {
      // The next one may have it.
    }
  }
  return undefined;
}

const before = torchTimes();
const onnx = await openSingleThreaded('onnx');
const mlp = await time('mlp, 1 step a call', await prepareStep(onnx, stepCases.mlp, 1), 1, 100);
const mlp8 = await time('mlp, 8 steps a call', await prepareStep(onnx, stepCases.mlp, 8), 8, 25);
const vit = await time('vit LoRA', await prepareStep(onnx, stepCases.vit, 1), 1, 12);
const product = await time('product 1000³', await prepareProduct(onnx, 1000), 1, 9);
const after = torchTimes();
const wasm = await openSingleThreaded('wasm');
const slowVit = await time('vit LoRA, TF.js wasm', await prepareStep(wasm, stepCases.vit, 1), 1, 1);

const torch = before &&
  after && {
    version: before.version,
    mlp: Math.min(before.mlp, after.mlp),
    vit: Math.min(before.vit, after.vit),
    gemm: Math.max(before.gemm, after.gemm),
  };
const rate = (2 * 1000 ** 3) / product.milliseconds / 1e6;
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ timings: [mlp, mlp8, vit, slowVit], gemm: rate, torch }, null, 2));
} else {
  const against = (milliseconds: number, reference: number | undefined) =>
    reference === undefined ? '–' : (milliseconds / reference).toFixed(2);
  const table = new Table({
    head: ['one training step, one thread', 'ms', 'ratio to PyTorch', 'ratio to TF.js wasm'],
    style: { head: [] },
  });
  for (const { name, milliseconds } of [mlp, mlp8])
    table.push([name, milliseconds.toFixed(2), against(milliseconds, torch?.mlp), '']);
  table.push([
    vit.name,
    vit.milliseconds.toFixed(1),
    against(vit.milliseconds, torch?.vit),
    against(vit.milliseconds, slowVit.milliseconds),
  ]);
  table.push([slowVit.name, slowVit.milliseconds.toFixed(0), against(slowVit.milliseconds, torch?.vit), '1']);
  console.log(table.toString());
  console.log(
    `Matrix products: ${rate.toFixed(0)} GFLOP/s here${torch ? `, ${torch.gemm.toFixed(0)} in PyTorch` : ''}.`,
  );
  console.log(
    torch
      ? `PyTorch ${torch.version}: mlp ${torch.mlp.toFixed(2)} ms, vit ${torch.vit.toFixed(1)} ms (the faster of two runs, before and after ours).`
      : 'No Python with torch was found, so there is nothing to compare with (PALIMPSEST_PYTHON names one).',
  );
}
await onnx.dispose();
await wasm.dispose();
