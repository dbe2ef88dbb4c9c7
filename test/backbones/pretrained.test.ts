import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBackbone } from '../../harness/backbones/open-backbone.ts';
import { encodeWeights } from '../../harness/backbones/pretrained.ts';
import { Random } from '../../harness/random.ts';
import { temporaryFolder } from '../support/tiny-run.ts';

const image = [1, 8, 8];
const small = { name: 'vit', patch: 4, width: 8, depth: 1, heads: 2 };

/** Weights of a small network in a file. */
function weightsFile(
  changes: Record<string, string> = {},
  settings: Partial<typeof small> = {},
): { path: string; bytes: Buffer } {
  const tensors = openBackbone({ ...small, ...settings }, image, 3).initialise(new Random(7));
  const bytes = encodeWeights(tensors, { seed: '7', ...changes });
  const path = join(temporaryFolder(), 'weights.safetensors');
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('weights from a file', () => {
  it('take the place of random ones, save for the head', () => {
    const { path } = weightsFile();
    const taught = openBackbone({ ...small, weights: path }, image, 5).initialise(new Random(1));
    const own = openBackbone(small, image, 5).initialise(new Random(1));
    const source = openBackbone(small, image, 3).initialise(new Random(7));
    for (const [name, { data, shape }] of Object.entries(taught)) {
      const expected = name.startsWith('head.') ? own[name] : source[name];
      expect([name, shape, [...data]]).toEqual([name, expected?.shape, [...(expected?.data ?? [])]]);
    }
    expect(taught['head.weight']?.shape).toEqual([5, 8]);
  });

  it('are copied, so that training one network leaves the next one alone', () => {
    const backbone = openBackbone({ ...small, weights: weightsFile().path }, image, 5);
    const [first, second] = [backbone.initialise(new Random(1)), backbone.initialise(new Random(1))];
    first['blocks.0.attn.qkv.weight']?.data.fill(0);
    expect(second['blocks.0.attn.qkv.weight']?.data).not.toEqual(first['blocks.0.attn.qkv.weight']?.data);
  });

  it('that do not fit, are missing or are cut off are refused with the cure', () => {
    const { path, bytes } = weightsFile();
    const open = (weights: string, changes = {}): unknown =>
      openBackbone({ ...small, ...changes, weights }, image, 5).initialise(new Random(1));
    expect(() => open(path, { width: 16 })).toThrow(
      /does not fit the backbone: .* is .* there, but .* in the file/,
    );
    expect(() => open(path, { depth: 2 })).toThrow(/blocks\.1\..* but missing in the file/);
    const { path: deep } = weightsFile({}, { depth: 2 });
    expect(() => open(deep)).toThrow(/it holds blocks\.1\..*, which the backbone lacks/);
    expect(() => open('nowhere.safetensors')).toThrow(/cannot be read.*Correct backbone\.weights/);
    writeFileSync(path, bytes.subarray(0, bytes.length - 9));
    expect(() => open(path)).toThrow(/weights\.safetensors/);
  });
});

describe('a file that says what its weights were trained with', () => {
  const open = (heads: number, metadata: Record<string, string>): unknown =>
    openBackbone({ ...small, heads, weights: weightsFile(metadata).path }, image, 5);
  const { name: _name, ...trained } = small;
  const said = { format: 'palimpsest-weights-1', backbone: JSON.stringify(trained) };

  it('is refused by a backbone with other settings, be they of no consequence for shapes', () => {
    expect(() => open(4, said)).toThrow(
      /^backbone\.heads is 4, but .*weights\.safetensors was trained with 2\./,
    );
    expect(() => open(2, said)).not.toThrow();
  });

  it('is left alone where another program wrote it', () => {
    expect(() => open(4, { backbone: 'not JSON' })).not.toThrow();
  });
});

describe('vit-glyphs', () => {
  it('reads nothing but glyphs', () => {
    for (const shape of [[3, 28, 28], [1, 32, 32], [784]]) {
      expect(() => openBackbone({ name: 'vit-glyphs' }, shape, 24)).toThrow(
        `vit-glyphs reads images of 1 × 28 × 28, but these inputs are ${shape.join(' × ')}.`,
      );
    }
  });

  it('begins with the weights of the repository, which say how they were made', () => {
    const backbone = openBackbone({ name: 'vit-glyphs' }, [1, 28, 28], 24);
    expect(backbone.weightsDigest).toMatch(/^[0-9a-f]{64}$/);
    const [one, other] = [1, 2].map((seed) => backbone.initialise(new Random(seed)));
    expect(one?.['blocks.0.attn.qkv.weight']).toEqual(other?.['blocks.0.attn.qkv.weight']);
    expect(one?.['head.weight']).not.toEqual(other?.['head.weight']);
    const parameters = Object.values(one ?? {}).reduce((total, { data }) => total + data.length, 0);
    expect(parameters).toBeGreaterThan(1_000_000);
    expect(parameters).toBeLessThan(3_000_000);
  });
});
