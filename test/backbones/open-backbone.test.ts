import { describe, expect, it } from 'vitest';
import { openBackbone } from '../../harness/backbones/open-backbone.ts';
import { UserError } from '../../harness/errors.ts';

const image = [1, 28, 28];
const small = { name: 'vit', patch: 7, width: 12, depth: 1, heads: 3 };

describe('a scenario’s backbone', () => {
  it('is built with the settings', () => {
    const network = openBackbone({ name: 'mlp', hidden: [16] }, image, 10);
    expect(network.name).toBe('mlp');
    expect(network.layers.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [784, 16],
      [16, 10],
    ]);
  });

  it('may be a transformer with or without a ratio', () => {
    expect(openBackbone(small, image, 10).layers).toHaveLength(6);
    const narrow = openBackbone({ ...small, mlpRatio: 1 }, image, 10);
    expect(narrow.layers.find(({ name }) => name.endsWith('fc1'))?.outputs).toBe(12);
  });

  it.each([
    [{ name: 'vitt' }, 'There is no backbone "vitt". Did you mean "vit"? Known are: mlp, vit, vit-glyphs.'],
    [{ name: 'toString' }, 'There is no backbone "toString". Known are: mlp, vit, vit-glyphs.'],
    [
      { name: 'mlp', hiden: [4] },
      'The backbone mlp has no setting "hiden". Did you mean "hidden"? It has: hidden, initialisation.',
    ],
    [
      { name: 'mlp', hidden: [4], toString: 1 },
      'The backbone mlp has no setting "toString". It has: hidden, initialisation.',
    ],
    [{ name: 'mlp' }, 'backbone.hidden is missing; it must be a list of layer widths, e.g. [400, 400].'],
    [
      { name: 'mlp', hidden: 400 },
      'backbone.hidden is 400; it must be a list of layer widths, e.g. [400, 400].',
    ],
    [
      { name: 'mlp', hidden: [0] },
      'backbone.hidden is [0]; it must be a list of layer widths, e.g. [400, 400].',
    ],
    [
      { name: 'mlp', hidden: [1.5] },
      'backbone.hidden is [1.5]; it must be a list of layer widths, e.g. [400, 400].',
    ],
    [
      { name: 'mlp', hidden: [4], initialisation: 'xavier' },
      'backbone.initialisation is "xavier"; it must be one of uniform, xavier-uniform.',
    ],
    [{ ...small, depth: 0 }, 'backbone.depth is 0; it must be a whole number above 0.'],
    [{ ...small, heads: '3' }, 'backbone.heads is "3"; it must be a whole number above 0.'],
    [{ ...small, mlpRatio: -1 }, 'backbone.mlpRatio is -1; it must be a whole number above 0.'],
    [{ ...small, patch: 5 }, 'Patches of 5 pixels do not tile an image of 28 by 28; set backbone.patch.'],
    [{ ...small, heads: 5 }, 'A width of 12 cannot be split into 5 heads; set backbone.heads to a divisor.'],
  ])('is refused as %j', (spec, message) => {
    expect(() => openBackbone(spec, image, 10)).toThrow(new UserError(message));
  });

  it('that reads images is refused for other inputs', () => {
    expect(() => openBackbone(small, [784], 10)).toThrow(
      new UserError('The vit backbone reads images [channels, height, width], not [784].'),
    );
  });
});
