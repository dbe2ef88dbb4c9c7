import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UsageError, UserError } from '../../../harness/errors.ts';
import { listMethods, loadMethod, methodNames } from '../../../harness/train/registry/methods.ts';
import { runTiny, temporaryFolder } from '../../support/tiny-run.ts';
import { tinyCell, writeTinyScenario } from '../../support/tiny-scenario.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Writes a method's file into a folder of its own. */
function methodFile(text: string): string {
  const path = join(temporaryFolder(), 'mine.ts');
  writeFileSync(path, text);
  return path;
}

const clipped = `
import { clipByValue, type Tensor } from '${repository}node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js';
import { defineMethod } from '${repository}harness/train/method.ts';

interface Settings {
  readonly limit: number;
}

export default defineMethod<Settings>({
  name: 'clipped',
  version: 1,
  title: 'Clipped weights',
  summary: 'Keeps every weight small.',
  settings: { limit: { type: 'number', default: 0.5, description: 'Largest size of a weight.' } },
  afterStep: (updated, { settings: { limit } }) =>
    Object.fromEntries(Object.entries(updated).map(([name, value]) => [name, clip(value, limit)])),
});

function clip(value: Tensor, limit: number): Tensor {
  return clipByValue(value, -limit, limit);
}
`;

describe('methods', () => {
  it('are found by their files alone', async () => {
    const names = (await listMethods()).map(({ name }) => name);
    expect(names).toEqual(methodNames());
    expect(names).toEqual(expect.arrayContaining(['er', 'ewc', 'finetune', 'joint', 'lora']));
  });

  it('may lie in a file of one’s own, anywhere', async () => {
    const method = methodFile(clipped);
    const { accuracy } = await runTiny(tinyCell(writeTinyScenario(temporaryFolder()), { method }));
    expect(accuracy.split('\n')).toHaveLength(8);
  });

  it('have a digest that tells their versions apart', async () => {
    const [first, second] = [methodFile(clipped), methodFile(`${clipped}// changed\n`)];
    expect((await loadMethod(first)).digest).not.toBe((await loadMethod(second)).digest);
  });

  it('have the checksum of their file as digest, by which recorded runs name them', async () => {
    for (const name of methodNames()) {
      const { digest, file } = await loadMethod(name);
      expect(digest, name).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
    }
  });

  const usual = { name: 'mine', version: 1, title: 'Mine', summary: 'For a test.', settings: {} };
  it.each<[object, string]>([
    [{ version: -1.5 }, 'its version is -1.5; it must be a whole number'],
    [{ title: undefined }, 'its title must be a text, not missing'],
    [{ kinds: 'class-incremental' }, 'its kinds are "class-incremental"; they must be a list'],
    [
      { settings: { strength: 0.1 } },
      'its setting "strength" is 0.1; it must be { type, default, description }',
    ],
    [
      { settings: { strength: { type: 'float', default: 1 } } },
      'has the type "float"; it must be one of number,',
    ],
    [{ settings: { strength: { type: 'number' } } }, 'its setting "strength" has no default'],
    [
      { settings: { strength: { type: 'number', default: 1 } }, search: { strength: 3 } },
      'its search of "strength" is 3; it must be a list of values to try',
    ],
    [{ search: { strenth: [3] } }, 'its search has "strenth", which is none of its settings'],
    [{ settings: undefined }, 'exports "mine" without "settings"; a method that has none says settings: {}'],
    [{ version: 'one' }, 'exports "mine" without a "version" that is a number'],
    [{ predict: 'x' }, 'predict is "x"; it must be a function'],
    [{ pooling: { batches: 'each' } }, 'pooling is {"batches":"each"}; it must be a function'],
    [{ addedRows: 'Apart' }, 'its addedRows is "Apart"; it must be one of joined, apart'],
    [{ between: {} }, 'between.needs is missing; it must be a function'],
  ])('are refused with %j', async (changes, message) => {
    const file = methodFile(`export default ${JSON.stringify({ ...usual, ...changes })};`);
    await expect(loadMethod(file)).rejects.toThrow(message);
  });

  it.each([
    ["import './helper.ts';", 'helper.ts'],
    ["export * from '../beside/helper.js';", '../beside/helper.ts'],
    ["import {\n  width,\n} from './parts';", 'parts/index.ts'],
    ["import './first.ts';", 'second.json'],
  ])('have another digest after %j when %s changes', async (line, helper) => {
    const write = (width: number): string => {
      const folder = join(temporaryFolder(), 'mine');
      for (const name of ['parts', '../beside']) mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, 'first.ts'), "import './second.json';\nimport './mine.ts';");
      writeFileSync(join(folder, 'second.json'), '{}');
      writeFileSync(
        join(folder, helper),
        helper.endsWith('.json') ? `${width}` : `export const width = ${width};`,
      );
      const path = join(folder, 'mine.ts');
      writeFileSync(path, `${line}\n${clipped}`);
      return path;
    };
    const digests = await Promise.all(
      [1, 2, 1].map(async (width) => (await loadMethod(write(width))).digest),
    );
    expect(digests[1]).not.toBe(digests[0]);
    expect(digests[2]).toBe(digests[0]);
  });

  it('of an unknown name are refused with the nearest one', async () => {
    const failure = loadMethod('finetun');
    await expect(failure).rejects.toThrow(
      'There is no method "finetun". Did you mean "finetune"? Known are: ',
    );
    await expect(failure).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    ['export const method = {};', 'does not export a method as its default'],
    [
      'export default { name: "x", version: 1, settings: null };',
      'exports "x" with "settings" that are no object',
    ],
    ['throw new Error("broken on purpose");', 'cannot be loaded: broken on purpose'],
  ])('in a file with %j are refused', async (text, message) => {
    const failure = loadMethod(methodFile(text));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it.each([
    [
      'afterTask() {}',
      'a method has no property "afterTask", so that nothing would ever call or read it. Known are: ',
    ],
    ['endtask() {}', 'Did you mean "endTask"?'],
    ['needs: { pastdata: true }', '"needs" has no property "pastdata"'],
    ['between: { needs: () => [], refresh: () => ({}), gradient() {} }', 'Did you mean "gradients"?'],
    ['name: ""', 'the name "" cannot be used: write it in lower-case letters'],
    ['name: "../x"', 'the name "../x" cannot be used'],
    ['name: "My method"', 'the name "My method" cannot be used'],
  ])('with %s are refused', async (property, message) => {
    const text = `export default { name: 'mine', version: 1, title: '', summary: '', settings: {}, ${property} };`;
    const failure = loadMethod(methodFile(text));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it('in a file that does not exist are refused', async () => {
    const failure = loadMethod('nowhere/mine.ts');
    await expect(failure).rejects.toThrow(
      /^There is no method's file .*nowhere\/mine\.ts\. Correct the path/,
    );
    await expect(failure).rejects.toBeInstanceOf(UsageError);
  });
});
