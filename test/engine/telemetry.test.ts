import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../record/fixtures.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Loads the default engine and runs a program in a process with a home of its own. @returns what it left behind */
async function leftBehind(env: Readonly<Record<string, string>>): Promise<string[]> {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  const program = `
    import { add } from '@tensorflow/tfjs-core';
    import { openEngine } from './harness/engine/open-engine.ts';
    const engine = await openEngine({ name: 'onnx', device: 'cpu', threads: 1 });
    const spec = { shape: [1], dtype: 'float32' };
    const compiled = await engine.compile({ name: 'sum', inputs: { x: spec }, run: ({ x }) => ({ y: add(x, x) }) });
    const { y } = await compiled.run({ x: { ...spec, data: Float32Array.of(1) } });
    console.log(process.pid, y.data[0]);
    await engine.dispose();`;
  const { HOME: _home, ORT_DISABLE_TELEMETRY: _choice, CI: _ci, ...others } = process.env;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: root,
    env: { ...others, HOME: home, XDG_CACHE_HOME: join(home, '.cache'), ...env },
  });
  const [pid, sum] = stdout.trim().split(' ');
  expect(sum).toBe('2');
  const log = join(tmpdir(), `mat-debug-${pid}.log`);
  return [...readdirSync(home, { recursive: true, encoding: 'utf8' }), ...(existsSync(log) ? [log] : [])];
}

describe('the default engine', () => {
  it('tells nobody of what runs: no identifier of the machine, no events kept to be sent', async () => {
    expect(await leftBehind({})).toEqual([]);
  });
});
