import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkNames } from '../../harness/check/result.ts';
import { palimpsest } from './palimpsest.ts';

const cheat = fileURLToPath(new URL('../check/cheats/divides-by-nothing.ts', import.meta.url));

describe.concurrent('palimpsest check', () => {
  it('exits with 0 for a method that keeps to the protocol', async () => {
    const { code, out, error } = await palimpsest(['check', 'ncm']);
    expect(error).toBe('');
    expect(out).toMatch(/^ncm@2 on a tiny class-incremental stream of 3 tasks \(mlp, onnx\)\n/);
    expect(out).toContain('✓ predictions are independent of batch-mates\n');
    expect(out).toMatch(/\n9 passed\n$/);
    expect(code).toBe(0);
  });

  it('exits with 1 for one that does not, and says why', async () => {
    const { code, out } = await palimpsest(['check', cheat]);
    expect(out).toContain(
      '✗ parameters are finite throughout\n      kept.importance holds NaN after endTask of task 1.\n8 passed, 1 failed\n',
    );
    expect(code).toBe(1);
  });

  it('prints JSON alone', async () => {
    const { code, out } = await palimpsest(['check', cheat, '--json']);
    const { passed, results, method } = JSON.parse(out);
    expect(passed).toBe(false);
    expect(method).toMatchObject({ name: 'divides-by-nothing', version: 1 });
    expect(results.map(({ check }: { check: string }) => check)).toEqual(checkNames);
    expect(results.at(-1)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('NaN') });
    expect(code).toBe(1);
  });

  it.each([
    [['check', 'finetun'], 'Did you mean "finetune"?'],
    [['check', 'ewc', '--set', 'strenth=1'], 'Did you mean "strength"?'],
    [['check', 'ewc', '--backbone', 'resnet'], 'Allowed choices are mlp, vit'],
  ])('%j exits with 2', async (words, message) => {
    const { code, out, error } = await palimpsest(words);
    expect(error).toContain(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('has help with an example', async () => {
    const { code, out } = await palimpsest(['check', '--help']);
    expect(out).toMatch(/Examples:\n {2}palimpsest check/);
    expect(code).toBe(0);
  });
});
