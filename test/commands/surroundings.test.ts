import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/tiny-run.ts';
import { writeTinyScenario } from '../support/tiny-scenario.ts';
import { palimpsest, program } from './palimpsest.ts';

/** A sweep of four runs, one after the other; resolves when the first has ended. */
async function sweep(
  ...words: string[]
): Promise<{ child: ChildProcess; ended: Promise<[number | null, string]> }> {
  const folder = temporaryFolder();
  const run = ['run', writeTinyScenario(folder), '--method', 'finetune', '--seeds', '4', '--jobs', '1'];
  const child = spawn(process.execPath, [program, ...run, '--results', join(folder, 'results'), ...words]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  const ended = new Promise<[number | null, string]>((resolve) => {
    child.on('close', (code) => resolve([code, out]));
  });
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (data) => String(data).includes('[1/4]') && resolve());
    child.on('close', () => resolve());
  });
  return { child, ended };
}

describe('a sweep', () => {
  it.skipIf(process.platform === 'win32')(
    'goes on when it is hung up and nobody reads its progress',
    async () => {
      const { child, ended } = await sweep('--json');
      child.kill('SIGHUP');
      child.stderr?.destroy();
      const [code, out] = await ended;
      expect(code).toBe(0);
      const { cells } = JSON.parse(out) as { cells: { state: string }[] };
      expect(cells.map(({ state }) => state)).toEqual(Array(4).fill('finished'));
    },
  );

  it('that is stopped leaves the table of before in its file', async () => {
    const csv = join(temporaryFolder(), 'table.csv');
    writeFileSync(csv, 'of before');
    const { child, ended } = await sweep('--csv', csv);
    child.kill('SIGINT');
    const [code, out] = await ended;
    expect(code).toBe(130);
    expect(readFileSync(csv, 'utf8')).toBe('of before');
    expect(out).toContain('finetune');
    expect(out).not.toContain('the table in');
  });
});

it('runs where no temporary folder can be written to', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { code, out, error } = await palimpsest(['ls', 'engines'], { TMPDIR: file });
  expect(error).toBe('');
  expect(code).toBe(0);
  expect(out).toContain('onnx');
});
